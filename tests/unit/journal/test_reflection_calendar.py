from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chassis.time_zones import zone_named
from journal.local_days import Call, Days, days_of, local_day
from journal.reflection_calendar import calendar_of
from journal.streaks import Streak

ZONES = [
    "UTC",
    "Europe/Vienna",
    "America/New_York",
    "America/St_Johns",  # changed its clocks a minute after midnight until 2011
    "America/Sao_Paulo",  # had days without a midnight
    "Asia/Kathmandu",
    "Pacific/Apia",  # had no 30 December 2011
    "Pacific/Kiritimati",
    "Australia/Lord_Howe",
    "Africa/Cairo",
]
DAY = timedelta(days=1)
zones = st.sampled_from(ZONES).map(zone_named)
WEEKS_BEGIN, WEEKS_END = datetime(2011, 12, 20, tzinfo=UTC), datetime(2012, 1, 8, tzinfo=UTC)


def between(first, last):
    seconds = int((last - first).total_seconds())
    return st.integers(0, seconds).map(lambda second: first + timedelta(seconds=second))


some_weeks = between(WEEKS_BEGIN, WEEKS_END)
instants = st.one_of(
    between(datetime(2009, 1, 1, tzinfo=UTC), datetime(2012, 12, 31, tzinfo=UTC)),
    between(datetime(2026, 10, 20, tzinfo=UTC), datetime(2026, 11, 5, tzinfo=UTC)),
    some_weeks,
)
begun = st.lists(instants, max_size=40).map(lambda all_at: [Call(at, 60_000) for at in all_at])


def calls(zone, *local):
    return [Call(datetime.fromisoformat(at).replace(tzinfo=zone).astimezone(UTC), 90_000) for at in local]


def told(zone_name, now, *local):
    """The current and the longest streak, in days."""
    zone = zone_named(zone_name)
    [moment] = calls(zone, now)
    calendar = calendar_of(calls(zone, *local), Days(zone, None, None), moment.started_at)
    return calendar.current and calendar.current.days, calendar.longest and calendar.longest.days


@pytest.mark.parametrize(
    ("zone", "now", "local", "streaks"),
    [
        ("UTC", "2026-11-24T12:00", [], (None, None)),
        ("UTC", "2026-11-24T12:00", ["2026-11-24T08:00"], (1, 1)),
        ("UTC", "2026-11-24T12:00", ["2026-11-23T08:00", "2026-11-22T08:00"], (2, 2)),
        ("UTC", "2026-11-24T12:00", ["2026-11-22T08:00"], (None, 1)),
        ("UTC", "2026-11-24T12:00", ["2026-11-24T08:00", "2026-11-24T09:00"], (1, 1)),
        ("UTC", "2026-11-24T12:00", ["2026-11-01T08:00", "2026-11-02T08:00", "2026-11-24T08:00"], (1, 2)),
        # a call that begins a minute before midnight is of the day that ends
        ("Europe/Vienna", "2026-11-24T00:01", ["2026-11-22T23:59", "2026-11-23T23:59", "2026-11-24T00:00"], (3, 3)),
        # days of 23 and of 25 hours
        ("Europe/Vienna", "2026-03-30T01:00", ["2026-03-28T23:30", "2026-03-29T23:30", "2026-03-30T00:30"], (3, 3)),
        ("America/New_York", "2026-11-02T23:00", ["2026-10-31T23:59", "2026-11-01T00:01", "2026-11-02T22:00"], (3, 3)),
        # a day that did not exist ends no streak
        ("Pacific/Apia", "2011-12-31T20:00", ["2011-12-28T20:00", "2011-12-29T20:00", "2011-12-31T19:00"], (3, 3)),
        ("Pacific/Apia", "2011-12-31T20:00", ["2011-12-28T20:00", "2011-12-29T20:00"], (2, 2)),
        ("Pacific/Kiritimati", "2011-12-31T20:00", ["2011-12-28T20:00", "2011-12-29T20:00"], (None, 2)),
    ],
)
def test_a_streak_is_days_in_a_row_that_today_can_carry_on(zone, now, local, streaks):
    assert told(zone, now, *local) == streaks


def test_of_several_longest_streaks_the_newest_is_told():
    zone = zone_named("Asia/Kathmandu")
    both = calls(zone, "2026-11-01T08:00", "2026-11-02T08:00", "2026-11-05T08:00", "2026-11-06T08:00")
    calendar = calendar_of(both, Days(zone, None, None), datetime(2026, 11, 24, tzinfo=UTC))
    assert calendar.longest == Streak(date(2026, 11, 5), date(2026, 11, 6), 2)


def test_days_that_were_not_asked_for_count_in_the_streaks_and_not_in_the_list():
    zone = zone_named("Europe/Vienna")
    there_are = calls(zone, *(f"2026-11-{day:02}T19:00" for day in range(1, 25)), "2026-11-24T20:00")
    asked = Days(zone, date(2026, 11, 24), date(2026, 11, 30))
    calendar = calendar_of(there_are, asked, datetime(2026, 11, 24, 20, tzinfo=UTC))
    assert [(day.day, day.entries, day.recording_ms) for day in calendar.days] == [(date(2026, 11, 24), 2, 180_000)]
    assert (calendar.entries, calendar.days_with_entries, calendar.recording_ms) == (25, 24, 25 * 90_000)
    assert calendar.current == Streak(date(2026, 11, 1), date(2026, 11, 24), 24)


@given(begun, zones)
def test_each_call_is_counted_on_the_day_that_its_zones_calendar_showed(begun, zone):
    days = days_of(begun, zone)
    assert [day.day for day in days] == sorted({call.started_at.astimezone(zone).date() for call in begun})
    assert sum(day.entries for day in days) == len(begun)
    assert sum(day.recording_ms for day in days) == 60_000 * len(begun)


@given(st.lists(some_weeks, max_size=25), some_weeks, zones)
def test_streaks_are_those_that_counting_day_by_day_finds(begun, now, zone):
    there_are, today = {local_day(at, zone) for at in begun}, local_day(now, zone)
    hours = (WEEKS_BEGIN - DAY + timedelta(hours=hour) for hour in range((WEEKS_END - WEEKS_BEGIN + 2 * DAY).days * 24))
    runs, run = {}, 0
    for day in sorted({local_day(hour, zone) for hour in hours}):
        run = run + 1 if day in there_are else 0
        runs[day] = run
    up_to_today = [runs[day] for day in runs if day <= today]
    calendar = calendar_of([Call(at, 0) for at in begun], Days(zone, None, None), now)
    assert (calendar.longest.days if calendar.longest else 0) == max(runs.values())
    if all(day <= today for day in there_are):
        assert (calendar.current.days if calendar.current else 0) == (up_to_today[-1] or up_to_today[-2])


@given(instants, instants, instants, zones)
@example(
    datetime(2010, 11, 7, 2, 31, tzinfo=UTC),
    datetime(2010, 11, 7, tzinfo=UTC),
    datetime(2010, 11, 7, tzinfo=UTC),
    zone_named("America/St_Johns"),
)
def test_the_instants_of_some_days_are_surely_between_their_bounds(instant, one, other, zone):
    first, last = sorted(local_day(at, zone) for at in (one, other))
    days = Days(zone, first, last)
    assert days.hold(instant) is (first <= instant.astimezone(zone).date() <= last)
    if days.hold(instant):
        assert days.surely_from() <= instant <= days.surely_until()


def test_the_first_and_the_last_day_that_can_be_written_are_days_too():
    days = Days(zone_named("UTC"), date.min, date.max)
    assert days.surely_from() < days.surely_until()
    assert days.hold(datetime(2026, 11, 24, tzinfo=UTC))
