from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from call_dispatcher.attempts import (
    LIVE,
    REPORTED_ENDS,
    AbsentAtCarrier,
    Accepted,
    Attempt,
    AttemptState,
    CarrierReported,
    Happening,
    LostAtCarrier,
    OutcomeUnknown,
    Party,
    PartyAnswered,
    Reflection,
    ReflectionReported,
    Rejected,
    TimePassed,
    TurnedAway,
    apply,
)
from call_dispatcher.carrier_errors import Fault
from call_dispatcher.errors import AnotherCarrierCall

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
SID = "CA" + "1" * 32
SUBMITTING = Attempt("call.1", "call", "person", 1, submitted_at=NOW, heard_at=NOW)

ON_THE_WAY = (AttemptState.ACCEPTED, AttemptState.RINGING, AttemptState.IN_PROGRESS)
reports = st.builds(
    CarrierReported,
    st.just(SID),
    st.sampled_from(ON_THE_WAY),
    st.integers(-1, 5),
)
word_of_the_carrier = (
    reports
    | st.builds(PartyAnswered, st.just(SID), st.sampled_from(Party))
    | st.builds(ReflectionReported, st.just(SID), st.sampled_from(Reflection))
)
ends = st.builds(
    CarrierReported,
    st.just(SID),
    st.sampled_from(sorted(REPORTED_ENDS - {AttemptState.REJECTED})),
    st.integers(0, 9),
    st.none() | st.sampled_from([200, 404, 486, 603]),
)
anything = (
    word_of_the_carrier
    | ends
    | st.just(Accepted(SID))
    | st.builds(Rejected, st.none() | st.integers(20000, 22000), st.sampled_from(Fault))
    | st.sampled_from([TurnedAway("throttled"), OutcomeUnknown("timeout")])
    | st.sampled_from([AbsentAtCarrier(), LostAtCarrier(), TimePassed()])
)


def after(*happenings: Happening, attempt: Attempt = SUBMITTING) -> Attempt:
    for seconds, happening in enumerate(happenings, start=1):
        attempt = apply(attempt, happening, NOW + timedelta(seconds=seconds))
    return attempt


def timeless(attempt: Attempt) -> Attempt:
    """Without the times at which things were heard, which do depend on their order."""
    return replace(attempt, heard_at=NOW, ended_at=None)


@given(st.lists(word_of_the_carrier, max_size=8), ends, st.data())
def test_callbacks_in_any_order_and_number_end_in_the_same_state(before_the_end, end, data) -> None:
    told = [*before_the_end, end]
    shuffled = data.draw(st.permutations(told + data.draw(st.lists(st.sampled_from(told), max_size=5))))
    assert timeless(after(*shuffled)) == timeless(after(*told))


@given(st.lists(word_of_the_carrier, min_size=1, max_size=8), st.data())
def test_the_answer_to_the_post_may_come_at_any_time(callbacks, data) -> None:
    place = data.draw(st.integers(0, len(callbacks)))
    answered = after(*callbacks[:place], Accepted(SID), *callbacks[place:])
    assert timeless(answered) == timeless(after(Accepted(SID), *callbacks))


@given(st.lists(anything, max_size=10), ends, st.lists(anything, max_size=10))
def test_an_end_that_the_carrier_reported_is_never_left(before, end, later) -> None:
    ended = after(*before, end)
    assert ended.state in REPORTED_ENDS
    assert after(*later, attempt=ended).state == ended.state
    assert after(*later, attempt=ended).ended_at == ended.ended_at


@given(st.lists(anything, max_size=10), anything)
def test_the_same_twice_is_the_same_once(before, happening) -> None:
    once = after(*before, happening)
    assert timeless(apply(once, happening, NOW + timedelta(hours=1))) == timeless(once)


@given(st.lists(anything, max_size=12))
def test_what_the_carrier_has_confirmed_is_never_taken_for_not_placed(happenings) -> None:
    attempt = after(*happenings)
    confirmed = any(isinstance(h, Accepted | CarrierReported | PartyAnswered | ReflectionReported) for h in happenings)
    if confirmed and not any(isinstance(h, Rejected) for h in happenings):
        assert attempt.state not in {AttemptState.NOT_PLACED, AttemptState.SUBMISSION_UNKNOWN, AttemptState.SUBMITTING}


@pytest.mark.parametrize(
    ("happenings", "state"),
    [
        ([], AttemptState.SUBMITTING),
        ([Accepted(SID)], AttemptState.ACCEPTED),
        ([Rejected(21211, Fault.PERSON)], AttemptState.REJECTED),
        ([TurnedAway("throttled")], AttemptState.TURNED_AWAY),
        ([OutcomeUnknown("timeout")], AttemptState.SUBMISSION_UNKNOWN),
        ([OutcomeUnknown("timeout"), Accepted(SID)], AttemptState.ACCEPTED),
        ([OutcomeUnknown("timeout"), AbsentAtCarrier()], AttemptState.NOT_PLACED),
        ([AbsentAtCarrier()], AttemptState.NOT_PLACED),
        ([Accepted(SID), AbsentAtCarrier()], AttemptState.ACCEPTED),
        ([CarrierReported(SID, AttemptState.RINGING, 1), OutcomeUnknown("timeout")], AttemptState.RINGING),
        ([CarrierReported(SID, AttemptState.RINGING, 1), Rejected(None, Fault.UNKNOWN)], AttemptState.RINGING),
        ([CarrierReported(SID, AttemptState.RINGING, 1), TurnedAway("throttled")], AttemptState.RINGING),
        ([CarrierReported(SID, AttemptState.COMPLETED, 3), Accepted(SID)], AttemptState.COMPLETED),
        ([Accepted(SID), LostAtCarrier()], AttemptState.LOST),
        ([CarrierReported(SID, AttemptState.BUSY, 2), LostAtCarrier()], AttemptState.BUSY),
    ],
)
def test_where_an_attempt_stands_after(happenings, state) -> None:
    assert after(*happenings).state is state


def test_a_callback_revives_an_attempt_that_was_taken_for_not_placed() -> None:
    revived = after(OutcomeUnknown("timeout"), AbsentAtCarrier(), CarrierReported(SID, AttemptState.RINGING, 1))
    assert revived.state is AttemptState.RINGING
    assert revived.state in LIVE
    assert revived.ended_at is None


def test_a_second_call_of_the_carrier_for_one_attempt_is_told() -> None:
    with pytest.raises(AnotherCarrierCall, match="second call"):
        after(Accepted(SID), CarrierReported("CA" + "2" * 32, AttemptState.RINGING, 1))
