"""Openings and chances against each zone's own clock, looked at minute by minute: all IANA zones, every clock change of their
years 2000 to 2040.

Zones that show the same are looked at once. A change of the same shape as another (the time of day, the offsets) is the same
some whole days later, and is compared with what was seen of that one; `make test-endurance` watches each by itself.
"""

import os
import time as c_library
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import as_file, files
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zone_clocks import (
    DAY,
    EVERY_DAY,
    FIRST_YEAR,
    LAST_YEAR,
    MINUTE,
    Change,
    Watched,
    all_rules,
    opening_by,
    starts_and_ends,
    windows_around,
    zone_names,
)

from chassis.time_zones import zone_named
from window_scheduler.chances import chances_on
from window_scheduler.windows import Absence, Occurrence, WindowTimes, occurrence_on

pytestmark = pytest.mark.timeout(600)  # a quarter of a minute of arithmetic each, on cores that others use too

Rule = Callable[[date, WindowTimes, ZoneInfo], Occurrence | Absence]


def every_change() -> Iterator[tuple[ZoneInfo, Change]]:
    return ((rules.zone, change) for rules in all_rules() for change in rules.changes)


@cache
def watched_by_shape() -> dict[object, tuple[Change, Watched]]:
    return {change.shape: (change, Watched(zone, change.at)) for zone, change in one_of_each_shape()}


def seen(change: Change, day: date, times: WindowTimes) -> Occurrence | Absence:
    """The opening on a day near a change, by what was seen of another of its shape."""
    first, watched = watched_by_shape()[change.shape]
    later = change.at - first.at
    return opening_by(
        lambda local: watched.comings[local - later] + later, lambda each: watched.shows(each - later), day, times
    )


def one_of_each_shape() -> list[tuple[ZoneInfo, Change]]:
    return list({change.shape: (zone, change) for zone, change in every_change()}.values())


def differences(rule: Rule, changes: Iterable[tuple[ZoneInfo, Change]]) -> list[tuple[str, date, WindowTimes]]:
    """Where a rule has another opening than the clock, of all windows around these changes."""
    return [
        (zone.key, day, times)
        for zone, change in changes
        for day, times in windows_around(change)
        if rule(day, times, zone) != seen(change, day, times)
    ]


def begun_within(changes: Iterable[tuple[ZoneInfo, Change]]) -> list[tuple[str, date, WindowTimes]]:
    """Those of these windows that begin at a local time that is skipped, or comes twice."""
    return [
        (zone.key, day, times)
        for zone, change in changes
        for day, times in windows_around(change)
        if change.span[0] <= starts_and_ends(day, times)[0] < change.span[1]
    ]


def test_all_zones_and_their_changes_are_looked_at():
    names = [name for rules in all_rules() for name in rules.names]
    assert sorted(names) == zone_names()
    assert len(names) > 500
    assert sum(len(rules.changes) for rules in all_rules()) > 6000


def test_no_change_is_near_another_so_that_one_alone_shapes_what_is_seen():
    gaps = [later.at - change.at for rules in all_rules() for change, later in pairwise(rules.changes)]
    assert min(gaps) > timedelta(days=6)


@pytest.fixture
def told_by_c():
    """Sets the zone of the C library, which reads the same files with a program of its own."""
    before = os.environ.get("TZ")

    def use(name: str) -> None:
        with as_file(files("tzdata").joinpath("zoneinfo", *name.split("/"))) as rules:
            os.environ["TZ"] = f":{rules}"
            c_library.tzset()

    yield use
    os.environ.pop("TZ")
    if before is not None:
        os.environ["TZ"] = before
    c_library.tzset()


def test_the_c_library_knows_the_same_changes_and_no_others(told_by_c):
    def offset_at(moment: float) -> timedelta:
        return timedelta(seconds=c_library.localtime(moment).tm_gmtoff)

    first, last = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (FIRST_YEAR, LAST_YEAR + 1))
    for rules in all_rules():
        for name in rules.names:
            told_by_c(name)
            for change in rules.changes:
                at = change.at.timestamp()
                assert (offset_at(at - 1), offset_at(at)) == (change.before, change.after), (name, change)
        steps = [first, *(change.at.timestamp() for change in rules.changes), last]
        offset = rules.changes[0].before if rules.changes else offset_at(first)
        for step, (begins, ends) in enumerate(pairwise(steps)):
            assert {offset_at(moment) for moment in range(int(begins), int(ends), 3 * 86_400)} <= {offset}, name
            offset = rules.changes[step].after if step < len(rules.changes) else offset


def test_around_every_change_of_every_zone_a_window_opens_and_closes_as_the_clock_shows():
    assert differences(occurrence_on, every_change()) == []


@pytest.mark.endurance
@pytest.mark.timeout(1800)
def test_around_every_change_of_every_zone_watched_by_itself_a_window_opens_and_closes_as_the_clock_shows():
    for zone, change in every_change():
        watched = Watched(zone, change.at)
        for day, times in windows_around(change):
            expected = opening_by(watched.comings.__getitem__, watched.shows, day, times)
            assert occurrence_on(day, times, zone) == expected, (zone.key, day, times)


def test_the_comparison_finds_a_rule_that_takes_the_second_coming():
    def second_coming(day: date, times: WindowTimes, zone: ZoneInfo) -> Occurrence | Absence:
        right = occurrence_on(day, times, zone)
        if isinstance(right, Absence):
            return right
        start = datetime.combine(day, times.starts_at, tzinfo=zone).replace(fold=1)
        return replace(right, opens_at=start.astimezone(UTC))

    changes = [(zone, change) for zone, change in one_of_each_shape() if change.gap < DAY]
    wrong = begun_within(changes)
    assert len(wrong) > 5_000
    assert differences(second_coming, changes) == wrong


def test_the_comparison_finds_a_rule_that_leaves_out_what_a_gap_skips():
    def omitted(day: date, times: WindowTimes, zone: ZoneInfo) -> Occurrence | Absence:
        start = datetime.combine(day, times.starts_at, tzinfo=zone).astimezone(UTC).astimezone(zone)
        return occurrence_on(day, times, zone) if start.time() == times.starts_at else Absence.SKIPPED_BY_CLOCK

    changes = [(zone, change) for zone, change in one_of_each_shape() if timedelta() < change.gap < DAY]
    wrong = begun_within(changes)
    assert len(wrong) > 2_500
    assert differences(omitted, changes) == wrong


def test_each_minute_is_in_an_opening_from_when_the_clock_first_gets_to_its_start_until_it_first_gets_to_its_end():
    """Told by the latest time that the clock has shown so far, without reckoning when a time comes."""
    for n, (zone, change) in enumerate(one_of_each_shape()):
        first, second = change.span
        latest: list[tuple[datetime, datetime]] = []
        now = change.at - timedelta(hours=30)
        while now < change.at + timedelta(hours=54):
            shown = now.astimezone(zone).replace(tzinfo=None)
            latest.append((now, max(shown, latest[-1][1]) if latest else shown))
            now += MINUTE

        def got_to(local: datetime, now: datetime, shown: datetime, change=change, first=first, second=second) -> bool:
            if change.gap > timedelta() and first <= local < second:
                return now.replace(tzinfo=None) + change.before >= local
            return shown >= local

        for day, times in list(windows_around(change))[n % 60 :: 60]:
            opening = occurrence_on(day, times, zone)
            starts, ends = starts_and_ends(day, times)
            held_open = [now for now, shown in latest if got_to(starts, now, shown) and not got_to(ends, now, shown)]
            if isinstance(opening, Absence):
                assert change.gap >= DAY
            elif not held_open:
                assert opening.closes_at - opening.opens_at == ends - starts
            else:
                inside = [now for now, _ in latest if opening.opens_at <= now < opening.closes_at]
                assert held_open == inside, (zone.key, day, times)


minutes = st.integers(0, 24 * 60 - 1).map(lambda minute: time(minute // 60, minute % 60))
zones = st.sampled_from(zone_names()).map(zone_named)
days = st.dates(date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31))


@st.composite
def windows(draw):
    starts_at, ends_at = draw(minutes), draw(minutes)
    return WindowTimes(starts_at, ends_at, EVERY_DAY, ends_next_day=ends_at <= starts_at)


@settings(max_examples=100, deadline=None)
@given(windows(), days, zones)
def test_on_any_day_of_any_zone_a_window_opens_and_closes_as_the_clock_shows(times, day, zone):
    watched = Watched(zone, datetime.combine(day, time(12), tzinfo=UTC), before=2 * DAY, after=3 * DAY)
    assert occurrence_on(day, times, zone) == opening_by(watched.comings.__getitem__, watched.shows, day, times)


changes = st.sampled_from(list(every_change()))
window_ids = st.uuids(version=4)


@st.composite
def days_of_windows(draw):
    """A day near a clock change, and some windows of it."""
    zone, change = draw(changes)
    near = list(windows_around(change))
    day, _ = draw(st.sampled_from(near))
    times = st.one_of(st.sampled_from([times for on, times in near if on == day]), windows())
    return zone, day, draw(st.dictionaries(window_ids, times, min_size=1, max_size=6))


@settings(max_examples=100, deadline=None)
@given(days_of_windows())
def test_the_chances_of_a_day_are_the_runs_of_minutes_in_which_a_window_is_open(given_windows):
    zone, day, by_id = given_windows
    watched = Watched(zone, datetime.combine(day, time(12), tzinfo=UTC), before=2 * DAY, after=3 * DAY)
    openings = {
        window_id: opening_by(watched.comings.__getitem__, watched.shows, day, times)
        for window_id, times in by_id.items()
    }
    open_in: dict[datetime, set[UUID]] = {}
    for window_id, opening in openings.items():
        now = opening.opens_at if isinstance(opening, Occurrence) else None
        while now is not None and now < opening.closes_at:
            open_in.setdefault(now, set()).add(window_id)
            now += MINUTE
    runs: list[list[datetime]] = []
    for now in sorted(open_in):
        if runs and now - runs[-1][-1] == MINUTE:
            runs[-1].append(now)
        else:
            runs.append([now])
    chances = chances_on(day, by_id, zone)
    assert [(chance.local_day, chance.opens_at, chance.closes_at) for chance in chances] == [
        (day, run[0], run[-1] + MINUTE) for run in runs
    ]
    for chance, run in zip(chances, runs, strict=True):
        assert set(chance.window_ids) == set().union(*(open_in[now] for now in run))
        opened = [openings[window_id].opens_at for window_id in chance.window_ids]
        assert opened == sorted(opened)
