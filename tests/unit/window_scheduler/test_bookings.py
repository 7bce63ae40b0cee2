from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chassis.errors import Conflict, InvalidInput
from window_scheduler.bookings import (
    MOST_EXCEPTIONS,
    MOST_WINDOWS,
    RequestedTimes,
    RequestedWeekly,
    booked_times,
    check_new_hours,
    check_room,
)
from window_scheduler.calling_hours import CallingHours
from window_scheduler.messages import requested_times_of, window_message
from window_scheduler.window_store import CallWindow
from window_scheduler.windows import Occurrence, OneOff, Weekly, WindowTimes, occurrence_on

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)  # a Tuesday, 09:00 in Vienna
TODAY = date(2026, 11, 24)
VIENNA = ZoneInfo("Europe/Vienna")
HOURS = CallingHours(time(8), time(21))
ALL_DAY = CallingHours(time(0), time(0))
MON_WED = RequestedWeekly([1, 3])
WEEKLY = RequestedTimes("08:00", "09:00", MON_WED)
ONE_OFF = RequestedTimes("08:00", "09:30", "2026-11-24")
DAY = timedelta(days=1)


def booked(requested, zone=VIENNA, hours=HOURS, now=NOW):
    return booked_times(requested, zone=zone, calling_hours=hours, now=now)


def weekly(**changes):
    return replace(WEEKLY, days=replace(MON_WED, **changes))


def refused(requested, **circumstances):
    with pytest.raises(InvalidInput) as error:
        booked(requested, **circumstances)
    return error.value


def test_weekdays_and_dates_are_booked():
    assert booked(WEEKLY) == WindowTimes(time(8), time(9), Weekly(frozenset({1, 3})))
    assert booked(ONE_OFF) == WindowTimes(time(8), time(9, 30), OneOff(TODAY))


def test_weekdays_are_booked_with_all_that_bounds_them():
    requested = weekly(
        every_weeks=2,
        first_date="2026-11-01",
        last_date="2027-01-31",
        except_dates=["2026-12-23", "2026-12-23", "2026-12-24"],
        paused_until="2026-12-01",
    )
    assert booked(requested).days == Weekly(
        frozenset({1, 3}),
        every_weeks=2,
        first_date=date(2026, 11, 1),
        last_date=date(2027, 1, 31),
        except_dates=frozenset({date(2026, 12, 23), date(2026, 12, 24)}),
        paused_until=date(2026, 12, 1),
    )


def test_a_window_may_fill_the_calling_hours():
    assert booked(replace(WEEKLY, starts_at="08:00", ends_at="21:00")).ends_at == time(21)
    assert booked(replace(WEEKLY, ends_at="08:00", ends_next_day=True), hours=ALL_DAY).ends_next_day


def test_every_so_many_weeks_are_counted_from_today_where_the_person_is():
    late = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
    assert booked(weekly(every_weeks=2), now=late).days.first_date == date(2026, 11, 25)
    assert booked(weekly(every_weeks=1), now=late).days.first_date is None


@pytest.mark.parametrize("until", ["2026-11-24", "2026-01-01", "0001-01-01"])
def test_a_pause_that_is_over_is_none(until):
    assert booked(weekly(paused_until=until)).days.paused_until is None


def test_an_exception_is_kept_though_no_weekday_falls_on_it_and_let_go_once_nobody_asks_about_its_day():
    kept = {TODAY + DAY, TODAY - 90 * DAY, TODAY + 400 * DAY}
    requested = weekly(except_dates=[day.isoformat() for day in (*kept, TODAY - 91 * DAY)], last_date="2027-02-01")
    assert booked(requested).days.except_dates == kept


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("times.starts_at", {"starts_at": ""}),
        ("times.starts_at", {"starts_at": "8:00"}),
        ("times.starts_at", {"starts_at": "24:00"}),
        ("times.starts_at", {"starts_at": "08:00:30"}),
        ("times.starts_at", {"starts_at": "08:00\n"}),
        ("times.starts_at", {"starts_at": "07:59"}),
        ("times.ends_at", {"ends_at": "nine"}),
        ("times.ends_at", {"ends_at": "08:00"}),
        ("times.ends_at", {"ends_at": "07:00"}),
        ("times.ends_at", {"ends_at": "21:01"}),
        ("times.ends_at", {"ends_at": "08:30", "ends_next_day": True}),
        ("times.ends_at", {"ends_at": "08:00", "ends_next_day": True}),
        ("times", {"days": None}),
    ],
)
def test_times_that_cannot_be_right_are_named(field, changes):
    assert refused(replace(WEEKLY, **changes)).field == field


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("weekdays", {"weekdays": []}),
        ("weekdays", {"weekdays": [0]}),
        ("weekdays", {"weekdays": [1, 8]}),
        ("every_weeks", {"every_weeks": 53}),
        ("first_date", {"first_date": "soon"}),
        ("first_date", {"first_date": "20261130"}),
        ("first_date", {"first_date": "2026-W49-1"}),
        ("first_date", {"first_date": "2036-11-25"}),
        ("last_date", {"last_date": "2026-02-30"}),
        ("last_date", {"last_date": "2026-11-23"}),
        ("last_date", {"last_date": "9999-12-31"}),
        ("last_date", {"first_date": "2026-12-02", "last_date": "2026-12-01"}),
        ("last_date", {"last_date": "2026-11-24"}),  # a Tuesday, and it opens on Wednesday
        ("last_date", {"every_weeks": 3, "weekdays": [1], "last_date": "2026-12-13"}),
        ("except_dates[1]", {"except_dates": ["2026-12-24", "christmas"]}),
        ("except_dates", {"except_dates": ["2026-11-25"], "last_date": "2026-11-25"}),
        ("paused_until", {"paused_until": "tomorrow"}),
        ("paused_until", {"paused_until": "2026-12-24", "last_date": "2026-12-23"}),
        ("last_date", {"paused_until": "2026-12-01", "last_date": "2026-11-25", "except_dates": ["2026-11-25"]}),
    ],
)
def test_days_that_cannot_be_right_are_named(field, changes):
    assert refused(weekly(**changes)).field == f"times.weekly.{field}"


def test_there_is_an_end_to_exceptions():
    some = [(TODAY + number * DAY).isoformat() for number in range(MOST_EXCEPTIONS)]
    assert len(booked(weekly(except_dates=some * 2)).days.except_dates) == MOST_EXCEPTIONS
    assert refused(weekly(except_dates=[*some, "2028-01-01"])).field == "times.weekly.except_dates"


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("times.one_off.date", {"days": ""}),
        ("times.one_off.date", {"days": "tomorrow"}),
        ("times.one_off.date", {"days": "2026-02-30"}),
        ("times.one_off.date", {"days": "2026-11-23"}),
        ("times.one_off.date", {"days": "0001-01-01"}),
        ("times.one_off.date", {"days": "9999-12-31"}),
        ("times", {"ends_at": "09:00"}),  # it closes at this very moment
    ],
)
def test_a_one_off_window_is_yet_to_come(field, changes):
    assert refused(replace(ONE_OFF, **changes)).field == field


def test_a_night_that_is_not_over_is_still_to_come():
    requested = RequestedTimes("22:00", "01:00", "2026-11-24", ends_next_day=True)
    before_its_end, at_its_end = (datetime(2026, 11, 24, 23, 59, tzinfo=UTC), datetime(2026, 11, 25, tzinfo=UTC))
    assert booked(requested, hours=ALL_DAY, now=before_its_end).days == OneOff(TODAY)
    assert refused(requested, hours=ALL_DAY, now=at_its_end).field == "times.one_off.date"


def test_a_refusal_says_what_would_be_right():
    assert "set ends_next_day" in str(refused(replace(WEEKLY, ends_at="07:00")))
    assert "24 hours" in str(refused(replace(WEEKLY, ends_next_day=True)))
    assert "08:00 to 21:00" in str(refused(replace(WEEKLY, starts_at="06:00")))


def test_an_hour_that_a_clock_change_skips_can_be_booked_since_it_opens_all_the_same():
    requested = RequestedTimes("02:30", "03:00", "2027-03-28")
    assert booked(requested, hours=ALL_DAY).days == OneOff(date(2027, 3, 28))


@pytest.mark.parametrize(
    ("field", "starts_at", "ends_at"),
    [
        ("times.starts_at", "21:00", "23:00"),
        ("times.ends_at", "22:00", "02:01"),
        ("times.starts_at", "12:00", "13:00"),
        ("times.starts_at", "02:00", "03:00"),
        ("times.ends_at", "01:00", "22:30"),
        ("times.ends_at", "23:00", "22:30"),
    ],
)
def test_no_part_of_a_window_lies_outside_of_hours_over_midnight(field, starts_at, ends_at):
    requested = replace(WEEKLY, starts_at=starts_at, ends_at=ends_at, ends_next_day=ends_at < starts_at)
    assert refused(requested, hours=CallingHours(time(22), time(2))).field == field


def test_a_night_lies_within_hours_over_midnight():
    for starts_at, ends_at in (("22:00", "02:00"), ("23:00", "23:59"), ("00:00", "02:00")):
        requested = replace(WEEKLY, starts_at=starts_at, ends_at=ends_at, ends_next_day=ends_at < starts_at)
        assert booked(requested, hours=CallingHours(time(22), time(2))).starts_at == time.fromisoformat(starts_at)


def test_there_is_room_for_so_many_windows_and_no_more():
    check_room(MOST_WINDOWS - 1)
    with pytest.raises(Conflict, match="20"):
        check_room(MOST_WINDOWS)


def test_new_hours_leave_no_window_outside():
    morning, evening = UUID(int=1), UUID(int=2)
    windows = {
        morning: WindowTimes(time(8), time(9), OneOff(TODAY)),
        evening: WindowTimes(time(19), time(20), OneOff(TODAY)),
    }
    check_new_hours(HOURS, windows)
    with pytest.raises(Conflict, match=str(evening)) as error:
        check_new_hours(CallingHours(time(8), time(12)), windows)
    assert str(morning) not in str(error.value)


# --- properties: few days, so that windows that never open are common

near = st.integers(-20, 40).map(lambda days: (TODAY + days * DAY).isoformat())
near_or_none = st.one_of(st.just(""), near)
clock_times = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.sampled_from([0, 30]))
any_weekly = st.builds(
    RequestedWeekly,
    st.sets(st.integers(1, 7), min_size=1, max_size=3).map(list),
    every_weeks=st.sampled_from([0, 1, 2, 3, 52]),
    first_date=near_or_none,
    last_date=near_or_none,
    except_dates=st.lists(near, max_size=8),
    paused_until=near_or_none,
)
any_times = st.builds(
    lambda starts_at, ends_at, days: RequestedTimes(starts_at, ends_at, days, ends_next_day=ends_at <= starts_at),
    clock_times,
    clock_times,
    st.one_of(any_weekly, near),
)
zones = st.sampled_from(["Europe/Vienna", "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/New_York"]).map(ZoneInfo)
nows = st.integers(0, 24 * 60).map(lambda minutes: NOW + timedelta(minutes=minutes))


def opens_again(times, zone, now):
    """Looked for day by day, as far as one of these windows can lie ahead."""
    days = (TODAY + days * DAY for days in range(-3, 52 * 7 + 60))
    openings = (occurrence_on(day, times, zone) for day in days)
    return any(isinstance(opening, Occurrence) and opening.closes_at > now for opening in openings)


def as_told(requested, zone, now):
    """The times in our terms, nothing checked; None where the dates are in no order."""

    def day(value):
        return date.fromisoformat(value) if value else None

    days = requested.days
    if isinstance(days, str):
        told = OneOff(date.fromisoformat(days))
    else:
        first, last = day(days.first_date), day(days.last_date)
        if first is not None and last is not None and last < first:
            return None
        every = days.every_weeks or 1
        counted_from = first or (now.astimezone(zone).date() if every > 1 else None)
        excepted = frozenset(map(date.fromisoformat, days.except_dates))
        told = Weekly(frozenset(days.weekdays), every, counted_from, last, excepted, day(days.paused_until))
    starts_at, ends_at = time.fromisoformat(requested.starts_at), time.fromisoformat(requested.ends_at)
    return WindowTimes(starts_at, ends_at, told, requested.ends_next_day)


@given(any_times, zones, nows)
@example(weekly(weekdays=[1], every_weeks=52, first_date="2026-11-17"), VIENNA, NOW)
def test_what_opens_is_booked_and_nothing_else(requested, zone, now):
    told = as_told(requested, zone, now)
    try:
        times = booked(requested, zone=zone, hours=ALL_DAY, now=now)
    except InvalidInput:
        assert told is None or not opens_again(told, zone, now)
    else:
        assert told is not None
        assert opens_again(times, zone, now)


@given(any_times, zones, nows)
def test_what_is_booked_can_be_told_and_booked_again_and_is_the_same(requested, zone, now):
    try:
        times = booked(requested, zone=zone, hours=ALL_DAY, now=now)
    except InvalidInput:
        return
    window = CallWindow(UUID(int=1), UUID(int=2), times, next=None, zone_data="")
    assert booked(requested_times_of(window_message(window).times), zone=zone, hours=ALL_DAY, now=now) == times
