from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from window_scheduler.planning import Decision
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
    decision=None,
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
        # it is called in, also where it was changed to open on other days since
        (replace(MOVED_ON, called=True, occurrence=Absence.OTHER_WEEK), Standing.CALLED),
        (replace(MOVED_ON, called_by_another=True, occurrence=Absence.PAUSED), Standing.PAUSED),
        (replace(WAITING, occurrence=Absence.EXCEPTED), Standing.EXCEPTED),
        (replace(WAITING, occurrence=Absence.OUT_OF_DATES), Standing.OUT_OF_DATES),
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
    ("decision", "expected"),
    [
        (Decision.MERGED, Standing.CALLED_BY_ANOTHER),
        (Decision.CALLED_ALREADY, Standing.CALLED_BY_ANOTHER),
        (Decision.OPTED_OUT, Standing.OPTED_OUT),
        (Decision.NO_CONSENT, Standing.NO_CONSENT),
        (Decision.UNKNOWN_TIME_ZONE, Standing.UNKNOWN_TIME_ZONE),
        (Decision.MISSED_NO_TICK, Standing.MISSED),
        (Decision.MISSED_TICK_FAILED, Standing.MISSED),
        (Decision.SCHEDULED, Standing.PASSED_BY),
    ],
)
def test_what_was_decided_about_an_opening_stands_whatever_has_changed_since(decision, expected):
    assert standing(replace(MOVED_ON, decision=decision), NEXT_DAY) is expected
    if expected is not Standing.PASSED_BY:
        assert standing(replace(MOVED_ON, decision=decision, opted_out_at=CLOSES, consent_given_at=None)) is expected
    assert standing(replace(MOVED_ON, decision=decision, called=True), NEXT_DAY) is Standing.CALLED


def test_an_opening_that_is_to_be_looked_at_again_is_not_told_by_what_was_decided_before():
    assert standing(replace(WAITING, decision=Decision.OPTED_OUT)) is Standing.DUE


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"called": True, "opted_out": True}, Standing.CALLED),
        ({"called_by_another": True}, Standing.CALLED_BY_ANOTHER),
        ({"opted_out": True, "consented": False}, Standing.OPTED_OUT),
        ({"consented": False}, Standing.NO_CONSENT),
        ({}, Standing.DUE),
        ({"decision": Decision.UNKNOWN_TIME_ZONE}, Standing.UNKNOWN_TIME_ZONE),
        ({"decision": Decision.NO_CONSENT}, Standing.NO_CONSENT),
        ({"decision": Decision.SCHEDULED}, Standing.PASSED_BY),
    ],
)
def test_how_an_open_window_stands(changes, expected):
    plain = OpenWindow(called=False, called_by_another=False, opted_out=False, consented=True, decision=None)
    assert standing_now(replace(plain, **changes)) is expected
