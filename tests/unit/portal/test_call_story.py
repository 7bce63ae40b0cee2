"""A call as it is told to the person who is called."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from daybook.dispatcher.v1 import dispatcher_pb2 as dispatcher
from daybook.events.v1 import events_pb2 as events
from daybook.journal.v1 import finding_pb2 as journal
from daybook.scheduler.v1 import scheduler_pb2 as scheduler
from portal.call_endings import attempt_told, ending_told
from portal.call_story import CallParts, CallStage, call_words
from portal.catalogues import Languages

ENGLISH, VIENNA = Languages().of("en-GB"), ZoneInfo("Europe/Vienna")
OPENS = datetime(2026, 12, 1, 19, 30, tzinfo=UTC)
CLOSES = OPENS + timedelta(minutes=30)


def a_call(**more) -> scheduler.ScheduledCall:
    call = scheduler.ScheduledCall(call_id="c", **more)
    call.not_before.FromDatetime(OPENS)
    call.not_after.FromDatetime(CLOSES)
    return call


def ended(outcome: str, reason: str = "", **more) -> scheduler.ScheduledCall:
    call = a_call(outcome=f"CALL_OUTCOME_{outcome}", reason=reason, **more)
    call.finished_at.FromDatetime(CLOSES)
    return call


def attempt(number: int, state: str, *, minutes: int = 1, **more) -> dispatcher.Attempt:
    made = dispatcher.Attempt(attempt_id=f"c.{number}", number=number, state=state, **more)
    made.submitted_at.FromDatetime(OPENS + timedelta(minutes=minutes))
    return made


def dialed(*attempts: dispatcher.Attempt, next_minutes: int | None = None) -> dispatcher.Dial:
    dial = dispatcher.Dial(call_id="c", attempts=attempts)
    if next_minutes is not None:
        dial.next_attempt_at.FromDatetime(OPENS + timedelta(minutes=next_minutes))
    return dial


def words(call=None, dial=None, entry=None, heard=None, *, minutes: int = 2):
    parts = CallParts(call or a_call(), dial, entry, heard or {})
    return call_words(parts, ENGLISH, VIENNA, now=OPENS + timedelta(minutes=minutes))


def test_a_call_to_come_says_when():
    told = words(dial=dispatcher.Dial(), minutes=-30)
    assert (told.stage, told.sentence) == (CallStage.TO_COME, "We ring you between 20:30 and 21:00.")


def test_a_call_whose_time_has_come_is_expected_any_moment():
    assert (
        words(dial=dialed(next_minutes=0)).sentence == "It is time for your call: we ring you any moment, and by 21:00."
    )
    assert "cannot be seen just now" in words(dial=None).sentence


def test_a_busy_line_is_told_with_the_next_try():
    told = words(dial=dialed(attempt(1, "busy"), next_minutes=16))
    assert told.steps == ["We rang you at 20:31; it was busy."]
    assert (told.stage, told.sentence) == (CallStage.TO_COME, "We try again at 20:46.")


def test_a_try_whose_time_has_come_is_told_for_now_and_not_for_the_past():
    told = words(dial=dialed(attempt(1, "busy"), next_minutes=16), minutes=18)
    assert told.sentence == "We try again at 20:48."


def test_a_call_that_had_to_wait_says_so():
    dial = dialed(next_minutes=10)
    dial.decisions.add(decision="postponed", reason="quiet_hours")
    assert words(dial=dial).sentence == "Your call has to wait a little. We ring you at 20:40."


@pytest.mark.parametrize(
    ("state", "more", "sentence"),
    [
        ("submitting", {}, "We are calling you: your telephone rings in a moment."),
        ("accepted", {}, "We are calling you: your telephone rings in a moment."),
        ("ringing", {}, "Your telephone is ringing."),
        ("in_progress", {}, "You are on the phone with Daybook."),
        ("in_progress", {"reflection": "started"}, "You are talking with Daybook. Take your time."),
        ("in_progress", {"answered_by": "machine"}, "Your voicemail has answered."),
    ],
)
def test_a_call_under_way_is_told_as_it_is(state, more, sentence):
    told = words(dial=dialed(attempt(1, "busy"), attempt(2, state, minutes=16, **more)), minutes=17)
    assert (told.stage, told.sentence) == (CallStage.UNDER_WAY, sentence)
    assert told.steps == ["We rang you at 20:31; it was busy."]


def test_what_was_heard_on_the_bus_is_told_before_it_is_on_the_books():
    told = words(dial=dialed(attempt(1, "accepted")), heard={"c.1": attempt(1, "ringing")})
    assert told.sentence == "Your telephone is ringing."
    assert words(dial=None, heard={"c.1": attempt(1, "ringing")}).sentence == "Your telephone is ringing."


def test_between_the_end_of_a_talk_and_its_outcome_it_is_over():
    told = words(dial=dialed(attempt(1, "completed", reflection="completed")))
    assert told.sentence == "The call is over. What comes of it shows here in a moment."


def test_a_talk_has_its_entry_and_says_where_it_is_until_then():
    call, dial = ended("REFLECTED"), dialed(attempt(1, "completed", reflection="completed"))
    kept = journal.BrowsedEntry(title="A walk")
    kept.summary.entry_id = "e"
    told = words(call, dial, kept, minutes=30)
    assert (told.stage, told.sentence) == (CallStage.OVER, "We talked. It is in your journal.")
    assert (told.entry_id, told.entry_title, list(told.steps)) == ("e", "A walk", [])
    assert words(call, dial, journal.BrowsedEntry(), minutes=30).sentence.endswith("in a moment.")
    assert "or it was deleted" in words(call, dial, journal.BrowsedEntry(), minutes=40).sentence
    assert "cannot be asked" in words(call, dial, None, minutes=40).sentence


def test_a_missed_call_is_told_honestly():
    told = words(ended("MISSED", "window_closed"), dialed(), minutes=31)
    assert told.sentence == "We missed this call: its time went by before we rang you. That was not your doing."


def test_a_call_for_signing_in_is_no_reflection():
    told = words(a_call(for_sign_in=True, test_number=1), dialed(attempt(1, "in_progress")))
    assert (told.name, told.sentence) == (
        "A call with a code to sign in",
        "You are on the phone. The code is being told to you.",
    )
    assert ending_told(ended("CODE_TOLD", for_sign_in=True), ENGLISH) == "The code to sign in was told to you."


@pytest.mark.parametrize("outcome", [*events.CallOutcome.keys(), "CALL_OUTCOME_OF_A_LATER_RELEASE"])
def test_every_outcome_has_its_sentence_in_no_operators_words(outcome):
    told = ending_told(scheduler.ScheduledCall(outcome=outcome), ENGLISH)
    assert told.endswith(".")
    assert not any(word in told.lower() for word in ("tick", "dispatcher", "outcome", "_", "carrier"))


@pytest.mark.parametrize(
    "reason",
    [
        *("opted_out", "no_consent", "quiet_hours", "daily_cap", "window_deleted", "unknown_time_zone"),
        *("window_closed", "call_finished", "of_a_later_release"),
    ],
)
def test_a_refused_call_says_why(reason):
    told = ending_told(scheduler.ScheduledCall(outcome="CALL_OUTCOME_REFUSED", reason=reason), ENGLISH)
    assert told.startswith("We did not ring you")
    assert "_" not in told


@pytest.mark.parametrize(
    ("state", "more", "end"),
    [
        ("no_answer", {}, "nobody picked up."),
        ("completed", {"answered_by": "machine"}, "your voicemail answered."),
        ("completed", {"reflection": "cut_short"}, "the call ended before you were through."),
        ("completed", {"reflection": "silent"}, "somebody picked up, and nothing was said."),
        ("completed", {}, "somebody picked up, and the call ended at once."),
        ("completed", {"reflection": "opted_out"}, "you asked not to be called any more."),
        ("completed", {"reflection": "code_told"}, "told you the code."),
        ("canceled", {}, "before anybody picked up."),
        ("lost", {}, "never learnt what became of it."),
        ("failed", {"fault": "person"}, "your number cannot be called."),
        ("failed", {"fault": "later"}, "your telephone could not be reached."),
        ("rejected", {"fault": "operator"}, "and nothing rang."),
        ("not_placed", {}, "and nothing rang."),
    ],
)
def test_each_attempt_is_told(state, more, end):
    told = attempt_told(attempt(1, state, **more), ENGLISH, "20:31")
    assert "20:31" in told
    assert told.endswith(end)
