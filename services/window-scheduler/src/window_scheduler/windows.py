"""Call windows and when they open: local times of a day, resolved to instants across clock changes. Pure.

The rule is RFC 5545, 3.3.5: a local time that a clock change skips is read with the offset before the gap, and one that
comes twice is its first coming. Python's `fold=0` says exactly that (PEP 495).
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

_ONE_DAY = timedelta(days=1)
_DAYS_SEARCHED = 16
"""A week, the day on either side, and another week in case a zone drops the day (Pacific/Apia had no 2011-12-30)."""


@dataclass(frozen=True)
class Weekly:
    """Every week on these days, as ISO 8601 numbers them: 1 is Monday, 7 is Sunday."""

    weekdays: frozenset[int]


@dataclass(frozen=True)
class OneOff:
    """On one date."""

    on: date


@dataclass(frozen=True)
class WindowTimes:
    """When a person may be called: local, to the minute, the end after the start on the same day."""

    starts_at: time
    ends_at: time
    days: Weekly | OneOff

    def __str__(self) -> str:
        return f"{self.starts_at:%H:%M}–{self.ends_at:%H:%M}"  # noqa: RUF001 - an en dash, as clocks are written


@dataclass(frozen=True)
class Occurrence:
    """One opening of a window.

    Attributes:
        local_day: the person's date on which it opens.
        opens_at: aware, UTC; the window is open from here on.
        closes_at: aware, UTC, after `opens_at`; the window is open until just before.
    """

    local_day: date
    opens_at: datetime
    closes_at: datetime


class Absence(StrEnum):
    """Why a window does not open on a day."""

    OTHER_DAY = "other_day"
    SKIPPED_BY_CLOCK = "skipped_by_clock"
    """A clock change took the window, or the whole day, out of that zone's calendar."""


def occurrence_on(day: date, times: WindowTimes, zone: ZoneInfo) -> Occurrence | Absence:
    """How a window opens on one local day, or why it does not."""
    if not _falls_on(day, times.days):
        return Absence.OTHER_DAY
    opens_at = _instant(day, times.starts_at, zone)
    closes_at = _instant(day, times.ends_at, zone)
    if closes_at <= opens_at or opens_at.astimezone(zone).date() != day:
        return Absence.SKIPPED_BY_CLOCK
    return Occurrence(day, opens_at, closes_at)


def next_occurrence(times: WindowTimes, zone: ZoneInfo, after: datetime) -> Occurrence | None:
    """The first opening that is not over at `after`; one that is open then counts. None where the window never opens again.

    Asked again with the `closes_at` of what it returned, it gives the opening that follows.
    """
    if isinstance(times.days, OneOff):
        days = [times.days.on]
    else:
        first = after.astimezone(zone).date() - _ONE_DAY
        days = [first + number * _ONE_DAY for number in range(_DAYS_SEARCHED)]
    for day in days:
        occurrence = occurrence_on(day, times, zone)
        if isinstance(occurrence, Occurrence) and occurrence.closes_at > after:
            return occurrence
    return None


def _falls_on(day: date, days: Weekly | OneOff) -> bool:
    return day == days.on if isinstance(days, OneOff) else day.isoweekday() in days.weekdays


def _instant(day: date, local: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, local, tzinfo=zone).astimezone(UTC)
