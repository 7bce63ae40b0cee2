"""Openings against two oracles that we did not write: python-dateutil (its recurrence rules, its reading of local times) and
recurring-ical-events (iCalendar events, start and end). All IANA zones, 2000 to 2040.

Both are told the window in their own terms, those of RFC 5545: INTERVAL and WKST=MO, BYDAY, UNTIL, EXDATE; a pause is an
EXRULE to the one, more EXDATEs to the other. Where one of them says another thing than `windows` has it, is shown at the end.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
import recurring_ical_events
from dateutil import tz
from dateutil.rrule import DAILY, MO, WEEKLY, rrule, rruleset
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar, Event
from zone_clocks import (
    DAY,
    FIRST_YEAR,
    LAST_YEAR,
    Change,
    all_rules,
    opening_by,
    starts_and_ends,
    windows_around,
    zone_names,
)

from chassis.time_zones import zone_named
from window_scheduler.windows import (
    Absence,
    Occurrence,
    Weekly,
    WindowTimes,
    first_occurrence,
    next_occurrence,
    occurrence_on,
)

pytestmark = pytest.mark.timeout(600)  # some seconds of arithmetic each, on cores that others use too

BYDAY = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
PERIOD = timedelta(days=150)
SOME = 5
"""Of so many, one is looked at in `make test`; all are in `make test-endurance`."""


class DateutilClock:
    """How dateutil reads the local times of a zone. It remembers, since it is asked again and again."""

    def __init__(self, zone: ZoneInfo):
        self.zone = zone
        self.read: dict[datetime, datetime] = {}
        self.days: dict[date, bool] = {}

    def coming(self, local: datetime) -> datetime:
        if local not in self.read:
            self.read[local] = tz.resolve_imaginary(local.replace(tzinfo=self.zone)).astimezone(UTC)
        return self.read[local]

    def has_day(self, day: date) -> bool:
        if day not in self.days:
            self.days[day] = any(
                tz.datetime_exists(datetime.combine(day, time(hour), tzinfo=self.zone)) for hour in range(24)
            )
        return self.days[day]

    def opening(self, day: date, times: WindowTimes) -> Occurrence | Absence:
        return opening_by(self.coming, self.has_day, day, times)


def days_by_dateutil(times: WindowTimes, first: date, last: date) -> list[date]:
    """The days that a window has by dateutil's recurrence rules, which know no zone."""
    days = times.days

    def at(day: date) -> datetime:
        return datetime.combine(day, times.starts_at)

    rules = rruleset()
    rules.rrule(
        rrule(
            WEEKLY,
            interval=days.every_weeks,
            wkst=MO,
            byweekday=[weekday - 1 for weekday in days.weekdays],
            dtstart=at(days.first_date or first),
            until=at(days.last_date or last),
        )
    )
    for day in days.except_dates:
        rules.exdate(at(day))
    if days.paused_until is not None:
        begin = min(first, days.first_date or first)
        rules.exrule(rrule(DAILY, dtstart=at(begin), until=at(days.paused_until - DAY)))
    return [each.date() for each in rules.between(at(first), at(last), inc=True)]


def event_of(times: WindowTimes, zone: ZoneInfo, first: date) -> Event:
    """A window as an iCalendar event, whose DTSTART is a day of its rule in the week that intervals count from."""
    days = times.days
    anchor = days.first_date or first
    monday = anchor - timedelta(days=anchor.weekday())
    starts_on = monday + timedelta(days=min(days.weekdays) - 1)
    excepted = set(days.except_dates)
    opens_no_earlier = max(anchor, days.paused_until or anchor)
    excepted |= {starts_on + n * DAY for n in range((opens_no_earlier - starts_on).days)}
    starts, ends = starts_and_ends(starts_on, times)
    rule: dict[str, object] = {
        "freq": "weekly",
        "interval": days.every_weeks,
        "wkst": "MO",
        "byday": [BYDAY[weekday - 1] for weekday in sorted(days.weekdays)],
    }
    if days.last_date is not None:
        last_second = datetime.combine(days.last_date, time(23, 59, 59), tzinfo=zone)
        rule["until"] = tz.resolve_imaginary(last_second).astimezone(UTC)
    event = Event()
    event.add("uid", "window")
    event.add("dtstart", starts.replace(tzinfo=zone))
    event.add("dtend", ends.replace(tzinfo=zone))
    event.add("rrule", rule)
    if excepted:
        event.add("exdate", [datetime.combine(day, times.starts_at, tzinfo=zone) for day in sorted(excepted)])
    return event


def instances(event: Event, first: date, last: date) -> Iterator[tuple[date, datetime, datetime]]:
    """Of an event: the local day, the start and the end (UTC), as recurring-ical-events has them."""
    calendar = Calendar()
    calendar.add_component(event)
    # two days more at each end: days are those of UTC here
    for each in recurring_ical_events.of(calendar).between(first - 2 * DAY, last + 3 * DAY):
        if first <= each.start.date() <= last:
            yield each.start.date(), each.start.astimezone(UTC), each.end.astimezone(UTC)


def openings_by_icalendar(times: WindowTimes, zone: ZoneInfo, first: date, last: date) -> list[Occurrence]:
    clock = DateutilClock(zone)
    found = []
    for day, opens_at, closes_at in sorted(instances(event_of(times, zone, first), first, last)):
        if not clock.has_day(day):
            continue  # shown below
        starts, ends = starts_and_ends(day, times)
        found.append(Occurrence(day, opens_at, closes_at if closes_at > opens_at else opens_at + (ends - starts)))
    return found


def every_change() -> Iterator[tuple[ZoneInfo, Change]]:
    return ((rules.zone, change) for rules in all_rules() for change in rules.changes)


def differing_from_dateutil(changes: Iterable[tuple[ZoneInfo, Change]]) -> list[tuple[str, date, WindowTimes]]:
    differing = []
    for zone, change in changes:
        clock = DateutilClock(zone)
        differing += [
            (zone.key, day, times)
            for day, times in windows_around(change)
            if occurrence_on(day, times, zone) != clock.opening(day, times)
        ]
    return differing


def test_around_changes_of_every_zone_dateutil_reads_the_times_of_a_window_alike():
    assert differing_from_dateutil(islice(every_change(), 0, None, SOME)) == []


@pytest.mark.endurance
@pytest.mark.timeout(1800)
def test_around_every_change_of_every_zone_dateutil_reads_the_times_of_a_window_alike():
    assert differing_from_dateutil(every_change()) == []


def assert_icalendar_agrees(zone: ZoneInfo, change: Change, every: int) -> None:
    for day, times in list(windows_around(change))[::every]:
        first, last = day - DAY, day + DAY
        own = [occurrence_on(first + n * DAY, times, zone) for n in range(3)]
        expected = [each for each in own if isinstance(each, Occurrence)]
        assert openings_by_icalendar(times, zone, first, last) == expected, (zone.key, day, times)


def test_around_each_kind_of_change_an_icalendar_event_starts_and_ends_with_the_window():
    for zone, change in {change.shape: (zone, change) for zone, change in every_change()}.values():
        assert_icalendar_agrees(zone, change, every=7)


@pytest.mark.endurance
@pytest.mark.timeout(3600)
def test_around_every_change_of_every_zone_an_icalendar_event_starts_and_ends_with_the_window():
    for zone, change in every_change():
        assert_icalendar_agrees(zone, change, every=11)


def assert_dateutil_agrees_for_all_years(zone: ZoneInfo, times: WindowTimes) -> None:
    first, last = date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)
    clock = DateutilClock(zone)
    by_oracle = [clock.opening(day, times) for day in days_by_dateutil(times, first, last)]
    expected = [each for each in by_oracle if isinstance(each, Occurrence)]
    found, opening = [], first_occurrence(times, zone, first)
    while opening is not None and opening.local_day <= last:
        found.append(opening)
        opening = next_occurrence(times, zone, opening.closes_at)
    assert found == expected, (zone.key, times)


def nth_window(n: int, weekdays: frozenset[int]) -> WindowTimes:
    """Windows that differ from one to the next, over the clock round."""
    starts, ends = divmod(n * 37 % 1440, 60), divmod(n * 101 % 1440, 60)
    return WindowTimes(time(*starts), time(*ends), Weekly(weekdays), ends_next_day=ends <= starts)


def assert_dateutil_agrees_on_sundays(every: int) -> None:
    for n, rules in islice(enumerate(all_rules()), 0, None, every):
        times = nth_window(n, frozenset({7}))  # most clocks change on a Sunday
        days = replace(times.days, every_weeks=2 + n % 3, first_date=date(FIRST_YEAR, 1, 2))
        assert_dateutil_agrees_for_all_years(rules.zone, replace(times, days=days))


def test_all_openings_of_41_years_in_many_zones_are_those_of_dateutil():
    assert_dateutil_agrees_on_sundays(every=SOME)


@pytest.mark.endurance
@pytest.mark.timeout(1800)
def test_all_openings_of_41_years_in_every_zone_are_those_of_dateutil():
    assert_dateutil_agrees_on_sundays(every=1)


@pytest.mark.endurance
@pytest.mark.timeout(3600)
def test_all_openings_of_41_years_in_every_zone_on_every_day_are_those_of_dateutil():
    for n, rules in enumerate(all_rules()):
        assert_dateutil_agrees_for_all_years(rules.zone, nth_window(n, frozenset(range(1, 8))))


minutes = st.integers(0, 24 * 60 - 1).map(lambda minute: time(minute // 60, minute % 60))
zones = st.sampled_from(zone_names()).map(zone_named)


@st.composite
def recurring(draw):
    """A window of any kind, its zone, and a first day from which on its openings are compared."""
    first = draw(st.dates(date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 7, 1)))

    def within(earliest: int, latest: int) -> st.SearchStrategy[date]:
        return st.integers(earliest, latest).map(lambda n: first + n * DAY)

    every_weeks = draw(st.sampled_from([1, 1, 2, 3, 5]))
    days = Weekly(
        draw(st.frozensets(st.integers(1, 7), min_size=1)),
        every_weeks,
        first_date=draw(within(-60, 30) if every_weeks > 1 else st.none() | within(-60, 30)),
        last_date=draw(st.none() | within(0, PERIOD.days)),
        except_dates=draw(st.frozensets(within(0, PERIOD.days), max_size=10)),
        paused_until=draw(st.none() | within(-30, 90)),
    )
    starts_at, ends_at = draw(minutes), draw(minutes)
    return WindowTimes(starts_at, ends_at, days, ends_next_day=ends_at <= starts_at), draw(zones), first


@settings(max_examples=150, deadline=None)
@given(recurring())
def test_windows_of_every_kind_open_when_dateutil_and_icalendar_say(given_window):
    times, zone, first = given_window
    last = first + PERIOD
    own = [occurrence_on(first + n * DAY, times, zone) for n in range(PERIOD.days + 1)]
    openings = [each for each in own if isinstance(each, Occurrence)]
    clock = DateutilClock(zone)
    by_dateutil = [clock.opening(day, times) for day in days_by_dateutil(times, first, last)]
    assert openings == [each for each in by_dateutil if isinstance(each, Occurrence)]
    assert openings == openings_by_icalendar(times, zone, first, last)


@settings(max_examples=150, deadline=None)
@given(recurring(), st.integers(0, 100 * 24 * 60))
def test_the_next_opening_is_the_first_of_dateutils_that_is_not_over_and_none_is_skipped_or_doubled(
    given_window, minute
):
    times, zone, first = given_window
    last = first + PERIOD
    clock = DateutilClock(zone)
    by_dateutil = [clock.opening(day, times) for day in days_by_dateutil(times, first, last)]
    all_openings = [each for each in by_dateutil if isinstance(each, Occurrence)]
    moment = datetime.combine(first + 3 * DAY, time(), tzinfo=UTC) + timedelta(minutes=minute)
    expected = [each for each in all_openings if each.closes_at > moment]
    for after in (moment, *(each.closes_at for each in expected)):
        following = [each for each in expected if each.closes_at > after]
        opening = next_occurrence(times, zone, after)
        if following:
            assert opening == following[0]
        else:
            assert opening is None or opening.local_day > last
    day = moment.astimezone(zone).date()
    from_day = [each for each in all_openings if each.local_day >= day]
    opening = first_occurrence(times, zone, day)
    assert opening == from_day[0] if from_day else opening is None or opening.local_day > last


# Where an oracle says another thing, and why.


def weekly(starts_at: str, ends_at: str, *weekdays: int) -> WindowTimes:
    return WindowTimes(time.fromisoformat(starts_at), time.fromisoformat(ends_at), Weekly(frozenset(weekdays)))


NEW_YORK = zone_named("America/New_York")
APIA = zone_named("Pacific/Apia")


@pytest.mark.parametrize("ends_at", ["03:10", "03:30"])
def test_an_icalendar_event_may_end_before_it_starts_where_a_gap_has_moved_the_start_and_a_window_keeps_its_length(
    ends_at,
):
    """RFC 5545 reads each of the two times alone, and says nothing of an event that this leaves no time for."""
    day, times = date(2026, 3, 8), weekly("02:30", ends_at, 7)
    [(_, starts, ends)] = instances(event_of(times, NEW_YORK, day), day, day)
    assert ends <= starts
    opening = occurrence_on(day, times, NEW_YORK)
    assert opening.opens_at == starts
    assert opening.closes_at - opening.opens_at == datetime.combine(day, times.ends_at) - datetime.combine(
        day, times.starts_at
    )


def test_an_end_is_read_by_the_clock_where_the_letter_of_the_rfc_keeps_the_exact_length():
    """RFC 5545, 3.8.5.3: all instances of an event with a DTEND have "the same exact duration" as the first.

    recurring-ical-events takes that for a duration on the face of the clock, and `windows` says why we do.
    """
    day, times = date(2026, 3, 8), weekly("01:30", "03:30", 7)
    [before, (_, starts, ends)] = instances(event_of(times, NEW_YORK, day - 7 * DAY), day - 7 * DAY, day)
    assert before[2] - before[1] == timedelta(hours=2)
    assert ends - starts == timedelta(hours=1)
    assert occurrence_on(day, times, NEW_YORK) == Occurrence(day, starts, ends)


def test_an_icalendar_event_on_a_day_that_a_zone_leaves_out_comes_at_the_same_moment_as_the_next_days():
    """RFC 5545 has such duplicates ignored (3.8.5.3); the person has that call as the one of the day after."""
    left_out, day_after = date(2011, 12, 30), date(2011, 12, 31)
    times = weekly("08:00", "09:00", 1, 2, 3, 4, 5, 6, 7)
    [one, other] = instances(event_of(times, APIA, left_out), left_out, day_after)
    assert one[1:] == other[1:]
    assert occurrence_on(left_out, times, APIA) is Absence.SKIPPED_BY_CLOCK
    assert occurrence_on(day_after, times, APIA) == Occurrence(*other)


def test_an_icalendar_event_on_that_weekday_alone_comes_the_day_after_and_a_window_does_not():
    """A window of Fridays does not open on a Saturday because the Friday was none."""
    left_out, times = date(2011, 12, 30), weekly("08:00", "09:00", 5)
    [(_, starts, _)] = instances(event_of(times, APIA, left_out), left_out, left_out)
    assert starts.astimezone(APIA).date() == date(2011, 12, 31)
    assert occurrence_on(left_out, times, APIA) is Absence.SKIPPED_BY_CLOCK


def test_the_first_date_of_an_icalendar_event_is_an_instance_whatever_its_rule_and_that_of_a_window_only_bounds_it():
    """RFC 5545 leaves undefined what a DTSTART outside its own rule means (3.8.5.3), so no event above has one."""
    tuesday, monday = date(2026, 3, 3), date(2026, 3, 9)
    event = Event()
    event.add("uid", "window")
    event.add("dtstart", datetime.combine(tuesday, time(8), tzinfo=NEW_YORK))
    event.add("rrule", {"freq": "weekly", "byday": "MO"})
    assert [day for day, _, _ in instances(event, tuesday, monday)] == [tuesday, monday]
    mondays = weekly("08:00", "09:00", 1)
    times = replace(mondays, days=replace(mondays.days, first_date=tuesday))
    assert days_by_dateutil(times, tuesday, monday) == [monday]
    assert first_occurrence(times, NEW_YORK, tuesday).local_day == monday
