"""What an announcement means to a call that is there already."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from call_dispatcher.calls import Call, CallState, Move, Outcome, finished_event_id, move_of

OPENS = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
ANNOUNCED = Call("call", "person", not_before=OPENS, not_after=OPENS + timedelta(hours=1), revision=1)

calls = st.builds(
    replace,
    st.just(ANNOUNCED),
    revision=st.integers(0, 3),
    state=st.sampled_from(CallState),
    outcome=st.sampled_from(Outcome),
    attempts=st.integers(0, 3),
)


@pytest.mark.parametrize(
    ("state", "outcome", "revision", "attempts", "move"),
    [
        (CallState.PENDING, Outcome.MISSED, 0, 0, Move.BEFORE_ANY_DIAL),
        (CallState.FINISHED, Outcome.MISSED, 0, 0, Move.BEFORE_ANY_DIAL),
        (CallState.FINISHED, Outcome.REFUSED, 0, 0, Move.BEFORE_ANY_DIAL),
        (CallState.PENDING, Outcome.BUSY, 0, 1, Move.AFTER_A_DIAL),
        (CallState.ACTIVE, Outcome.MISSED, 0, 1, Move.AFTER_A_DIAL),
        (CallState.FINISHED, Outcome.REFLECTED, 0, 1, Move.AFTER_A_DIAL),
        (CallState.PENDING, Outcome.MISSED, 1, 0, Move.NONE),
        (CallState.FINISHED, Outcome.MISSED, 1, 0, Move.NONE),
        (CallState.PENDING, Outcome.MISSED, 2, 0, Move.NONE),
    ],
)
def test_what_an_announcement_means(state, outcome, revision, attempts, move) -> None:
    call = replace(ANNOUNCED, state=state, outcome=outcome, revision=revision, attempts=attempts)
    assert move_of(call, ANNOUNCED) is move


@given(calls, st.integers(0, 3))
def test_only_a_higher_revision_says_anything_and_only_an_undialed_call_begins_anew(call, revision) -> None:
    move = move_of(call, replace(ANNOUNCED, revision=revision))
    assert (move is Move.NONE) == (revision <= call.revision)
    assert move is not Move.BEFORE_ANY_DIAL or call.attempts == 0


def test_each_revision_has_an_end_of_its_own() -> None:
    assert finished_event_id(replace(ANNOUNCED, revision=0)) == "call.finished"
    assert finished_event_id(ANNOUNCED) == "call.finished.1"
