"""A month as its weeks, for a calendar. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

_WRITTEN = re.compile(r"(19[7-9]\d|2\d{3})-(0[1-9]|1[0-2])", re.ASCII)
_DAY = timedelta(days=1)
DAYS_OF_WEEK = 7


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class Cell:
    """A day of the month.

    Attributes:
        entries: how many there are.
    """

    day: date
    entries: int


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


def weeks_of(month: Month, entries: Mapping[date, int], first_weekday: int) -> Sequence[Sequence[Cell | None]]:
    """The weeks, each of seven days, of which those of other months are None.

    Args:
        month: which.
        entries: how many there are of each day that has any.
        first_weekday: with which weeks begin; 0 is Monday.
    """
    before = (month.first.weekday() - first_weekday) % DAYS_OF_WEEK
    days = [month.first + _DAY * number for number in range((month.last - month.first).days + 1)]
    cells: list[Cell | None] = [None] * before + [Cell(day, entries.get(day, 0)) for day in days]
    cells += [None] * (-len(cells) % DAYS_OF_WEEK)
    return [cells[at : at + DAYS_OF_WEEK] for at in range(0, len(cells), DAYS_OF_WEEK)]


def weekdays(first_weekday: int) -> Sequence[date]:
    """A day of each weekday, in the order in which a week has them."""
    monday = date(2024, 1, 1)
    return [monday + _DAY * ((first_weekday + number) % DAYS_OF_WEEK) for number in range(DAYS_OF_WEEK)]
