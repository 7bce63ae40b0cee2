from dataclasses import replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from chassis.errors import Conflict, InvalidInput
from window_scheduler.bookings import MOST_WINDOWS, RequestedTimes, booked_times, check_room
from window_scheduler.dialing_rules import CallingHours
from window_scheduler.windows import OneOff, Weekly, WindowTimes

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)  # 09:00 in Vienna
VIENNA = ZoneInfo("Europe/Vienna")
HOURS = CallingHours(time(8), time(21))
WEEKLY = RequestedTimes("08:00", "09:00", [1, 3], None)
ONE_OFF = RequestedTimes("08:00", "09:30", None, "2026-11-24")


def booked(requested, zone=VIENNA, hours=HOURS):
    return booked_times(requested, zone=zone, calling_hours=hours, now=NOW)


def test_weekdays_and_dates_are_booked():
    assert booked(WEEKLY) == WindowTimes(time(8), time(9), Weekly(frozenset({1, 3})))
    assert booked(ONE_OFF) == WindowTimes(time(8), time(9, 30), OneOff(date(2026, 11, 24)))


def test_a_window_may_fill_the_calling_hours():
    assert booked(replace(WEEKLY, starts_at="08:00", ends_at="21:00")).ends_at == time(21)


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
        ("times.weekly.weekdays", {"weekdays": []}),
        ("times.weekly.weekdays", {"weekdays": [0]}),
        ("times.weekly.weekdays", {"weekdays": [1, 8]}),
        ("times", {"weekdays": None}),
    ],
)
def test_what_cannot_be_right_is_named(field, changes):
    with pytest.raises(InvalidInput) as refused:
        booked(replace(WEEKLY, **changes))
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("times.one_off.date", {"on": ""}),
        ("times.one_off.date", {"on": "tomorrow"}),
        ("times.one_off.date", {"on": "2026-02-30"}),
        ("times.one_off.date", {"on": "2026-11-23"}),
        ("times.one_off.date", {"on": "0001-01-01"}),
        ("times.one_off.date", {"on": "9999-12-31"}),
        ("times", {"ends_at": "09:00"}),  # it closes at this very moment
    ],
)
def test_a_one_off_window_is_yet_to_come(field, changes):
    with pytest.raises(InvalidInput) as refused:
        booked(replace(ONE_OFF, **changes))
    assert refused.value.field == field


def test_an_hour_that_a_clock_change_skips_can_be_booked_since_it_opens_all_the_same():
    requested = RequestedTimes("02:30", "03:00", None, "2027-03-28")
    assert booked(requested, hours=CallingHours(time(0), time(23, 59))).days == OneOff(date(2027, 3, 28))


def test_there_is_room_for_so_many_windows_and_no_more():
    check_room(MOST_WINDOWS - 1)
    with pytest.raises(Conflict, match="20"):
        check_room(MOST_WINDOWS)
