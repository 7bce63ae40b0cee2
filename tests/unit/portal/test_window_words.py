"""A window in a person's words."""
# ruff: noqa: DTZ001 - times of the clock on a person's wall, which have no zone

from datetime import date, datetime, time

import pytest

from daybook.scheduler.v1 import scheduler_pb2 as pb
from portal.catalogues import Languages
from portal.openings import Opening, Standing
from portal.window_words import WindowWords, clock_told, hour_told, opening_told, span_told, weekday_name, window_words

TODAY = date(2026, 12, 1)
BRITISH, AMERICAN = Languages().of("en-GB"), Languages().of("en-US")


def words(starts_at="20:00", ends_at="21:00", *, ends_next_day=False, **weekly):
    times = pb.WindowTimes(
        starts_at=starts_at, ends_at=ends_at, ends_next_day=ends_next_day, weekly=pb.Weekly(**weekly)
    )
    return window_words(times, BRITISH, TODAY)


@pytest.mark.parametrize(
    ("weekdays", "told"),
    [
        ([1, 2, 3, 4, 5, 6, 7], "Every day"),
        ([1, 2, 3, 4, 5], "Monday to Friday"),
        ([6, 7], "Saturday and Sunday"),
        ([5, 1, 3], "Monday, Wednesday and Friday"),
        ([2], "Tuesday"),
    ],
)
def test_weekdays_are_told_by_name(weekdays, told):
    assert words(weekdays=weekdays) == WindowWords(told, "20:00 to 21:00", (), "", one_off=False)


def test_what_bounds_a_window_is_told():
    told = words(
        weekdays=[1, 4],
        every_weeks=2,
        first_date="2027-01-04",
        last_date="2027-06-30",
        except_dates=["2026-11-30", "2026-12-24", "2026-12-31"],
        paused_until="2027-02-01",
    )
    assert told.days == "Monday and Thursday, every 2 weeks"
    assert told.bounds == (
        "From 4 January 2027 on.",
        "Until 30 June 2027.",
        "Not on Thursday, 24 December and Thursday, 31 December.",
    )
    assert told.paused == "Paused: it opens again from 1 February 2027 on."


def test_what_is_over_is_not_told_and_many_days_are_counted():
    told = words(weekdays=[1], first_date="2026-12-01", paused_until="2026-12-01", except_dates=["2026-11-30"])
    assert (told.bounds, told.paused) == ((), "")
    [many] = words(weekdays=[1], except_dates=[f"2026-12-{day:02}" for day in range(1, 9)]).bounds
    assert many.startswith("Not on Tuesday, 1 December, ")
    assert many.endswith(" and 3 more days.")


def test_a_window_for_one_date_is_told_by_it():
    times = pb.WindowTimes(starts_at="08:30", ends_at="09:00", one_off=pb.OneOff(date="2026-12-24"))
    assert window_words(times, BRITISH, TODAY) == WindowWords(
        "24 December 2026", "08:30 to 09:00", (), "", one_off=True
    )


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "told"),
    [
        ("23:00", "01:00", "23:00 to 01:00 on the next day"),
        ("23:00", "00:00", "23:00 to 00:00"),
        ("20:00", "20:00", "20:00 to 20:00 on the next day"),
    ],
)
def test_an_end_on_the_next_day_is_told_so_but_for_midnight(starts_at, ends_at, told):
    assert words(starts_at, ends_at, ends_next_day=True, weekdays=[1]).times == told


def test_clocks_are_those_of_the_country():
    eight, nine = datetime(2026, 12, 1, 20), datetime(2026, 12, 1, 21)
    assert span_told(eight, nine, AMERICAN).replace("\u202f", " ") == "8:00 PM to 9:00 PM"
    assert (hour_told(time(20), AMERICAN).replace("\u202f", " "), hour_told(time(20), BRITISH)) == ("8 PM", "20")
    half_past = datetime(2026, 12, 1, 20, 30)
    assert (clock_told(half_past, AMERICAN), clock_told(half_past, BRITISH)) == ("8:30", "20:30")
    assert weekday_name(7, BRITISH) == "Sunday"


@pytest.mark.parametrize(
    ("standing", "one_off", "told"),
    [
        (Standing.OPEN, False, "Tuesday, 1 December, 20:00 to 21:00"),
        (Standing.OPEN, True, "Tuesday, 1 December, 20:00 to 21:00, one-off"),
        (Standing.SILENT, False, "Tuesday, 1 December, 20:00 to 21:00, no call"),
        (Standing.SKIPPED, False, "Tuesday, 1 December, 20:00 to 21:00, skipped"),
        (Standing.PAUSED, False, "Tuesday, 1 December, 20:00 to 21:00, paused"),
        (Standing.OTHER_WEEK, False, "Tuesday, 1 December, 20:00 to 21:00, not in this week"),
    ],
)
def test_an_opening_is_told_to_who_does_not_see_it(standing, one_off, told):
    opening = Opening("w", TODAY, datetime(2026, 12, 1, 20), datetime(2026, 12, 1, 21), standing, one_off=one_off)
    assert opening_told(opening, BRITISH) == told
