"""On which local day a call began, and how many there were on each. Pure: no words are needed for it.

A call belongs to the day that the calendar on the wall showed when it began. A local day may have 23 or 25 hours, begin at
another time than midnight, or not exist: Samoa had no 30 December 2011 (tz database, file australasia).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_FURTHEST_FROM_UTC = timedelta(hours=26)
"""More than any zone ever was: Manila was 15:56 h behind UTC until 1844 (tz database, file asia)."""


@dataclass(frozen=True)
class Call:
    """What of an entry is counted."""

    started_at: datetime
    recording_ms: int


@dataclass(frozen=True)
class Day:
    """What there was on a local day.

    Attributes:
        entries: how many, at least one.
        recording_ms: how long all their recordings are.
    """

    day: date
    entries: int
    recording_ms: int


@dataclass(frozen=True)
class Days:
    """Local days of a zone, from the first to the last; None: no bound."""

    zone: ZoneInfo
    first: date | None
    last: date | None

    def hold(self, instant: datetime) -> bool:
        """Whether an instant lies on one of them."""
        return self.hold_day(local_day(instant, self.zone))

    def hold_day(self, day: date) -> bool:
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)

    def surely_from(self) -> datetime | None:
        """An instant before which none of them has begun."""
        return None if self.first is None else _midnight(self.first, -_FURTHEST_FROM_UTC)

    def surely_until(self) -> datetime | None:
        """An instant after which all of them are over."""
        return None if self.last is None else _midnight(self.last, _DAY + _FURTHEST_FROM_UTC)


def local_day(instant: datetime, zone: ZoneInfo) -> date:
    return instant.astimezone(zone).date()


def days_of(calls: Iterable[Call], zone: ZoneInfo) -> Sequence[Day]:
    """The local days on which calls began, in their order."""
    found: dict[date, Day] = {}
    for call in calls:
        day = local_day(call.started_at, zone)
        before = found.get(day, Day(day, 0, 0))
        found[day] = Day(day, before.entries + 1, before.recording_ms + call.recording_ms)
    return [found[day] for day in sorted(found)]


def follow(day: date, next_day: date, zone: ZoneInfo) -> bool:
    """Whether no local day lies between two, of which the second is the later one."""
    between = (day + _DAY * number for number in range(1, (next_day - day).days))
    return not any(_exists(each, zone) for each in between)


def _exists(day: date, zone: ZoneInfo) -> bool:
    noon = datetime.combine(day, time(12), zone)
    return local_day(noon.astimezone(UTC), zone) == day


def _midnight(day: date, later: timedelta) -> datetime:
    """Midnight of UTC, and so much later; as near to that as instants go."""
    try:
        return datetime.combine(day, time(), UTC) + later
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC) if later > timedelta() else datetime.min.replace(tzinfo=UTC)
