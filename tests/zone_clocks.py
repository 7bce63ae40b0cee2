"""The clocks of all IANA zones, watched from outside: when each changes, and what it shows minute by minute.

Of our code it takes the names of the zones and their rules, which are the package `tzdata`'s. What is made of a local time is
found by looking at the clock, as someone does who has a watch in UTC beside it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from itertools import pairwise
from zoneinfo import ZoneInfo

from chassis.time_zones import zone_named
from window_scheduler.windows import Absence, Occurrence, Weekly, WindowTimes

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
FIRST_YEAR, LAST_YEAR = 2000, 2040
EVERY_DAY = Weekly(frozenset(range(1, 8)))


@dataclass(frozen=True)
class Change:
    """A clock change: at `at` (UTC) the clocks go from one offset to another."""

    at: datetime
    before: timedelta
    after: timedelta

    @property
    def gap(self) -> timedelta:
        """By how much the clocks jump forward; negative: fall back."""
        return self.after - self.before

    @property
    def span(self) -> tuple[datetime, datetime]:
        """The local times that are left out, or come twice: from the one until just before the other."""
        first, second = sorted(self.at.replace(tzinfo=None) + offset for offset in (self.before, self.after))
        return first, second

    @property
    def shape(self) -> tuple[time, timedelta, timedelta]:
        """What it has in common with the same change on another date."""
        return self.at.time(), self.before, self.after


@dataclass(frozen=True)
class Rules:
    """Zones whose clocks show the same at any moment of these years."""

    names: tuple[str, ...]
    zone: ZoneInfo
    changes: tuple[Change, ...]


def zone_names() -> list[str]:
    """All names of `tzdata`'s own list that a person may have."""
    listed = files("tzdata").joinpath("zones").read_text(encoding="ascii").split()
    return [name for name in sorted(listed) if zone_named(name)]


@cache
def all_rules() -> tuple[Rules, ...]:
    """The zones of all names, those that show the same taken together."""
    by_file: dict[bytes, list[str]] = {}
    for name in zone_names():
        rules = files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes()
        by_file.setdefault(rules, []).append(name)
    by_clock: dict[tuple[timedelta | None, tuple[Change, ...]], list[str]] = {}
    for names in by_file.values():
        zone = zone_named(names[0])
        key = _noons()[0].replace(tzinfo=zone).utcoffset(), tuple(_changes(zone))
        by_clock.setdefault(key, []).extend(names)
    return tuple(Rules(tuple(names), zone_named(names[0]), changes) for (_, changes), names in by_clock.items())


@cache
def _noons() -> list[datetime]:
    first = datetime(FIRST_YEAR - 1, 12, 31, 12)  # noqa: DTZ001 - a local time of every zone
    return [first + n * DAY for n in range((date(LAST_YEAR + 1, 1, 2) - first.date()).days)]


def _changes(zone: ZoneInfo) -> Iterator[Change]:
    """Between two noons that differ in their offset there is a change: bisected to the second."""
    for (noon, before), (next_noon, after) in pairwise((noon, zone.utcoffset(noon)) for noon in _noons()):
        if before == after:
            continue
        # a noon that a gap skips is read with the offset before it, so the change may lie a whole day back
        early, late = (noon - before - DAY - HOUR).replace(tzinfo=UTC), (next_noon - after).replace(tzinfo=UTC)
        while late - early > timedelta(seconds=1):
            middle = (early + (late - early) / 2).replace(microsecond=0)
            if middle.astimezone(zone).utcoffset() == before:
                early = middle
            else:
                late = middle
        yield Change(late, before, after)


class Watched:
    """What is seen of a zone's clock around a moment, looking each minute for some days.

    Attributes:
        comings: when each local minute is first shown (UTC); one that the clock jumps over, when it would have been shown
            had the clock not been changed.
        dates: those that were shown for a minute at least.
    """

    def shows(self, day: date) -> bool:
        return day in self.dates

    def __init__(self, zone: ZoneInfo, around: datetime, before: timedelta = 30 * HOUR, after: timedelta = 54 * HOUR):
        self.comings: dict[datetime, datetime] = {}
        self.dates: set[date] = set()
        now = around - before
        shown = now.astimezone(zone).replace(tzinfo=None)
        while now < around + after:
            expected, shown = shown, now.astimezone(zone).replace(tzinfo=None)
            unseen = now
            while expected < shown:
                self.comings.setdefault(expected, unseen)
                expected += MINUTE
                unseen += MINUTE
            self.comings.setdefault(shown, now)
            self.dates.add(shown.date())
            shown += MINUTE
            now += MINUTE


def windows_around(change: Change) -> Iterator[tuple[date, WindowTimes]]:
    """Windows, each with its day, that begin and end before, at the edges of, within and after what a change does to the clock.

    Those of a day, those that end the next day, and those that only begin, or only end, near the change.
    """
    first, second = change.span
    middle = first + (second - first) / 2
    near = sorted(
        {
            first - HOUR,
            first - MINUTE,
            first,
            first + MINUTE,
            middle,
            second - MINUTE,
            second,
            second + MINUTE,
            second + HOUR,
        }
    )
    for starts in (*near, *(each - DAY for each in near)):
        for ends in (*near, *(each + DAY for each in near)):
            days_later = (ends.date() - starts.date()).days
            if starts < ends <= starts + DAY and days_later <= 1:
                yield starts.date(), WindowTimes(starts.time(), ends.time(), EVERY_DAY, ends_next_day=days_later == 1)


def starts_and_ends(day: date, times: WindowTimes) -> tuple[datetime, datetime]:
    """The local times that a window was set to, on a day."""
    return (
        datetime.combine(day, times.starts_at),
        datetime.combine(day + DAY if times.ends_next_day else day, times.ends_at),
    )


def opening_by(
    coming: Callable[[datetime], datetime], has_day: Callable[[date], bool], day: date, times: WindowTimes
) -> Occurrence | Absence:
    """The opening on a day by the rules of `windows`, where another tells when a local time comes and which days there are."""
    if not has_day(day):
        return Absence.SKIPPED_BY_CLOCK
    starts, ends = starts_and_ends(day, times)
    opens_at, closes_at = coming(starts), coming(ends)
    if closes_at <= opens_at:
        closes_at = opens_at + (ends - starts)
    return Occurrence(day, opens_at, closes_at)
