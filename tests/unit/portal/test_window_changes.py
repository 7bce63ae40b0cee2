"""Days that are left out and taken back, pauses that begin and end."""

from datetime import date

import pytest

from chassis.errors import Conflict, InvalidInput
from daybook.scheduler.v1 import scheduler_pb2 as pb
from portal.window_changes import left_out, paused, resumed, weekly_openings, with_day, without_day

TODAY, DAY = date(2026, 12, 1), date(2026, 12, 24)
WEEKLY = pb.WindowTimes(starts_at="20:00", ends_at="21:00", weekly=pb.Weekly(weekdays=[4], except_dates=["2026-12-31"]))
ONE_OFF = pb.WindowTimes(starts_at="20:00", ends_at="21:00", one_off=pb.OneOff(date="2026-12-24"))


def test_a_day_is_left_out_once_and_taken_back():
    once = without_day(WEEKLY, DAY)
    assert once.weekly.except_dates == ["2026-12-31", "2026-12-24"]
    assert without_day(once, DAY) == once
    assert with_day(once, DAY) == WEEKLY
    assert WEEKLY.weekly.except_dates == ["2026-12-31"]


def test_a_pause_begins_and_ends():
    asleep = paused(WEEKLY, "2026-12-24", TODAY)
    assert asleep.weekly.paused_until == "2026-12-24"
    assert resumed(asleep) == WEEKLY


@pytest.mark.parametrize("until", ["2026-12-01", "2026-11-30", ""])
def test_a_pause_that_would_not_begin_is_refused(until):
    with pytest.raises(InvalidInput, match="paused_until: is to lie after today"):
        paused(WEEKLY, until, TODAY)


@pytest.mark.parametrize(
    "change",
    [
        lambda times: without_day(times, DAY),
        lambda times: with_day(times, DAY),
        lambda times: paused(times, "2027-01-01", TODAY),
        resumed,
    ],
    ids=["without a day", "with a day", "paused", "resumed"],
)
def test_a_window_of_one_date_knows_none_of_it(change):
    with pytest.raises(Conflict, match="for one date"):
        change(ONE_OFF)


def test_the_windows_of_a_day_are_those_that_open_on_it_every_week():
    windows = [
        pb.CallWindow(window_id="weekly", times=WEEKLY),
        pb.CallWindow(window_id="once", times=ONE_OFF),
        pb.CallWindow(window_id="out", times=WEEKLY),
    ]
    openings = [pb.AgendaOpening(window_id=each) for each in ("weekly", "once")]
    absences = [
        pb.AgendaAbsence(window_id="out", standing=pb.WINDOW_STANDING_EXCEPTED),
        pb.AgendaAbsence(window_id="weekly", standing=pb.WINDOW_STANDING_PAUSED),
    ]
    day = pb.AgendaDay(local_day="2026-12-24", chances=[pb.AgendaChance(openings=openings)], absences=absences)
    agenda = pb.GetAgendaResponse(days=[day], windows=windows)
    assert [each.window_id for each in weekly_openings(agenda, DAY)] == ["weekly"]
    assert [each.window_id for each in left_out(agenda, DAY)] == ["out"]
    assert weekly_openings(agenda, TODAY) == left_out(agenda, TODAY) == []
