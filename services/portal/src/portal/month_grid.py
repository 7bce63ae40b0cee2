"""A month as its weeks, for the calendar of a journal. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from portal.months import DAYS_OF_WEEK, Month

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Cell:
    """A day of the month.

    Attributes:
        entries: how many there are.
    """

    day: date
    entries: int


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
