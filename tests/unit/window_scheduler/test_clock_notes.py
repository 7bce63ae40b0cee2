"""What a clock change does to a day and to an opening, as it is told."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from window_scheduler.clock_notes import ClockChange, ClockNote, change_on, has_day, longer_by, notes_on
from window_scheduler.windows import OneOff, WindowTimes, occurrence_on

VIENNA = ZoneInfo("Europe/Vienna")
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("zone", "day", "at", "before", "after"),
    [
        ("Europe/Vienna", SPRING, datetime(2026, 3, 29, 1, tzinfo=UTC), 1, 2),
        ("Europe/Vienna", AUTUMN, datetime(2026, 10, 25, 1, tzinfo=UTC), 2, 1),
        # at midnight: it is the day that begins with it which lacks an hour, or the one that ends with it which has one more
        ("America/Asuncion", date(2024, 3, 23), datetime(2024, 3, 24, 3, tzinfo=UTC), -3, -4),
        ("Africa/Cairo", date(2026, 4, 24), datetime(2026, 4, 23, 22, tzinfo=UTC), 2, 3),
        ("Australia/Lord_Howe", date(2026, 4, 5), datetime(2026, 4, 4, 15, tzinfo=UTC), 11, 10.5),
        ("Pacific/Apia", date(2011, 12, 31), datetime(2011, 12, 30, 10, tzinfo=UTC), -10, 14),
    ],
)
def test_a_clock_change_is_found_on_its_day_alone(zone, day, at, before, after):
    change = change_on(day, ZoneInfo(zone))
    assert change == ClockChange(at, timedelta(hours=before), timedelta(hours=after))
    for other in (day - timedelta(days=2), day - timedelta(days=1), day + timedelta(days=1)):
        assert change_on(other, ZoneInfo(zone)) is None


def test_a_day_that_the_date_line_took_is_not_there():
    apia = ZoneInfo("Pacific/Apia")
    assert [has_day(date(2011, 12, day), apia) for day in (29, 30, 31)] == [True, False, True]
    assert has_day(date(2026, 4, 24), ZoneInfo("Africa/Cairo"))  # without a midnight


@pytest.mark.parametrize(
    ("day", "starts_at", "ends_at", "notes", "longer"),
    [
        (date(2026, 3, 28), "02:30", "04:00", [], 0),
        (SPRING, "04:00", "05:00", [], 0),
        (SPRING, "02:30", "04:00", [ClockNote.START_SKIPPED, ClockNote.SHORTER], -1),
        (SPRING, "01:00", "02:30", [ClockNote.END_SKIPPED], 0),
        (SPRING, "01:00", "04:00", [ClockNote.SHORTER], -1),
        (SPRING, "02:30", "03:15", [ClockNote.START_SKIPPED, ClockNote.END_MOVED], 0),
        (SPRING, "02:15", "02:45", [ClockNote.START_SKIPPED, ClockNote.END_SKIPPED], 0),
        (AUTUMN, "02:30", "04:00", [ClockNote.START_TWICE, ClockNote.LONGER], 1),
        (AUTUMN, "01:00", "02:30", [ClockNote.END_TWICE], 0),
        (AUTUMN, "02:15", "02:45", [ClockNote.START_TWICE, ClockNote.END_TWICE], 0),
        (AUTUMN, "01:00", "04:00", [ClockNote.LONGER], 1),
    ],
)
def test_an_opening_beside_a_clock_change_is_told_by_what_it_does(day, starts_at, ends_at, notes, longer):
    times = WindowTimes(time.fromisoformat(starts_at), time.fromisoformat(ends_at), OneOff(day))
    opening = occurrence_on(day, times, VIENNA)
    assert list(notes_on(opening, times, VIENNA)) == notes
    assert longer_by(opening, times) == longer * HOUR


def test_a_window_over_midnight_is_told_by_the_change_of_the_next_day():
    times = WindowTimes(time(22), time(6), OneOff(SPRING - timedelta(days=1)), ends_next_day=True)
    opening = occurrence_on(times.days.on, times, VIENNA)
    assert notes_on(opening, times, VIENNA) == (ClockNote.SHORTER,)
