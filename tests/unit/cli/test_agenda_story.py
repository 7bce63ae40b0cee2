"""The days to come as lines to read, from what window-scheduler says of them."""

from datetime import UTC, datetime

import pytest

from daybook.scheduler.v1 import scheduler_pb2 as pb
from daybook_cli.agenda_story import ABSENT, FORBIDDEN, ROLES, Line, agenda_lines, headline

DASH = "{}–{}".format  # noqa: RUF001 - an en dash, as clocks are written
DAY = "2026-03-29"


def window(starts_at="02:30", ends_at="04:00", window_id="w", **weekly):
    times = pb.WindowTimes(starts_at=starts_at, ends_at=ends_at, weekly=pb.Weekly(weekdays=[7], **weekly))
    return pb.CallWindow(window_id=window_id, times=times)


def span(opens, closes, day=DAY, offset="+02:00", until=None):
    return pb.AgendaSpan(opens_local=f"{day}T{opens}{offset}", closes_local=f"{until or day}T{closes}{offset}")


def chance(its_span, role=pb.CHANCE_ROLE_CALL, notes=(), longer_by_s=0, **changes):
    opening = pb.AgendaOpening(window_id="w", span=its_span, notes=notes, longer_by_s=longer_by_s)
    return pb.AgendaChance(span=its_span, role=role, openings=[opening], **changes)


def agenda(*days, windows=None, **changes):
    there = [window()] if windows is None else windows
    return pb.GetAgendaResponse(
        time_zone="Europe/Vienna", local_time="2026-03-28T12:00+01:00", days=days, windows=there, **changes
    )


def day(*chances, **changes):
    return pb.AgendaDay(local_day=DAY, chances=chances, **changes)


def sentences(told):
    return [line.sentence for line in agenda_lines(told)]


def change(before_s, after_s, at):
    told = pb.ClockChange(before_s=before_s, after_s=after_s)
    told.at.FromDatetime(at)
    return told


def test_the_day_of_a_clock_change_tells_what_it_does():
    opens = span("03:30", "04:00")
    notes = [pb.CLOCK_NOTE_START_SKIPPED, pb.CLOCK_NOTE_SHORTER]
    told = agenda(
        day(
            chance(opens, notes=notes, longer_by_s=-3600),
            clock_change=change(3600, 7200, datetime(2026, 3, 29, 1, tzinfo=UTC)),
        ),
        next_call=chance(opens),
    )
    assert agenda_lines(told) == [
        Line("Sun 2026-03-29", "", "At 02:00 the clocks are put forward by 1 hour, from UTC+1 to UTC+2."),
        Line("", DASH("03:30", "04:00"), "The day's call comes from here.", is_next=True),
        Line("", "", "The clocks skip 02:30: it opens when they say 03:30."),
        Line("", "", "It is open for 1 hour less than on other days."),
    ]
    assert headline(told, 14) == (
        f"The next call: Sun 2026-03-29, {DASH('03:30', '04:00')}. In Europe/Vienna it is 12:00 now."
    )


@pytest.mark.parametrize(
    ("before_s", "after_s", "at", "sentence"),
    [
        (
            7200,
            3600,
            datetime(2026, 3, 29, 22, tzinfo=UTC),
            "At 24:00 the clocks are put back by 1 hour, from UTC+2 to UTC+1.",
        ),
        (
            39600,
            37800,
            datetime(2026, 3, 28, 15, tzinfo=UTC),
            "At 02:00 the clocks are put back by 30 minutes, from UTC+11 to UTC+10:30.",
        ),
        (
            -36000,
            50400,
            datetime(2026, 3, 29, 10, tzinfo=UTC),
            "At 00:00 the clocks are put forward by 24 hours, from UTC-10 to UTC+14.",
        ),
    ],
)
def test_a_clock_change_is_told_by_the_old_clock(before_s, after_s, at, sentence):
    assert sentences(agenda(day(clock_change=change(before_s, after_s, at)))) == [sentence]


def test_every_role_every_reason_and_every_note_has_its_words():
    assert set(ROLES) == set(pb.ChanceRole.values()) - {pb.CHANCE_ROLE_UNSPECIFIED}
    notes = set(pb.ClockNote.values()) - {pb.CLOCK_NOTE_UNSPECIFIED}
    told = sentences(agenda(day(chance(span("03:30", "04:00"), notes=sorted(notes), longer_by_s=3600))))
    assert len(told) == 1 + len(notes)
    assert not [sentence for sentence in told if "does not know" in sentence]
    assert len(ABSENT) == 4


@pytest.mark.parametrize(
    ("its_chance", "sentence"),
    [
        (
            chance(span("20:00", "22:00"), quiet=True),
            "The day's call comes from here; a part of it lies in the quiet hours, in which nobody is called.",
        ),
        (
            chance(span("21:00", "22:00"), pb.CHANCE_ROLE_QUIET, quiet=True),
            "No call: all of it lies in the quiet hours.",
        ),
        (chance(span("09:00", "10:00"), pb.CHANCE_ROLE_CALLED), "The day's call was dialed."),
    ],
)
def test_a_chance_says_what_it_is_to_the_days_call(its_chance, sentence):
    assert sentences(agenda(day(its_chance))) == [sentence]


def test_one_over_midnight_ends_on_the_next_day():
    overnight = chance(span("22:00", "01:00", until="2026-03-30"))
    assert [line.times for line in agenda_lines(agenda(day(overnight)))] == [f"{DASH('22:00', '01:00')} (+1 day)"]


def test_a_window_that_does_not_open_says_why():
    absent = [
        pb.AgendaAbsence(window_id="w", standing=pb.WINDOW_STANDING_PAUSED),
        pb.AgendaAbsence(window_id="w", standing=pb.WINDOW_STANDING_EXCEPTED),
    ]
    told = agenda(day(absences=absent), windows=[window(paused_until="2026-04-02")])
    assert sentences(told) == [
        f"Window {DASH('02:30', '04:00')} does not open: it is paused until 2026-04-02.",
        f"Window {DASH('02:30', '04:00')} does not open: the day is one of its exceptions.",
    ]


def test_a_day_of_which_there_is_nothing_to_tell_is_no_line():
    assert agenda_lines(agenda(day())) == []
    assert sentences(agenda(day(left_out=True))) == ["The calendar of this time zone leaves the day out."]


@pytest.mark.parametrize("standing", FORBIDDEN)
def test_who_is_not_called_at_all_is_told_first(standing):
    assert headline(agenda(forbidden_by=standing), 14).startswith("Nobody calls this person: the")


def test_where_no_call_is_to_come_it_is_told_what_comes_later():
    assert "has no call window" in headline(agenda(windows=[]), 14)
    assert "no window of this person opens again" in headline(agenda(), 14)
    later = window()
    later.next_opens_at.FromDatetime(datetime(2026, 6, 7, 0, 30, tzinfo=UTC))
    assert "within 1 day; a window opens next on Sun 2026-06-07 at 02:30." in headline(agenda(windows=[later]), 1)


def test_a_test_call_is_told_apart_from_the_days():
    asked = pb.ScheduledCall(test_number=1)
    asked.not_before.FromDatetime(datetime(2026, 3, 29, 10, tzinfo=UTC))
    asked.not_after.FromDatetime(datetime(2026, 3, 29, 10, 10, tzinfo=UTC))
    ended = pb.ScheduledCall(outcome="CALL_OUTCOME_NO_ANSWER")
    ended.MergeFrom(asked)
    ended.finished_at.FromDatetime(datetime(2026, 3, 29, 10, 5, tzinfo=UTC))
    told = pb.ScheduledCall(for_sign_in=True)
    told.MergeFrom(ended)
    told.outcome = "CALL_OUTCOME_CODE_TOLD"
    times = DASH("12:00", "12:10")
    assert agenda_lines(agenda(day(test_calls=[ended, asked, told]))) == [
        Line("Sun 2026-03-29", times, "A test call, which is not the day's: it ended as no answer."),
        Line("", times, "A test call, which is not the day's: it has not ended."),
        Line("", times, "A call for signing in, which is not the day's: it ended as code told."),
    ]
