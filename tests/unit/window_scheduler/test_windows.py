from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from window_scheduler.windows import Absence, Occurrence, OneOff, Weekly, WindowTimes, next_occurrence, occurrence_on

DAILY = Weekly(frozenset(range(1, 8)))
NEW_YORK = ZoneInfo("America/New_York")
VIENNA = ZoneInfo("Europe/Vienna")
ZONES = [
    "America/New_York",
    "America/Sao_Paulo",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",  # its clocks change by half an hour
    "Europe/Vienna",
    "Africa/Cairo",  # its clocks change at midnight
    "America/Nuuk",  # its clocks change on a Saturday night
    "Pacific/Apia",
    "UTC",
]
CLOCK_CHANGES = [
    date(2026, 3, 7),
    date(2026, 3, 8),
    date(2026, 3, 28),
    date(2026, 3, 29),
    date(2026, 4, 5),
    date(2026, 4, 24),
    date(2026, 10, 4),
    date(2026, 10, 24),
    date(2026, 10, 25),
    date(2026, 10, 29),
    date(2026, 11, 1),
    date(2026, 7, 1),
]

minutes = st.integers(0, 23 * 60 + 59)
days = st.one_of(st.sampled_from(CLOCK_CHANGES), st.dates(date(2026, 1, 1), date(2027, 12, 31)))


def daily(starts_at: str, ends_at: str) -> WindowTimes:
    return WindowTimes(time.fromisoformat(starts_at), time.fromisoformat(ends_at), DAILY)


@st.composite
def times(draw):
    first, second = sorted(draw(st.lists(minutes, min_size=2, max_size=2, unique=True)))
    weekdays = draw(st.frozensets(st.integers(1, 7), min_size=1))
    return WindowTimes(time(first // 60, first % 60), time(second // 60, second % 60), Weekly(weekdays))


@settings(max_examples=150, deadline=None)
@given(times(), days, minutes, st.sampled_from(ZONES))
def test_the_next_occurrence_is_the_first_that_is_not_over(window, day, minute, zone_name):
    zone = ZoneInfo(zone_name)
    after = datetime.combine(day, time(minute // 60, minute % 60), tzinfo=UTC)
    every = [occurrence_on(day + timedelta(days=offset), window, zone) for offset in range(-2, 16)]
    assert next_occurrence(window, zone, after) == next(
        each for each in every if isinstance(each, Occurrence) and each.closes_at > after
    )


@settings(max_examples=50, deadline=None)
@given(times(), days, st.sampled_from(ZONES))
def test_asked_again_it_goes_on_and_never_opens_twice_a_day(window, day, zone_name):
    zone = ZoneInfo(zone_name)
    after = datetime.combine(day, time(), tzinfo=UTC)
    seen = []
    for _ in range(20):
        occurrence = next_occurrence(window, zone, after)
        assert occurrence is not None
        seen.append(occurrence)
        after = occurrence.closes_at
    assert all(one.closes_at <= other.opens_at for one, other in pairwise(seen))
    assert len({each.local_day for each in seen}) == len(seen)


@pytest.mark.parametrize(
    ("window", "day", "opens_at", "closes_at"),
    [
        (daily("02:10", "02:50"), date(2026, 3, 8), "07:10", "07:50"),
        (daily("01:30", "02:30"), date(2026, 3, 8), "06:30", "07:30"),
        (daily("01:30", "01:45"), date(2026, 11, 1), "05:30", "05:45"),
        (daily("00:30", "02:00"), date(2026, 11, 1), "04:30", "07:00"),
    ],
)
def test_new_york_on_the_days_when_its_clocks_change(window, day, opens_at, closes_at):
    occurrence = occurrence_on(day, window, NEW_YORK)
    assert isinstance(occurrence, Occurrence)
    assert (f"{occurrence.opens_at:%H:%M}", f"{occurrence.closes_at:%H:%M}") == (opens_at, closes_at)


def test_a_window_that_a_clock_change_would_leave_no_minute_of_keeps_its_length():
    occurrence = occurrence_on(date(2026, 3, 8), daily("02:30", "03:30"), NEW_YORK)
    assert isinstance(occurrence, Occurrence)
    assert (f"{occurrence.opens_at:%H:%M}", f"{occurrence.closes_at:%H:%M}") == ("07:30", "08:30")


def test_a_day_that_a_zone_leaves_out_has_no_window():
    assert (
        occurrence_on(date(2011, 12, 30), daily("08:00", "09:00"), ZoneInfo("Pacific/Apia")) is Absence.SKIPPED_BY_CLOCK
    )


def test_a_window_in_the_last_hour_of_a_day_that_ends_early_opens_after_midnight_and_is_that_days():
    nuuk = ZoneInfo("America/Nuuk")
    saturday = date(2026, 3, 28)  # its clocks go from 23:00 to 24:00
    occurrence = occurrence_on(saturday, daily("23:15", "23:45"), nuuk)
    assert isinstance(occurrence, Occurrence)
    assert occurrence.local_day == saturday
    assert f"{occurrence.opens_at.astimezone(nuuk):%a %H:%M}" == "Sun 00:15"
    assert f"{occurrence.closes_at.astimezone(nuuk):%a %H:%M}" == "Sun 00:45"


def test_a_window_that_is_open_counts_until_it_closes():
    window = daily("08:00", "09:00")
    just_before_it_closes = datetime(2026, 11, 24, 7, 59, 59, tzinfo=UTC)
    assert next_occurrence(window, VIENNA, just_before_it_closes).local_day == date(2026, 11, 24)
    assert next_occurrence(window, VIENNA, just_before_it_closes + timedelta(seconds=1)).local_day == date(2026, 11, 25)


def test_a_one_off_window_opens_once():
    window = WindowTimes(time(8), time(9), OneOff(date(2026, 11, 24)))
    first = next_occurrence(window, VIENNA, datetime(2020, 1, 1, tzinfo=UTC))
    assert first is not None
    assert next_occurrence(window, VIENNA, first.closes_at) is None


def test_a_window_is_written_as_clocks_are():
    assert str(daily("08:00", "09:05")) == "08:00–09:05"  # noqa: RUF001 - an en dash is what it is to be
