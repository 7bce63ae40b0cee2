"""A month as weeks of days, with what opens on each. Pure."""

from calendar import Calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from portal.months import Month, month_of, written_month
from portal.openings import Opening

MONTHS_AHEAD = 11
"""So many months after this one can be looked at: as far as window-scheduler tells of (366 days)."""


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
class MonthOfWindows:
    """
    Attributes:
        first: its first day.
        before, after: the months beside it; None where these cannot be looked at.
        weeks: of seven days.
    """

    first: date
    before: Month | None
    after: Month | None
    weeks: tuple[tuple[MonthDay, ...], ...]


def month_to_show(told: str, today: date) -> Month:
    """A month, YYYY-MM: this one where it is no month, or one that is not looked at."""
    this, found = month_of(today), written_month(told)
    return found if found is not None and this <= found <= _last(this) else this


def days_until_end(month: Month, today: date) -> int:
    """How many days there are from today to the end of the month, and one more."""
    return (month.after.first - today).days + 1


def month_calendar(openings: Iterable[Opening], month: Month, today: date, *, week_begins: int) -> MonthOfWindows:
    """
    Args:
        openings: of the days from today to the end of the month.
        month: which.
        today: where the person is.
        week_begins: 0 is Monday.
    """
    found = list(openings)

    def told(day: date) -> MonthDay:
        here = [opening for opening in found if opening.day == day]
        return MonthDay(
            day,
            of_month=day.month == month.first.month,
            over=day < today,
            one_off=tuple(opening for opening in here if opening.one_off),
            weekly=tuple(opening for opening in here if not opening.one_off),
        )

    weeks = Calendar(week_begins).monthdatescalendar(month.first.year, month.first.month)
    this = month_of(today)
    return MonthOfWindows(
        month.first,
        before=month.before if month > this else None,
        after=month.after if month < _last(this) else None,
        weeks=tuple(tuple(told(day) for day in week) for week in weeks),
    )


def _last(this: Month) -> Month:
    """The last that can be looked at."""
    month = this
    for _ in range(MONTHS_AHEAD):
        month = month.after
    return month
