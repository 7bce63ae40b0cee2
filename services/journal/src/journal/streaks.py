"""How many days in a row somebody reflected. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from journal.local_days import follow


@dataclass(frozen=True)
class Streak:
    """Days in a row, each with an entry.

    Attributes:
        days: how many. One that a zone left out is not among them, and does not end a streak.
    """

    first: date
    last: date
    days: int


def streaks_of(days: Sequence[date], zone: ZoneInfo) -> list[Streak]:
    """Days in their order, each once, as the streaks that they make."""
    streaks: list[Streak] = []
    for day in days:
        if streaks and follow(streaks[-1].last, day, zone):
            streaks[-1] = Streak(streaks[-1].first, day, streaks[-1].days + 1)
        else:
            streaks.append(Streak(day, day, 1))
    return streaks


def current(streaks: Sequence[Streak], today: date, zone: ZoneInfo) -> Streak | None:
    """The streak that today can still carry on: its last day is today, or the day before."""
    if not streaks or not (streaks[-1].last >= today or follow(streaks[-1].last, today, zone)):
        return None
    return streaks[-1]


def longest(streaks: Sequence[Streak]) -> Streak | None:
    """The longest; of several, the newest."""
    return max(streaks, key=lambda streak: (streak.days, streak.first), default=None)
