from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from window_scheduler.standings import OpenWindow, Standing, WindowOnDay, standing_now, standing_on_day
from window_scheduler.windows import Absence, Occurrence

OPENS = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
CLOSES = OPENS + timedelta(hours=1)
PERIOD = timedelta(minutes=5)
LONG_AGO = OPENS - timedelta(days=30)
NEXT_DAY = OPENS + timedelta(days=1)

WAITING = WindowOnDay(
    occurrence=Occurrence(date(2026, 11, 24), OPENS, CLOSES),
    booked_at=LONG_AGO,
    next_opens_at=OPENS,
    ticks=(),
    opted_out_at=None,
    consent_given_at=LONG_AGO,
    called=False,
    called_by_another=False,
)
MOVED_ON = replace(WAITING, next_opens_at=NEXT_DAY, ticks=(OPENS - timedelta(minutes=3),))


def standing(window, now=OPENS):
    return standing_on_day(window, now=now, tick_period=PERIOD)


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (replace(MOVED_ON, called=True), Standing.CALLED),
        (replace(MOVED_ON, called=True, opted_out_at=OPENS), Standing.CALLED),
        (replace(MOVED_ON, called_by_another=True), Standing.CALLED_BY_ANOTHER),
        (replace(MOVED_ON, opted_out_at=LONG_AGO), Standing.OPTED_OUT),
        (replace(MOVED_ON, consent_given_at=None), Standing.NO_CONSENT),
        (replace(MOVED_ON, consent_given_at=CLOSES), Standing.NO_CONSENT),
        (replace(WAITING, occurrence=None), Standing.UNKNOWN_TIME_ZONE),
        (replace(WAITING, occurrence=Absence.OTHER_DAY), Standing.OTHER_DAY),
        (replace(WAITING, occurrence=Absence.SKIPPED_BY_CLOCK), Standing.SKIPPED_BY_CLOCK),
        (MOVED_ON, Standing.PASSED_BY),
        (replace(MOVED_ON, opted_out_at=CLOSES), Standing.PASSED_BY),
        (replace(MOVED_ON, booked_at=CLOSES), Standing.BOOKED_TOO_LATE),
    ],
)
def test_how_a_window_stands_while_it_is_open_and_why(window, expected):
    assert standing(window) is expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (OPENS - timedelta(minutes=6), Standing.NOT_OPEN_YET),
        (OPENS - timedelta(minutes=5), Standing.DUE),
        (OPENS, Standing.DUE),
        (CLOSES - timedelta(seconds=1), Standing.DUE),
        (CLOSES, Standing.MISSED),
    ],
)
def test_a_window_that_no_tick_has_looked_at_by_the_time_of_day(now, expected):
    assert standing(WAITING, now) is expected


def test_a_window_is_missed_where_no_tick_came_while_it_could_be_called_in():
    late = replace(MOVED_ON, ticks=(OPENS - timedelta(minutes=6), CLOSES))
    assert standing(late, CLOSES + timedelta(minutes=1)) is Standing.MISSED
    assert standing(MOVED_ON, CLOSES + timedelta(minutes=1)) is Standing.PASSED_BY


def test_what_happens_after_it_closed_changes_nothing():
    assert standing(replace(MOVED_ON, opted_out_at=CLOSES + timedelta(minutes=1)), NEXT_DAY) is Standing.PASSED_BY


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"called": True, "opted_out": True}, Standing.CALLED),
        ({"called_by_another": True}, Standing.CALLED_BY_ANOTHER),
        ({"opted_out": True, "consented": False}, Standing.OPTED_OUT),
        ({"consented": False}, Standing.NO_CONSENT),
        ({"awaits_tick": True}, Standing.DUE),
        ({}, Standing.PASSED_BY),
    ],
)
def test_how_an_open_window_stands(changes, expected):
    plain = OpenWindow(called=False, called_by_another=False, opted_out=False, consented=True, awaits_tick=False)
    assert standing_now(replace(plain, **changes)) is expected
