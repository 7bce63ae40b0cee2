"""A month as weeks of days, with what opens on each. Pure."""

import re
from calendar import Calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from portal.openings import Opening

MONTHS_AHEAD = 11
"""So many months after this one can be looked at: as far as window-scheduler tells of (366 days)."""
_MONTH = re.compile(r"([0-9]{4})-([0-9]{2})")
_MONTHS_A_YEAR = 12


@dataclass(frozen=True)
class MonthDay:
    """
    Attributes:
        of_month: it belongs to the month, and not to the end of the last or the begin of the next one.
        over: it lies before today.
        one_off: the openings of this day of windows for one date.
        weekly: the others.
    """

    day: date
    of_month: bool
    over: bool
    one_off: tuple[Opening, ...]
    weekly: tuple[Opening, ...]


@dataclass(frozen=True)
class Month:
    """
    Attributes:
        first: its first day.
        before, after: the first days of the months beside it; None where these cannot be looked at.
        weeks: of seven days.
    """

    first: date
    before: date | None
    after: date | None
    weeks: tuple[tuple[MonthDay, ...], ...]


def month_of(told: str, today: date) -> date:
    """The first day of a month, YYYY-MM: this one where it is no month, or one that is not looked at."""
    found = _MONTH.fullmatch(told)
    this = today.replace(day=1)
    if found is None or not 1 <= int(found[2]) <= _MONTHS_A_YEAR or int(found[1]) < 1:
        return this
    first = date(int(found[1]), int(found[2]), 1)
    return first if this <= first <= _later(this, MONTHS_AHEAD) else this


def days_until_end(first: date, today: date) -> int:
    """How many days there are from today to the end of the month, and one more."""
    return (_later(first, 1) - today).days + 1


def month_calendar(openings: Iterable[Opening], first: date, today: date, *, week_begins: int) -> Month:
    """
    Args:
        openings: of the days from today to the end of the month.
        first: the month's first day.
        today: where the person is.
        week_begins: 0 is Monday.
    """
    found = list(openings)

    def told(day: date) -> MonthDay:
        here = [opening for opening in found if opening.day == day]
        return MonthDay(
            day,
            of_month=day.month == first.month,
            over=day < today,
            one_off=tuple(opening for opening in here if opening.one_off),
            weekly=tuple(opening for opening in here if not opening.one_off),
        )

    weeks = Calendar(week_begins).monthdatescalendar(first.year, first.month)
    this = today.replace(day=1)
    return Month(
        first,
        before=_later(first - timedelta(days=1), 0) if first > this else None,
        after=_later(first, 1) if first < _later(this, MONTHS_AHEAD) else None,
        weeks=tuple(tuple(told(day) for day in week) for week in weeks),
    )


def _later(day: date, months: int) -> date:
    """The first day of the month so many months later."""
    year, month = divmod(day.year * _MONTHS_A_YEAR + day.month - 1 + months, _MONTHS_A_YEAR)
    return date(year, month + 1, 1)
