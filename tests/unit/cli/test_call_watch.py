"""What is told of a call while it happens, and what it came to."""

from datetime import UTC, datetime, timedelta

import pytest

from daybook.dispatcher.v1 import dispatcher_pb2 as dispatcher
from daybook.journal.v1 import journal_pb2 as journal
from daybook.scheduler.v1 import scheduler_pb2 as scheduler
from daybook_cli.call_story import CallParts
from daybook_cli.call_watch import (
    END_TOLD_WITHIN,
    HEARD_OF_WITHIN,
    KEPT_WITHIN,
    LASTS_AT_MOST,
    Conclusion,
    conclusion,
    news_of,
)

ASKED = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
LAST_DIAL = ASKED + timedelta(minutes=10)
ENDED = ASKED + timedelta(minutes=2)
CALL = "e0fe3208-548b-438f-b562-c683435e61e1"
NOT_HEARD_OF, NO_ENTRY = dispatcher.Dial(), journal.EntrySummary()


def stamped(message, **moments):
    for field, at in moments.items():
        getattr(message, field).FromDatetime(at)
    return message


def call(outcome="", reason=""):
    asked = scheduler.ScheduledCall(call_id=CALL, test_number=1, outcome=outcome, reason=reason)
    stamped(asked, scheduled_at=ASKED, not_before=ASKED, not_after=LAST_DIAL)
    return stamped(asked, finished_at=ENDED) if outcome else asked


def dial(state, *attempts, decisions=(), **moments):
    return stamped(
        dispatcher.Dial(call_id=CALL, state=state, attempts=attempts, decisions=decisions),
        **moments,
    )


def attempt(state, heard=1, **more):
    told = dispatcher.Attempt(attempt_id=f"{CALL}.1", number=1, state=state, **more)
    return stamped(told, submitted_at=ASKED, heard_at=ASKED + timedelta(seconds=heard))


def parts(of=None, its_dial=NOT_HEARD_OF, entry=NO_ENTRY):
    return CallParts(of or call(), [], its_dial, entry)


ENTRY = stamped(
    journal.EntrySummary(entry_id="e", call_id=CALL, turns=8, recording_ms=62_000), started_at=ASKED, ended_at=ENDED
)


def test_each_thing_is_told_once_when_it_has_happened():
    told = set()

    def news(its_dial):
        return [each.sentence for each in news_of(parts(its_dial=its_dial), told, "Europe/Vienna", now=ASKED)]

    pending = dial("pending", next_attempt_at=ASKED)
    assert len(news(pending)) == 1
    assert news(pending) == []
    assert news(dial("active", attempt("submitting"))) == ["Attempt 1: being handed over."]
    assert news(dial("active", attempt("ringing"))) == ["Attempt 1 handed to the carrier.", "Attempt 1: ringing."]
    assert news(dial("active", attempt("ringing", heard=9))) == []
    again = stamped(dispatcher.Decision(attempt_number=1, decision="try_again", reason="busy"), last_at=ENDED)
    assert news(dial("pending", attempt("busy"), decisions=[again], next_attempt_at=LAST_DIAL)) == [
        "Attempt 1: busy.",
        "To be tried again: busy.",
        "The call is to be dialed from here on.",
    ]


def test_a_part_that_is_missing_is_told_once_it_is_late():
    told = set()
    late = ASKED + HEARD_OF_WITHIN
    assert len(news_of(parts(), told, "Europe/Vienna", now=late - timedelta(seconds=1))) == 1
    missing = [
        [each.term for each in news_of(parts(its_dial=its_dial), told, "Europe/Vienna", now=late)]
        for its_dial in (NOT_HEARD_OF, None, NOT_HEARD_OF)
    ]
    assert missing == [["not_heard_of"], ["dispatcher_silent"], []]


def test_it_is_completed_once_the_journal_has_kept_it():
    reflected = call("CALL_OUTCOME_REFLECTED", "reflection_completed")
    assert conclusion(parts(reflected), now=ENDED) is None
    done = conclusion(parts(reflected, entry=ENTRY), now=ENDED)
    assert done == Conclusion(
        completed=True,
        sentence="The call was completed, and the journal keeps 8 turns and 62 s of recording as entry e.",
    )


@pytest.mark.parametrize(
    ("entry", "says"), [(NO_ENTRY, "the journal has no entry of it"), (None, "the journal does not answer")]
)
def test_one_that_the_journal_did_not_keep_is_not_completed(entry, says):
    reflected = call("CALL_OUTCOME_REFLECTED", "reflection_completed")
    came_to = conclusion(parts(reflected, entry=entry), now=ENDED + KEPT_WITHIN)
    sentence = f"The call was completed, and {says}. `daybook doctor` says why."
    assert came_to == Conclusion(completed=False, sentence=sentence)


def test_any_other_end_is_not_completed():
    came_to = conclusion(parts(call("CALL_OUTCOME_NO_ANSWER", "attempts_exhausted")), now=ENDED)
    assert came_to == Conclusion(
        completed=False, sentence="The call was not completed. It ended: no answer (attempts exhausted)."
    )


@pytest.mark.parametrize(
    ("its_dial", "waits", "says"),
    [
        (None, END_TOLD_WITHIN, "call-dispatcher does not answer"),
        (NOT_HEARD_OF, END_TOLD_WITHIN, "has not heard of it: nobody was dialed"),
        (dial("pending"), END_TOLD_WITHIN, "call-dispatcher has not brought it to an end"),
        (dial("finished", finished_at=ENDED), END_TOLD_WITHIN, "window-scheduler has not heard of it"),
        (dial("active", attempt("in_progress")), LASTS_AT_MOST, "call-dispatcher has not brought it to an end"),
    ],
)
def test_a_call_without_an_end_is_not_waited_for_for_ever(its_dial, waits, says):
    there = parts(its_dial=its_dial)
    assert conclusion(there, now=LAST_DIAL + waits - timedelta(seconds=1)) is None
    came_to = conclusion(there, now=LAST_DIAL + waits)
    assert not came_to.completed
    assert says in came_to.sentence
    assert "daybook doctor" in came_to.sentence
