"""A day as it is told to the person whose it is."""

from datetime import UTC, date, datetime, timedelta

import pytest

from daybook.dispatcher.v1 import dispatcher_pb2 as dispatcher
from daybook.scheduler.v1 import scheduler_pb2 as pb
from portal.call_story import CallParts
from portal.catalogues import Languages
from portal.day_story import DayParts, chances_of, day_words, yesterday_may_go_on, zone_of

ENGLISH = Languages().of("en-GB")
NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
NOBODY_EXPECTS = {pb.WINDOW_STANDING_OTHER_DAY, pb.WINDOW_STANDING_OUT_OF_DATES}


def a_day(*standings, **more) -> pb.ExplainDayResponse:
    day = pb.ExplainDayResponse(local_day="2026-12-01", time_zone="Europe/Vienna", local_time="13:00", **more)
    for number, standing in enumerate(standings):
        window = day.windows.add(standing=standing)
        window.window.window_id = f"w{number}"
        window.window.times.starts_at, window.window.times.ends_at = "20:30", "21:00"
    return day


def told(day: pb.ExplainDayResponse):
    return day_words(DayParts(day, None, []), ENGLISH, now=NOW)


@pytest.mark.parametrize("standing", [value for value in pb.WindowStanding.values() if value not in NOBODY_EXPECTS])
def test_every_window_says_what_it_is_to_the_day(standing):
    [window] = told(a_day(standing)).windows
    assert window.times == "20:30 to 21:00"
    assert window.sentence.endswith(".")
    assert "tick" not in window.sentence


@pytest.mark.parametrize("standing", sorted(NOBODY_EXPECTS))
def test_windows_of_other_days_are_not_told(standing):
    words = told(a_day(standing))
    assert (words.windows, words.sentence) == ([], "You have no window on this day, so it has no call of its own.")


@pytest.mark.parametrize(
    ("standing", "while_open", "once_over"),
    [
        (pb.WINDOW_STANDING_NO_CONSENT, "you have not agreed", "at that time you had not agreed"),
        (pb.WINDOW_STANDING_OPTED_OUT, "you asked not to be called any more", "at that time you had asked not to be"),
    ],
)
def test_what_forbade_a_call_is_told_of_the_time_of_the_window(standing, while_open, once_over):
    """Since then they may have agreed."""
    day = a_day(standing)
    day.windows[0].closes_at.FromDatetime(NOW + timedelta(seconds=1))
    assert f"No call: {while_open}" in told(day).windows[0].sentence
    day.windows[0].closes_at.FromDatetime(NOW)
    assert f"No call: {once_over}" in told(day).windows[0].sentence


def test_a_day_that_is_over_had_no_window_whoever_opted_out_since():
    day = a_day()
    day.opted_out_at.FromDatetime(NOW)
    assert told(day).sentence.startswith("You asked not to be called any more")
    day.local_day = "2026-11-30"
    assert told(day).sentence == "You had no window on this day, so it had no call of its own."


def test_a_missed_window_is_owned_up_to():
    [window] = told(a_day(pb.WINDOW_STANDING_MISSED)).windows
    assert (
        window.sentence == "We missed it: it opened and closed, and we did not ring you. That was our fault, not yours."
    )


@pytest.mark.parametrize(
    ("decision", "words"),
    [
        (pb.WINDOW_DECISION_KIND_OPTED_OUT, "had asked not to be called"),
        (pb.WINDOW_DECISION_KIND_MISSED_NO_TICK, "our fault"),
        (pb.WINDOW_DECISION_KIND_SCHEDULED, "were changed"),
    ],
)
def test_what_was_decided_then_says_why_a_window_was_passed_by(decision, words):
    day = a_day(pb.WINDOW_STANDING_PASSED_BY)
    day.decisions.add(window_id="w0", decision=decision)
    assert words in told(day).windows[0].sentence


@pytest.mark.parametrize(
    ("role", "quiet", "sentence"),
    [
        (pb.CHANCE_ROLE_CALL, False, "We ring you in this time."),
        (pb.CHANCE_ROLE_RESERVE, False, "We ring you in this time only if no call came before."),
        (pb.CHANCE_ROLE_QUIET, True, "No call from it: all of it lies in your quiet hours."),
        (
            pb.CHANCE_ROLE_NOT_NEEDED,
            False,
            "No call from it: there is one call a day, and it comes from another window.",
        ),
        (
            pb.CHANCE_ROLE_CALL,
            True,
            "We ring you in this time. A part of it lies in your quiet hours, in which nobody calls you.",
        ),
    ],
)
def test_a_window_to_come_says_what_it_is_to_the_days_call(role, quiet, sentence):
    agenda = pb.GetAgendaResponse()
    chance = agenda.days.add(local_day="2026-12-01").chances.add(role=role, quiet=quiet)
    chance.openings.add(window_id="w0")
    day = a_day(pb.WINDOW_STANDING_NOT_OPEN_YET)
    parts = DayParts(day, None, [], chances_of(agenda, day.local_day))
    assert day_words(parts, ENGLISH, now=NOW).windows[0].sentence == sentence
    assert chances_of(agenda, "2026-12-02") == {}


def test_windows_are_told_as_they_open_on_this_day_and_by_the_persons_clock():
    day = a_day(pb.WINDOW_STANDING_CALLED)
    day.windows[0].opens_at.FromDatetime(datetime(2026, 12, 1, 19, 45, tzinfo=UTC))
    day.windows[0].closes_at.FromDatetime(datetime(2026, 12, 1, 20, 15, tzinfo=UTC))
    assert told(day).windows[0].times == "20:45 to 21:15"


def test_a_past_day_without_a_window_is_told_in_the_past():
    day = a_day()
    day.local_day = "2026-11-30"
    words = told(day)
    assert (words.day, words.sentence) == (
        date(2026, 11, 30),
        "You had no window on this day, so it had no call of its own.",
    )


def test_who_opted_out_is_told_so():
    day = a_day()
    day.opted_out_at.FromDatetime(NOW)
    assert "asked not to be called" in told(day).sentence


def test_the_days_call_comes_first_and_others_after_it():
    call, other = pb.ScheduledCall(call_id="c"), pb.ScheduledCall(call_id="t", test_number=1)
    parts = [CallParts(each, dispatcher.Dial(), None) for each in (call, other)]
    words = day_words(DayParts(a_day(), parts[0], [parts[1]]), ENGLISH, now=NOW)
    assert [each.name for each in words.calls] == ["The call of the day", "A call that you asked for"]
    assert not words.sentence


def test_without_a_known_zone_days_are_told_by_utc():
    day = a_day()
    day.local_time, day.time_zone = "", "Nowhere/Lost"
    assert zone_of(day).key == "UTC"


@pytest.mark.parametrize(("hour", "may"), [(23, True), (1, True), (2, False), (12, False)])
def test_yesterday_may_go_on_until_three_in_the_night(hour, may):
    now = datetime(2026, 12, 1, hour, 30, tzinfo=UTC)
    assert yesterday_may_go_on(now, zone_of(a_day())) is may
