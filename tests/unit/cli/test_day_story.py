"""A day as one story, from what three services say of it."""

from datetime import UTC, datetime, timedelta

import pytest

from daybook.dispatcher.v1 import dispatcher_pb2 as dispatcher
from daybook.journal.v1 import journal_pb2 as journal
from daybook.scheduler.v1 import scheduler_pb2 as scheduler
from daybook_cli.call_story import CallParts
from daybook_cli.day_story import DECIDED, WHY, Parts, day_story, verdict

OPENS = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
NOW = OPENS + timedelta(hours=3)
EN = "{}–{}".format  # noqa: RUF001 - an en dash, as clocks are written
CALL = "e0fe3208-548b-538f-b562-c683435e61e1"


def stamped(message, **moments):
    for field, at in moments.items():
        getattr(message, field).FromDatetime(at)
    return message


def day(*standings, **changes):
    windows = [
        scheduler.WindowOnDay(
            window=scheduler.CallWindow(times=scheduler.WindowTimes(starts_at="09:00", ends_at="10:00")),
            standing=standing,
        )
        for standing in standings
    ]
    return scheduler.ExplainDayResponse(
        local_day="2026-11-24", time_zone="Europe/Vienna", local_time="12:00", windows=windows, **changes
    )


def called(outcome="CALL_OUTCOME_REFLECTED", reason="reflection_completed"):
    call = scheduler.ScheduledCall(call_id=CALL, window_id="w", outcome=outcome, reason=reason)
    stamped(call, scheduled_at=OPENS - timedelta(minutes=3), not_before=OPENS, finished_at=OPENS + timedelta(minutes=4))
    authorization = stamped(scheduler.DialAuthorization(attempt_id=f"{CALL}.1"), authorized_at=OPENS)
    return day(scheduler.WINDOW_STANDING_CALLED, call=call, authorizations=[authorization])


def dial(*attempts, decisions=()):
    return dispatcher.Dial(call_id=CALL, state="finished", attempts=attempts, decisions=decisions)


def attempt(number, state, after, **more):
    told = dispatcher.Attempt(attempt_id=f"{CALL}.{number}", number=number, state=state, **more)
    at = OPENS + after
    return stamped(told, submitted_at=at, heard_at=at, ended_at=at + timedelta(minutes=1))


def entry():
    kept = journal.EntrySummary(entry_id="e", call_id=CALL, outcome=journal.SESSION_OUTCOME_COMPLETED, turns=8)
    kept.recording_ms = 62_000
    return stamped(kept, started_at=OPENS + timedelta(minutes=2), ended_at=OPENS + timedelta(minutes=3))


def terms(parts):
    return [each.term for each in day_story(parts, now=NOW)]


def test_a_reflected_call_is_told_from_its_window_to_its_entry():
    busy = attempt(1, "busy", timedelta(seconds=5))
    again = stamped(
        dispatcher.Decision(attempt_number=1, decision="try_again", reason="busy", times=1),
        last_at=OPENS + timedelta(seconds=70),
    )
    second = attempt(
        2, "completed", timedelta(seconds=100), answered_by="human", reflection="completed", carrier_call_id="CA1"
    )
    parts = Parts(called(), dial(busy, second, decisions=[again]), entry())
    assert terms(parts) == [
        "window_called",
        "call_scheduled",
        "dial_allowed",
        "dialed",
        "attempt_busy",
        "try_again",
        "dialed",
        "session_began",
        "attempt_completed",
        "entry_kept",
        "call_finished",
    ]
    assert verdict(parts) == "The day's call ended: reflected (reflection completed)."
    told = {each.term: each.sentence for each in day_story(parts, now=NOW)}
    assert told["attempt_completed"] == "Attempt 2: completed, picked up by: human, reflection completed."
    assert told["entry_kept"] == "Entry e kept: 8 turns and 62 s of recording, completed."
    assert told["try_again"] == "To be tried again: busy."


@pytest.mark.parametrize(
    ("decision", "reason", "times", "sentence"),
    [
        ("withdrawn", "opted_out", 1, "Taken back while an attempt was under way: opted out. It is not tried again."),
        ("moved", "before_any_dial", 1, "Moved to other times before anyone was dialed."),
        ("moved", "before_any_dial", 2, "Moved to other times before anyone was dialed, 2 times."),
        (
            "moved",
            "after_a_dial",
            1,
            "Moved to other times too late to begin anew, it had been dialed: what was tried counts.",
        ),
        ("finished_missed", "window_closed", 2, "Decided: finished missed (window closed), after 0 attempts, 2 times."),
    ],
)
def test_a_call_that_was_moved_says_so(decision, reason, times, sentence):
    decided = stamped(dispatcher.Decision(decision=decision, reason=reason, times=times), last_at=OPENS)
    told = {
        each.term: each.sentence for each in day_story(Parts(called(), dial(decisions=[decided]), entry()), now=NOW)
    }
    assert told[decision] == sentence


@pytest.mark.parametrize(
    ("standings", "because"),
    [
        ([scheduler.WINDOW_STANDING_OPTED_OUT], "the person opted out"),
        ([scheduler.WINDOW_STANDING_NO_CONSENT], "had not consented"),
        ([scheduler.WINDOW_STANDING_OTHER_DAY, scheduler.WINDOW_STANDING_NOT_OPEN_YET], "it is not open yet"),
        ([scheduler.WINDOW_STANDING_OTHER_DAY], "does not open on this day"),
        ([scheduler.WINDOW_STANDING_NOT_OPEN_YET, scheduler.WINDOW_STANDING_MISSED], "no tick looked"),
        ([], "no call window"),
    ],
)
def test_a_day_without_a_call_says_why(standings, because):
    parts = Parts(day(*standings), dispatcher.Dial(), journal.EntrySummary())
    assert verdict(parts).startswith("No call: ")
    assert because in verdict(parts)


def test_every_standing_has_a_reason():
    assert set(WHY) == set(scheduler.WindowStanding.values()) - {scheduler.WINDOW_STANDING_UNSPECIFIED}


def test_every_decision_has_a_sentence():
    unspecified = scheduler.WINDOW_DECISION_KIND_UNSPECIFIED
    assert set(DECIDED) == set(scheduler.WindowDecisionKind.values()) - {unspecified}


def decided(kind, window="w", tick=17, opens=OPENS, **changes):
    told = scheduler.WindowDecision(window_id=window, tick_id=tick, decision=kind, **changes)
    return stamped(
        told, decided_at=OPENS - timedelta(minutes=2), opens_at=opens, closes_at=opens + timedelta(minutes=90)
    )


def story_of(told):
    return [
        each.sentence
        for each in day_story(Parts(told, dispatcher.Dial(), journal.EntrySummary()), now=NOW)
        if each.term.startswith("decided_")
    ]


def test_what_was_decided_is_told_with_its_tick_and_the_times_as_they_were():
    told = day(
        scheduler.WINDOW_STANDING_CALLED_BY_ANOTHER,
        decisions=[
            decided(scheduler.WINDOW_DECISION_KIND_SCHEDULED),
            decided(scheduler.WINDOW_DECISION_KIND_CALLED_ALREADY, "v", tick=0, opens=OPENS + timedelta(hours=14)),
        ],
    )
    told.windows[0].window.window_id = "w"
    first, second = story_of(told)
    assert first == f"Tick 17 looked at window {EN('09:00', '10:30')} (w): the day's call was scheduled for it."
    assert second == (
        f"When it was booked or changed, Daybook looked at window {EN('23:00', '00:30')} (+1 day) (v, deleted since): no call: "
        "the day had its call already, and there is one call a day."
    )


@pytest.mark.parametrize(
    ("standing", "kind", "because"),
    [
        (
            scheduler.WINDOW_STANDING_MISSED,
            scheduler.WINDOW_DECISION_KIND_MISSED_TICK_FAILED,
            "No call: missed: it was over, and the ticks that had begun in time failed, or did not come to it.",
        ),
        (
            scheduler.WINDOW_STANDING_PASSED_BY,
            scheduler.WINDOW_DECISION_KIND_OPTED_OUT,
            f"No call: the person had opted out; that was for {EN('09:00', '10:30')}, and something has changed since.",
        ),
    ],
)
def test_a_window_that_was_decided_about_is_told_by_that(standing, kind, because):
    told = day(standing, decisions=[decided(kind)])
    told.windows[0].window.window_id = "w"
    assert verdict(Parts(told, dispatcher.Dial(), journal.EntrySummary())) == because


def test_a_day_whose_windows_were_deleted_is_told_by_what_was_decided():
    told = day(decisions=[decided(scheduler.WINDOW_DECISION_KIND_NO_CONSENT)])
    assert (
        verdict(Parts(told, dispatcher.Dial(), journal.EntrySummary()))
        == "No call: the person had not consented to be called."
    )


def test_a_call_that_was_moved_is_told_with_its_new_times():
    told = called()
    told.call.revision = 2
    told.call.not_after.FromDatetime(OPENS + timedelta(hours=1))
    [moved] = [each for each in day_story(Parts(told, dial(), entry()), now=NOW) if each.term == "call_moved"]
    assert moved.sentence == (
        f"Call {CALL} scheduled for {EN('09:00', '10:00')}, from window w, moved 2 times before anyone had dialed."
    )


def test_a_window_of_another_day_says_when_it_opens_next():
    other = day(scheduler.WINDOW_STANDING_OTHER_DAY)
    other.windows[0].window.next_opens_at.FromDatetime(OPENS + timedelta(days=2))
    [window] = day_story(Parts(other, dispatcher.Dial(), journal.EntrySummary()), now=NOW)
    assert "it opens next on 2026-11-26 at 09:00" in window.sentence


def test_a_refused_carrier_is_told_with_its_code_and_whose_fault_it_is():
    refused = attempt(1, "rejected", timedelta(0), fault="operator", error_code=21210)
    parts = Parts(called("CALL_OUTCOME_FAILED", "attempts_exhausted"), dial(refused), journal.EntrySummary())
    told = {each.term: each.sentence for each in day_story(parts, now=NOW)}
    assert told["attempt_rejected"] == "Attempt 1: rejected, fault operator, error 21210."
    assert "nothing_kept" in told


def test_who_does_not_answer_is_told_in_place_of_their_part():
    assert {"dispatcher_silent", "journal_silent"} <= set(terms(Parts(called(), None, None)))
    assert "not_heard_of" in terms(Parts(called(), dispatcher.Dial(), journal.EntrySummary()))


def test_a_test_call_is_told_apart_from_the_days():
    asked = stamped(
        scheduler.ScheduledCall(call_id="t", test_number=1, outcome="CALL_OUTCOME_BUSY", reason="attempts_exhausted"),
        scheduled_at=OPENS,
        not_before=OPENS,
        not_after=OPENS + timedelta(minutes=10),
        finished_at=NOW,
    )
    tested = CallParts(asked, [], dispatcher.Dial(call_id="t", attempts=[attempt(1, "busy", timedelta(0))]), None)
    told = day(scheduler.WINDOW_STANDING_NOT_OPEN_YET)
    parts = Parts(told, dispatcher.Dial(), journal.EntrySummary(), [tested])
    assert verdict(parts).startswith("No call: it is not open yet")
    sentences = {each.term: each.sentence for each in day_story(parts, now=NOW)}
    times = EN("09:00", "09:10")
    assert sentences["test_asked_for"] == f"Test call 1: call t asked for, to be made {times}."
    assert sentences["test_attempt_busy"] == "Test call 1: attempt 1: busy."
    assert sentences["test_call_finished"] == "Test call 1: the call is over: busy (attempts exhausted)."
    assert sentences["test_journal_silent"].startswith("Test call 1: the journal does not answer")


def test_a_call_for_signing_in_is_told_as_one():
    asked = stamped(
        scheduler.ScheduledCall(
            call_id="s", test_number=2, for_sign_in=True, outcome="CALL_OUTCOME_CODE_TOLD", reason="code_told"
        ),
        scheduled_at=OPENS,
        not_before=OPENS,
        not_after=OPENS + timedelta(minutes=5),
        finished_at=NOW,
    )
    told = day(scheduler.WINDOW_STANDING_NOT_OPEN_YET)
    parts = Parts(told, dispatcher.Dial(), journal.EntrySummary(), [CallParts(asked, [], dispatcher.Dial(), None)])
    sentences = {each.term: each.sentence for each in day_story(parts, now=NOW)}
    assert sentences["sign_in_call_finished"] == "Call to sign in 2: the call is over: code told (code told)."
