"""How far an attempt has come, whichever of the books and the bus knows of it first."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.dispatcher.v1 import dispatcher_pb2 as dispatcher
from daybook.events.v1 import events_pb2 as events
from portal.call_progress import dialed, furthest, is_under_way, progressed, with_heard

AT = datetime(2026, 12, 1, 19, 31, tzinfo=UTC)
ORDER = ("submitting", "submission_unknown", "accepted", "ringing", "in_progress")
ENDS = ("completed", "busy", "no_answer", "failed", "canceled", "rejected", "lost")


def told(**event) -> events.CallProgressed:
    message = events.CallProgressed(call_id="c", attempt_id="c.2", **event)
    message.occurred_at.FromDatetime(AT)
    return message


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (events.CARRIER_CALL_STATUS_INITIATED, "accepted"),
        (events.CARRIER_CALL_STATUS_RINGING, "ringing"),
        (events.CARRIER_CALL_STATUS_IN_PROGRESS, "in_progress"),
        (events.CARRIER_CALL_STATUS_BUSY, "busy"),
        (events.CARRIER_CALL_STATUS_COMPLETED, "completed"),
    ],
)
def test_what_the_carrier_tells_is_a_state_of_the_attempt(status, state):
    attempt = progressed(told(carrier_status=events.CarrierStatus(status=status)))
    assert (attempt.attempt_id, attempt.number, attempt.state) == ("c.2", 2, state)
    assert attempt.HasField("ended_at") is (state in ENDS)


def test_who_picked_up_and_what_became_of_it_is_known():
    answered = progressed(told(answered_by=events.AnsweredBy(party=events.ANSWERING_PARTY_MACHINE)))
    talking = progressed(told(reflection=events.ReflectionChanged(state=events.REFLECTION_STATE_STARTED)))
    done = progressed(told(reflection=events.ReflectionChanged(state=events.REFLECTION_STATE_COMPLETED)))
    assert (answered.state, answered.answered_by) == ("in_progress", "machine")
    assert furthest(talking, done).reflection == "completed"
    assert furthest(done, talking).reflection == "completed"


def test_when_it_was_dialed_is_known_from_the_bus():
    event = events.CallDialed(call_id="c", attempt_id="c.1", attempt_number=1)
    event.dialed_at.FromDatetime(AT)
    [attempt] = with_heard([], {"c.1": dialed(event)})
    assert (attempt.number, attempt.state, attempt.submitted_at.ToDatetime(UTC)) == (1, "accepted", AT)


@given(st.sampled_from(ORDER + ENDS), st.sampled_from(ORDER + ENDS))
def test_an_attempt_never_goes_back(known, heard):
    both = furthest(dispatcher.Attempt(state=known), dispatcher.Attempt(state=heard)).state
    assert both in {known, heard}
    if known in ENDS:
        assert both == known
    elif heard in ENDS:
        assert both == heard
    else:
        assert ORDER.index(both) == max(ORDER.index(known), ORDER.index(heard))


@given(st.permutations(range(1, 6)), st.sets(st.integers(1, 5)))
def test_attempts_are_told_in_their_order_and_each_once(numbers, heard):
    books = [dispatcher.Attempt(attempt_id=f"c.{number}", number=number, state="busy") for number in numbers]
    bus = {f"c.{each}": dispatcher.Attempt(attempt_id=f"c.{each}", number=each, state="ringing") for each in heard}
    assert [each.number for each in with_heard(books[:3], bus)] == sorted({*numbers[:3], *heard})


@pytest.mark.parametrize("state", ORDER + ENDS)
def test_only_what_has_no_end_is_under_way(state):
    assert is_under_way(dispatcher.Attempt(state=state)) is (state in ORDER)
