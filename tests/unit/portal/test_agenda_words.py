"""The days to come in a person's words, from what window-scheduler says of them."""

from datetime import UTC, date, datetime

import pytest

from daybook.scheduler.v1 import scheduler_pb2 as pb
from portal.agenda_words import DayWords, day_words, forbidden_told, next_call_told
from portal.catalogues import Languages

ENGLISH = Languages().of("en-GB")
DAY = "2026-03-29"


def window(starts_at="20:00", ends_at="21:00", window_id="w", **weekly):
    times = pb.WindowTimes(starts_at=starts_at, ends_at=ends_at, weekly=pb.Weekly(weekdays=[7], **weekly))
    return pb.CallWindow(window_id=window_id, times=times)


def span(opens="20:00", closes="21:00", until=DAY):
    return pb.AgendaSpan(opens_local=f"{DAY}T{opens}+02:00", closes_local=f"{until}T{closes}+02:00")


def chance(role=pb.CHANCE_ROLE_CALL, its_span=None, notes=(), longer_by_s=0, window_id="w", **changes):
    its_span = its_span or span()
    opening = pb.AgendaOpening(window_id=window_id, span=its_span, notes=notes, longer_by_s=longer_by_s)
    return pb.AgendaChance(span=its_span, role=role, openings=[opening], **changes)


def told(*, windows=None, **day):
    there = [window()] if windows is None else windows
    return day_words(pb.GetAgendaResponse(days=[pb.AgendaDay(local_day=DAY, **day)], windows=there), ENGLISH)


def agenda(**changes):
    return pb.GetAgendaResponse(time_zone="Europe/Vienna", local_time="2026-03-28T12:00+01:00", **changes)


@pytest.mark.parametrize(
    ("role", "sentence"),
    [
        (pb.CHANCE_ROLE_CALL, "20:00 to 21:00: you are called."),
        (pb.CHANCE_ROLE_SCHEDULED, "20:00 to 21:00: your call is about to come."),
        (pb.CHANCE_ROLE_CALLED, "20:00 to 21:00: you are being called."),
        (pb.CHANCE_ROLE_RESERVE, "20:00 to 21:00: only if no call was made before on this day."),
        (
            pb.CHANCE_ROLE_NOT_NEEDED,
            "20:00 to 21:00: no call, since this day has its call from another window. There is one call a day.",
        ),
        (pb.CHANCE_ROLE_OVER, "20:00 to 21:00: over, without a call."),
        (pb.CHANCE_ROLE_QUIET, "20:00 to 21:00: no call. It lies in your quiet hours."),
        (pb.CHANCE_ROLE_FORBIDDEN, "20:00 to 21:00: no call."),
        (pb.ChanceRole.ValueType(99), "20:00 to 21:00"),
    ],
)
def test_each_role_is_told_in_words(role, sentence):
    assert told(chances=[chance(role)])[0].sentences == (sentence,)


def test_every_role_there_is_has_its_sentence():
    sentences = {told(chances=[chance(role)])[0].sentences for role in pb.ChanceRole.values() if role}
    assert len(sentences) == len(pb.ChanceRole.values()) - 1


def test_a_call_that_is_over_is_told_so():
    call = pb.ScheduledCall()
    call.finished_at.GetCurrentTime()
    [day] = told(chances=[chance(pb.CHANCE_ROLE_CALLED)], call=call)
    assert day.sentences == ("20:00 to 21:00: the call of this day was made, and is over.",)


def test_what_can_be_skipped_is_what_is_to_come_of_weekly_windows():
    once = pb.CallWindow(
        window_id="once", times=pb.WindowTimes(starts_at="08:00", ends_at="09:00", one_off=pb.OneOff())
    )
    assert told(chances=[chance()]) == [
        DayWords(
            date(2026, 3, 29), ("20:00 to 21:00: you are called.",), (), called=True, to_skip=True, to_restore=False
        )
    ]
    [over] = told(chances=[chance(pb.CHANCE_ROLE_OVER)])
    assert (over.called, over.to_skip) == (False, False)
    [alone] = told(chances=[chance(window_id="once")], windows=[once])
    assert (alone.called, alone.to_skip) == (True, False)


@pytest.mark.parametrize(
    ("standing", "sentences", "to_restore"),
    [
        (pb.WINDOW_STANDING_EXCEPTED, ("20:00 to 21:00: skipped, as you wished.",), True),
        (pb.WINDOW_STANDING_PAUSED, ("20:00 to 21:00: paused.",), False),
        (
            pb.WINDOW_STANDING_SKIPPED_BY_CLOCK,
            ("20:00 to 21:00: no call, since the calendar of your time zone has no such day.",),
            False,
        ),
    ],
)
def test_what_does_not_open_is_told_with_the_reason(standing, sentences, to_restore):
    [day] = told(absences=[pb.AgendaAbsence(window_id="w", standing=standing)])
    assert (day.sentences, day.to_restore) == (sentences, to_restore)


def test_days_of_which_there_is_nothing_to_tell_are_left_out():
    assert told() == told(absences=[pb.AgendaAbsence(window_id="w", standing=pb.WINDOW_STANDING_OTHER_WEEK)]) == []


def test_quiet_hours_and_windows_that_are_gone_are_told():
    [day] = told(chances=[chance(quiet=True)])
    assert day.sentences[1] == "A part of it lies in your quiet hours, in which nobody calls you."
    [day] = told(call=pb.ScheduledCall())
    assert day.sentences == ("This day has its call, from a window that you have deleted or changed.",)


@pytest.mark.parametrize(
    ("note", "longer_by_s", "sentence"),
    [
        (pb.CLOCK_NOTE_START_SKIPPED, 0, "The clocks skip 02:30: the window opens at 03:30."),
        (pb.CLOCK_NOTE_START_TWICE, 0, "02:30 comes twice: the window opens at the first."),
        (pb.CLOCK_NOTE_END_SKIPPED, 0, "The clocks skip 04:00: the window closes at 05:00."),
        (pb.CLOCK_NOTE_END_TWICE, 0, "04:00 comes twice: the window closes at the first."),
        (
            pb.CLOCK_NOTE_END_MOVED,
            0,
            "The clocks skip all of the window: it keeps its length, and closes at 05:00.",
        ),
        (pb.CLOCK_NOTE_LONGER, 5400, "It is open for 1 hour 30 minutes longer than on other days."),
        (pb.CLOCK_NOTE_SHORTER, -3600, "It is open for 1 hour less than on other days."),
        (pb.CLOCK_NOTE_SHORTER, -1800, "It is open for 30 minutes less than on other days."),
    ],
)
def test_what_a_clock_change_does_to_a_window_is_told(note, longer_by_s, sentence):
    opens = chance(its_span=span("03:30", "05:00"), notes=[note], longer_by_s=longer_by_s)
    assert told(chances=[opens], windows=[window("02:30", "04:00")])[0].notes == (sentence,)


@pytest.mark.parametrize(
    ("before_s", "after_s", "at", "sentence"),
    [
        (3600, 7200, datetime(2026, 3, 29, 1, tzinfo=UTC), "At 02:00 the clocks are put forward by 1 hour."),
        (7200, 3600, datetime(2026, 10, 25, 1, tzinfo=UTC), "At 03:00 the clocks are put back by 1 hour."),
        (39600, 37800, datetime(2026, 4, 4, 15, tzinfo=UTC), "At 02:00 the clocks are put back by 30 minutes."),
    ],
)
def test_the_clock_change_itself_is_told(before_s, after_s, at, sentence):
    change = pb.ClockChange(before_s=before_s, after_s=after_s)
    change.at.FromDatetime(at)
    assert told(clock_change=change)[0].notes == (sentence,)


def test_a_day_that_the_zone_leaves_out_is_told():
    assert told(left_out=True)[0].notes == ("The calendar of your time zone leaves this day out.",)


def test_the_next_call_is_told_or_why_there_is_none():
    to_come = window()
    to_come.next_opens_at.FromDatetime(datetime(2027, 6, 1, 18, tzinfo=UTC))
    assert next_call_told(agenda(), ENGLISH).startswith("You have no window yet")
    assert next_call_told(
        agenda(windows=[to_come], next_call=chance(its_span=span("23:00", "01:00", until="2026-03-30"))), ENGLISH
    ) == ("Your next call comes on Sunday, 29 March, 23:00 to 01:00 on the next day.")
    assert next_call_told(agenda(windows=[to_come]), ENGLISH) == (
        "No call is to come for now. A window opens next on 1 June 2027."
    )
    assert (
        next_call_told(agenda(windows=[window()]), ENGLISH) == "No call is to come: none of your windows opens again."
    )


@pytest.mark.parametrize(
    "why", [pb.WINDOW_STANDING_OPTED_OUT, pb.WINDOW_STANDING_NO_CONSENT, pb.WINDOW_STANDING_UNKNOWN_TIME_ZONE]
)
def test_who_is_not_called_at_all_is_told_why_and_where_to_change_it(why):
    forbidden = agenda(windows=[window()], forbidden_by=why)
    assert "the page Me" in forbidden_told(forbidden, ENGLISH)
    assert next_call_told(forbidden, ENGLISH) == ""
    assert forbidden_told(agenda(), ENGLISH) == ""
