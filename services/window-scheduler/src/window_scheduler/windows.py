"""Call windows and when they open: local times of a day, resolved to instants across clock changes. Pure.

A window is stored in local terms (RFC 5545 calls it form 3: local time with a zone), because that is what a person means.
Instants are made of it by these rules:

- **A day** is the person's local date for which the window is set: the one on which it opens, also where it ends on the
  next one. One call a day counts by it.
- **A start that a clock change skips** is read with the offset before the gap (RFC 5545, 3.3.5): 02:30 becomes what the
  clocks then call 03:30. RFC 5545 also says, in 3.3.10, that such instances are ignored; RFC 7529 calls the two OMIT and
  FORWARD. A missed call is worse than one that the clocks call by another hour: here it is FORWARD.
- **A start that comes twice** is its first coming (3.3.5). Python's `fold=0` says exactly that, and the rule above (PEP
  495).
- **An end** is read by the same two rules, as a local time of its own, not as a length: who asks not to be called after ten
  means ten by the clock. So a window over a gap is an hour shorter, over a repeated hour an hour longer, and one that ends
  within a repeated hour ends with its first coming: it never opens again for the second.
- **Where that leaves nothing**, because the gap that moved the start has passed the end, the end moves with the start: the
  window keeps its length (3.8.5.3, of recurrences: "the same exact duration"). No clock change takes a call away.
- **A day that a zone leaves out** (the date line: Pacific/Apia had no 2011-12-30) has no openings: by the gap's rule they
  would be those of the day after, and 3.8.5.3 counts such duplicates once. A zone without a midnight on some day has that
  day all the same, and a start at 00:00 is the gap's rule above. So has one whose day ends early (America/Nuuk, a Saturday
  each March that has no 23:00): a start at 23:30 becomes 00:30 on Sunday, and is Saturday's opening still.
- **Weeks** begin on Monday (RFC 5545's WKST default); "every n weeks" counts from the week that holds the first date.

Zones change their rules after a window was stored: nothing of a zone is stored but its name, and each next opening is
computed anew when another version of the zone data is installed (`rezoning`). A person who moves to another zone takes
their local times along; a call that is pending then is moved, and once it was dialed, that local date has had its call
(`planning`).

docs/clock-changes.md shows each rule at work, beside what others do. Tests hold all of it to dateutil, to
recurring-ical-events and to each zone's own clock, over all zones from 2000 to 2040.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import islice
from zoneinfo import ZoneInfo

_ONE_DAY = timedelta(days=1)
_OPENINGS_KEPT = 8192
_DAYS_TRIED = 8
"""Of the days by a window's own rule: some are over already, and a zone may leave one out."""


@dataclass(frozen=True)
class Weekly:
    """On these days of the week, as ISO 8601 numbers them: 1 is Monday, 7 is Sunday.

    Attributes:
        every_weeks: in every so-manyeth week, counted from the one that holds `first_date`, which is then set.
        first_date, last_date: it opens on no earlier, and on no later day.
        except_dates: days on which it does not open.
        paused_until: the first day on which it may open again.
    """

    weekdays: frozenset[int]
    every_weeks: int = 1
    first_date: date | None = None
    last_date: date | None = None
    except_dates: frozenset[date] = frozenset()
    paused_until: date | None = None


@dataclass(frozen=True)
class OneOff:
    """On one date."""

    on: date


@dataclass(frozen=True)
class WindowTimes:
    """When a person may be called: local, to the minute.

    The end lies after the start on the same day or, where it is so said, at most 24 hours after it on the next.
    """

    starts_at: time
    ends_at: time
    days: Weekly | OneOff
    ends_next_day: bool = False

    def __str__(self) -> str:
        later = "+1" if self.ends_next_day else ""
        return f"{self.starts_at:%H:%M}–{self.ends_at:%H:%M}{later}"  # noqa: RUF001 - an en dash, as clocks are written


@dataclass(frozen=True)
class Occurrence:
    """One opening of a window.

    Attributes:
        local_day: the person's date that it is the opening of.
        opens_at: aware, UTC; the window is open from here on.
        closes_at: aware, UTC, after `opens_at`; the window is open until just before.
    """

    local_day: date
    opens_at: datetime
    closes_at: datetime


class Absence(StrEnum):
    """Why a window does not open on a day."""

    OTHER_DAY = "other_day"
    OTHER_WEEK = "other_week"
    OUT_OF_DATES = "out_of_dates"
    EXCEPTED = "excepted"
    PAUSED = "paused"
    SKIPPED_BY_CLOCK = "skipped_by_clock"
    """A clock change took the day out of that zone's calendar."""


def occurrence_on(day: date, times: WindowTimes, zone: ZoneInfo) -> Occurrence | Absence:
    """How a window opens on one local day, or why it does not."""
    absence = _absence(day, times.days)
    return absence or _opening(day, times, zone) or Absence.SKIPPED_BY_CLOCK


def next_occurrence(times: WindowTimes, zone: ZoneInfo, after: datetime) -> Occurrence | None:
    """The first opening that is not over at `after`; one that is open then counts. None where the window never opens again.

    Asked again with the `closes_at` of what it returned, it gives the opening that follows.
    """
    # an opening lasts for 24 hours at most, or a little more over a repeated hour
    first = after.astimezone(zone).date() - 2 * _ONE_DAY
    for day in islice(_days_from(first, times.days), _DAYS_TRIED):
        opening = _opening(day, times, zone)
        if opening is not None and opening.closes_at > after:
            return opening
    return None


def first_occurrence(times: WindowTimes, zone: ZoneInfo, day: date) -> Occurrence | None:
    """The first opening on a local day or later, over or not. None where there is none."""
    openings = (_opening(each, times, zone) for each in islice(_days_from(day, times.days), _DAYS_TRIED))
    return next((opening for opening in openings if opening is not None), None)


def _opening(day: date, times: WindowTimes, zone: ZoneInfo) -> Occurrence | None:
    return _opening_between(day, times.starts_at, times.ends_at, times.ends_next_day, zone)


@lru_cache(maxsize=_OPENINGS_KEPT)
def _opening_between(
    day: date, starts_at: time, ends_at: time, ends_next_day: bool, zone: ZoneInfo
) -> Occurrence | None:
    """Kept, since many people of one zone choose the same times, and a tick comes to all of these at once."""
    opens_at = _instant(day, starts_at, zone)
    moved_by = opens_at.astimezone(zone).replace(tzinfo=None) - datetime.combine(day, starts_at)
    if moved_by >= _ONE_DAY:
        return None
    last_day = day + _ONE_DAY if ends_next_day else day
    closes_at = _instant(last_day, ends_at, zone)
    if closes_at <= opens_at:
        length = datetime.combine(last_day, ends_at) - datetime.combine(day, starts_at)
        closes_at = opens_at + length
    return Occurrence(day, opens_at, closes_at)


def _instant(day: date, local: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, local, tzinfo=zone).astimezone(UTC)


def _days_from(first: date, days: Weekly | OneOff) -> Iterator[date]:
    """The days from `first` on that a window has by its own rule, whatever its zone makes of them."""
    if isinstance(days, OneOff):
        if days.on >= first:
            yield days.on
        return
    first = max(first, days.first_date or first, days.paused_until or first)
    week = _week_of(first) + timedelta(weeks=_weeks_to_go(first, days))
    weekdays = sorted(days.weekdays)
    while True:
        for weekday in weekdays:
            day = week + timedelta(days=weekday - 1)
            if days.last_date is not None and day > days.last_date:
                return
            if day >= first and day not in days.except_dates:
                yield day
        week += timedelta(weeks=days.every_weeks)


def _absence(day: date, days: Weekly | OneOff) -> Absence | None:
    if isinstance(days, OneOff):
        return None if day == days.on else Absence.OTHER_DAY
    if day.isoweekday() not in days.weekdays:
        return Absence.OTHER_DAY
    if day < (days.first_date or day) or day > (days.last_date or day):
        return Absence.OUT_OF_DATES
    if _weeks_to_go(day, days):
        return Absence.OTHER_WEEK
    if day in days.except_dates:
        return Absence.EXCEPTED
    if day < (days.paused_until or day):
        return Absence.PAUSED
    return None


def _weeks_to_go(day: date, days: Weekly) -> int:
    """How many weeks after the week of `day` the next one comes in which the window opens; 0: this one."""
    if days.every_weeks == 1 or days.first_date is None:
        return 0
    weeks_since = (_week_of(day) - _week_of(days.first_date)).days // 7
    return -weeks_since % days.every_weeks


def _week_of(day: date) -> date:
    """The Monday of its week."""
    return day - timedelta(days=day.isoweekday() - 1)
