"""A person's windows as an iCalendar object: what is exported is what will be called."""

import zoneinfo
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.time_zones import zone_named
from window_scheduler.calendar_export import calendar_of
from window_scheduler.windows import OneOff, Weekly, WindowTimes, next_occurrence

VIENNA = ZoneInfo("Europe/Vienna")
NOW = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)  # a Tuesday
WINDOW = UUID("0b7a5a3c-5b0e-4a52-9d1c-0d0a7b3d3c11")
ZONES = (
    "Europe/Vienna",
    "America/New_York",
    "America/Santiago",
    "America/Havana",  # changes at midnight
    "America/Nuuk",  # changes an hour before it
    "Africa/Cairo",
    "Africa/Casablanca",
    "Australia/Lord_Howe",  # by half an hour
    "Asia/Kathmandu",
    "Pacific/Chatham",
    "UTC",
)


@pytest.fixture(autouse=True, scope="module")
def _one_version_of_the_rules():
    """Whoever reads the calendar here takes the rules of `tzdata` too, not those of this machine's files."""
    zoneinfo.reset_tzpath(())
    zoneinfo.ZoneInfo.clear_cache()
    yield
    zoneinfo.reset_tzpath()
    zoneinfo.ZoneInfo.clear_cache()


def exported(times, zone=VIENNA, now=NOW):
    return calendar_of({WINDOW: times}, zone, now=now).decode()


def lines_of(times, **changes):
    """The lines of the one event."""
    lines = exported(times, **changes).replace("\r\n ", "").split("\r\n")
    return lines[lines.index("BEGIN:VEVENT") + 1 : lines.index("END:VEVENT")]


def test_a_weekly_window_is_an_event_with_a_rule_that_names_nobody():
    days = Weekly(frozenset({1, 3}), last_date=date(2027, 4, 7), except_dates=frozenset({date(2026, 12, 2)}))
    assert sorted(lines_of(WindowTimes(time(9), time(10, 30), days))) == [
        "DTSTAMP:20261124T083000Z",
        "DTSTART;TZID=Europe/Vienna:20261125T090000",
        "DURATION:PT1H30M",
        "EXDATE;TZID=Europe/Vienna:20261202T090000",
        "RRULE:FREQ=WEEKLY;UNTIL=20270407T070000Z;INTERVAL=1;BYDAY=MO,WE;WKST=MO",
        "SUMMARY:Daybook may call",
        "TRANSP:TRANSPARENT",
        f"UID:{WINDOW}",
    ]


def test_a_pause_moves_the_first_instance_and_keeps_to_the_weeks():
    days = Weekly(frozenset({2}), every_weeks=2, first_date=date(2026, 11, 24), paused_until=date(2026, 11, 25))
    lines = lines_of(WindowTimes(time(9), time(10), days))
    assert "DTSTART;TZID=Europe/Vienna:20261208T090000" in lines
    assert "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;WKST=MO" in lines


def test_a_date_on_which_it_would_not_open_anyway_is_no_exception():
    days = Weekly(frozenset({2}), except_dates=frozenset({date(2026, 11, 25), date(2026, 11, 17)}))
    assert not [line for line in lines_of(WindowTimes(time(9), time(10), days)) if line.startswith("EXDATE")]


def test_a_one_off_is_one_event_and_one_over_midnight_ends_the_next_day():
    lines = lines_of(WindowTimes(time(22), time(1), OneOff(date(2026, 11, 27)), ends_next_day=True))
    assert "DTSTART;TZID=Europe/Vienna:20261127T220000" in lines
    assert "DURATION:PT3H" in lines
    assert not [line for line in lines if line.startswith("RRULE")]


def test_the_length_is_the_windows_own_also_where_it_begins_on_the_day_of_a_clock_change():
    now = datetime(2026, 3, 29, 0, 0, tzinfo=UTC)
    lines = lines_of(WindowTimes(time(1), time(4), Weekly(frozenset({7}))), now=now)
    assert "DURATION:PT3H" in lines


def test_a_window_that_never_opens_again_is_left_out():
    over = WindowTimes(time(9), time(10), OneOff(date(2026, 11, 23)))
    assert "VEVENT" not in exported(over)


def test_its_zone_is_written_into_it_with_the_changes_by_the_old_clock():
    lines = exported(WindowTimes(time(9), time(10), OneOff(date(2026, 11, 27)))).replace("\r\n ", "").split("\r\n")
    summer = lines[lines.index("BEGIN:DAYLIGHT") : lines.index("END:DAYLIGHT")]
    assert summer[1] == "DTSTART:20260329T020000"  # RFC 5545, 3.6.5: the onset by the offset before it
    assert summer[2].startswith("RDATE:20270328T020000,20280326T020000")
    assert summer[3:] == ["TZNAME:CEST", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200"]
    assert "TZID:Europe/Vienna" in lines


@pytest.mark.parametrize("name", ZONES)
def test_the_zone_that_is_written_into_it_is_the_zone(name):
    """Read back without any knowledge of time zones but what the calendar says."""
    zone = zone_named(name)
    text = exported(WindowTimes(time(9), time(10), OneOff(date(2026, 11, 27))), zone).replace(
        f"TZID:{name}", "TZID:Nowhere/Known"
    )
    [written] = icalendar.Calendar.from_ical(text).walk("VTIMEZONE")
    read = written.to_tz(lookup_tzid=False)
    for days in range(5, 365 * 9, 5):
        at = datetime.combine(date(2026, 1, 1), time(12)) + timedelta(days=days)
        assert at.replace(tzinfo=read).utcoffset() == at.replace(tzinfo=zone).utcoffset()


dates = st.dates(date(2026, 1, 1), date(2027, 12, 31))
weeklies = st.builds(
    Weekly,
    weekdays=st.frozensets(st.integers(1, 7), min_size=1),
    every_weeks=st.integers(1, 5),
    first_date=dates,
    last_date=st.none() | dates,
    except_dates=st.frozensets(dates, max_size=20),
    paused_until=st.none() | dates,
)


@st.composite
def windows(draw):
    # fold=0, as all times of windows have: one of fold=1 equals it, and a kept opening of the one would answer for the other
    starts_at = draw(st.times().map(lambda at: at.replace(second=0, microsecond=0, fold=0)))
    ends_at = draw(st.times().map(lambda at: at.replace(second=0, microsecond=0, fold=0)))
    days = draw(weeklies | dates.map(OneOff))
    return WindowTimes(starts_at, ends_at, days, ends_next_day=ends_at <= starts_at)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(ZONES), windows(), dates, st.times())
def test_what_is_exported_is_what_will_be_called(name, times, today, clock):
    zone = zone_named(name)
    now = datetime.combine(today, clock, tzinfo=UTC)
    begin = datetime.combine(now.astimezone(zone).date(), time(), tzinfo=zone).astimezone(UTC)
    end = begin + timedelta(days=366)
    calendar = icalendar.Calendar.from_ical(calendar_of({WINDOW: times}, zone, now=now))
    events = recurring_ical_events.of(calendar).between(begin, end)
    told = {event.start.astimezone(UTC) for event in events}
    called = set()
    opening = next_occurrence(times, zone, begin)
    while opening is not None and opening.opens_at < end:
        called.add(opening.opens_at)
        opening = next_occurrence(times, zone, opening.closes_at)
    # one of the evening before, which is open still, is not exported any more
    assert told == {at for at in called if at >= begin}
