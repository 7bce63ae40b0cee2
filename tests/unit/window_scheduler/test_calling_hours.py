from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import InvalidInput
from chassis.time_zones import zone_named
from window_scheduler.calling_hours import CallingHours, calling_hours_of
from window_scheduler.windows import Weekly, WindowTimes

VIENNA = zone_named("Europe/Vienna")
ONE_MINUTE = timedelta(minutes=1)
clock_times = st.builds(time, st.integers(0, 23), st.sampled_from([0, 1, 30, 59]))
hours = st.builds(CallingHours, clock_times, clock_times)


def window(starts_at, ends_at):
    return WindowTimes(starts_at, ends_at, Weekly(frozenset({1})), ends_next_day=ends_at <= starts_at)


@pytest.mark.parametrize(
    ("start", "end", "inside", "outside"),
    [
        (8, 21, [8, 12, 20], [7, 21, 0]),
        (22, 2, [22, 23, 0, 1], [2, 12, 21]),
        (9, 9, [0, 8, 9, 23], []),
        (0, 0, [0, 12, 23], []),
        (12, 0, [12, 23], [0, 11]),
    ],
)
def test_they_may_go_over_midnight_and_last_all_day(start, end, inside, outside):
    some = CallingHours(time(start), time(end))
    assert [hour for hour in (*inside, *outside) if some.hold(time(hour))] == inside


@given(hours, clock_times, clock_times)
def test_a_window_lies_within_them_if_each_of_its_minutes_does_without_a_break(some, starts_at, ends_at):
    times = window(starts_at, ends_at)
    minute = datetime.combine(date(2026, 11, 24), starts_at)
    minutes = []
    while not minutes or minute.time() != ends_at:
        minutes.append(minute.time())
        minute += ONE_MINUTE
    # the end of the hours within the window is a break, though they begin again at once: unless they last all day
    breaks = some.start != some.end and some.start in minutes[1:]
    assert some.hold_all_of(times) == (all(map(some.hold, minutes)) and not breaks)


@given(hours, st.integers(0, 60 * 24 * 365), st.integers(0, 60 * 26), st.sampled_from(["Europe/Vienna", "Asia/Tokyo"]))
def test_the_next_minute_of_them_is_the_first_in_which_they_hold(some, start, length, zone_name):
    zone = zone_named(zone_name)
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=start, seconds=7)
    until = now + timedelta(minutes=length)
    found = some.next_after(now, zone, until=until)
    assert found is None or (now < found < until and some.hold(found.astimezone(zone).time()))
    between = now + ONE_MINUTE
    while between < (found or until) - ONE_MINUTE:
        assert not some.hold(between.astimezone(zone).time())
        between += ONE_MINUTE


def test_a_start_that_the_clock_skips_is_the_moment_of_the_change():
    now = datetime(2027, 3, 28, 0, 0, tzinfo=UTC)  # 01:00 in Vienna, where 02:00 becomes 03:00 an hour later
    assert CallingHours(time(2, 30), time(12)).next_after(now, VIENNA, until=now + timedelta(hours=9)) == datetime(
        2027, 3, 28, 1, 0, tzinfo=UTC
    )


def test_a_start_that_comes_twice_begins_them_twice():
    hours = CallingHours(time(2, 30), time(12))
    now = datetime(2027, 10, 31, 0, 0, tzinfo=UTC)  # the first 02:00 in Vienna; an hour later it is 02:00 again
    until = now + timedelta(hours=9)
    assert hours.next_after(now, VIENNA, until=until) == now + timedelta(minutes=30)
    again = now + timedelta(hours=1)
    assert not hours.hold(again.astimezone(VIENNA).time())
    assert hours.next_after(again, VIENNA, until=until) == again + timedelta(minutes=30)


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "field"),
    [
        ("7", "22:00", "calling_hours.starts_at"),
        ("", "22:00", "calling_hours.starts_at"),
        ("07:00", "", "calling_hours.ends_at"),
        ("07:00", "24:00", "calling_hours.ends_at"),
        ("07:00", "22:00\n", "calling_hours.ends_at"),
    ],
)
def test_what_is_no_time_of_a_clock_is_named(starts_at, ends_at, field):
    with pytest.raises(InvalidInput) as refused:
        calling_hours_of(starts_at, ends_at)
    assert refused.value.field == field


def test_what_is_empty_means_the_operators():
    assert calling_hours_of("", "") is None
    assert calling_hours_of("22:00", "02:00") == CallingHours(time(22), time(2))
