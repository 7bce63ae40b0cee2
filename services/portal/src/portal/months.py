"""Months and days as they stand in an address, and what follows on what. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

_WRITTEN = re.compile(r"(19[7-9]\d|2\d{3})-(0[1-9]|1[0-2])", re.ASCII)
_DAY = timedelta(days=1)
DAYS_OF_WEEK = 7


@dataclass(frozen=True, order=True)
class Month:
    """
    Attributes:
        first: its first day.
    """

    first: date

    @property
    def last(self) -> date:
        return self.after.first - _DAY

    @property
    def after(self) -> "Month":
        return Month((self.first + 31 * _DAY).replace(day=1))

    @property
    def before(self) -> "Month":
        return Month((self.first - _DAY).replace(day=1))

    @property
    def written(self) -> str:
        """As it stands in an address: 2026-11."""
        return f"{self.first:%Y-%m}"


def month_of(day: date) -> Month:
    return Month(day.replace(day=1))


def written_month(written: str) -> Month | None:
    """A month as it stands in an address; None where it is none, or of another millennium."""
    return Month(date.fromisoformat(f"{written}-01")) if _WRITTEN.fullmatch(written) else None


def written_day(written: str) -> date | None:
    """Likewise a day: 2026-11-24."""
    if not _WRITTEN.fullmatch(written[:7]):
        return None
    try:
        day = date.fromisoformat(written)
    except ValueError:
        return None
    return day if day.isoformat() == written else None


def weekdays(first_weekday: int) -> Sequence[date]:
    """A day of each weekday, in the order in which a week has them."""
    monday = date(2024, 1, 1)
    return [monday + _DAY * ((first_weekday + number) % DAYS_OF_WEEK) for number in range(DAYS_OF_WEEK)]
