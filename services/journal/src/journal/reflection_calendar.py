"""How somebody kept at it, by their local days. Pure: it knows when calls began, and no words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from journal.local_days import Call, Day, Days, days_of, local_day
from journal.streaks import Streak, current, longest, streaks_of


@dataclass(frozen=True)
class Calendar:
    """
    Attributes:
        days: of those that were asked for, each that has an entry.
        entries: how many there are at all.
        days_with_entries: on how many days they began.
        recording_ms: how long all their recordings are.
        current: the streak that an entry of today carries on, or has.
        longest: of all streaks.
    """

    days: Sequence[Day]
    entries: int
    days_with_entries: int
    recording_ms: int
    current: Streak | None
    longest: Streak | None


def calendar_of(calls: Sequence[Call], asked: Days, now: datetime) -> Calendar:
    """A person's calendar: of all their calls, and of the days that are asked for, in whose zone all days are counted."""
    days = days_of(calls, asked.zone)
    streaks = streaks_of([day.day for day in days], asked.zone)
    return Calendar(
        days=[day for day in days if asked.hold_day(day.day)],
        entries=len(calls),
        days_with_entries=len(days),
        recording_ms=sum(call.recording_ms for call in calls),
        current=current(streaks, local_day(now, asked.zone), asked.zone),
        longest=longest(streaks),
    )
