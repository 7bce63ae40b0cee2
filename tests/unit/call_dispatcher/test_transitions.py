"""Where an attempt stands after anything that may happen to it, in any order; and its drawing."""

import itertools
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import assume, given
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
)
from call_dispatcher.carrier_errors import Fault
from call_dispatcher.errors import AnotherCarrierCall
from call_dispatcher.state_diagram import drawn
from call_dispatcher.transitions import MOVES, TRANSITIONS, WORD_OF_THE_CARRIER, Heard, apply, heard_in

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
SID = "CA" + "1" * 32
README = Path(__file__).parents[3] / "services/call-dispatcher/README.md"
CALL_ENDS = REPORTED_ENDS - {AttemptState.REJECTED}
SUBMITTING = Attempt("call.1", "call", "person", 1, submitted_at=NOW, heard_at=NOW)

ON_THE_WAY = (AttemptState.ACCEPTED, AttemptState.RINGING, AttemptState.IN_PROGRESS)
sequences = st.integers(-1, 9) | st.integers()  # whatever the carrier may count
reports = st.builds(
    CarrierReported,
    st.just(SID),
    st.sampled_from(ON_THE_WAY),
    sequences,
)
word_of_the_carrier = (
    reports
    | st.builds(PartyAnswered, st.just(SID), st.sampled_from(Party))
    | st.builds(ReflectionReported, st.just(SID), st.sampled_from(Reflection))
)
ends = st.builds(
    CarrierReported,
    st.just(SID),
    st.sampled_from(sorted(CALL_ENDS)),
    sequences,
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


def test_each_state_and_each_kind_of_news_have_one_next_state() -> None:
    assert set(TRANSITIONS) == set(itertools.product(AttemptState, Heard))
    rows = [(state, heard) for move in MOVES for state in move.left for heard in move.heard]
    assert len(rows) == len(set(rows))
    assert all(move.to not in move.left for move in MOVES)


@given(st.lists(anything, max_size=10), anything)
def test_where_an_attempt_stands_is_what_the_table_says(before, happening) -> None:
    attempt = after(*before)
    assert after(happening, attempt=attempt).state is TRANSITIONS[attempt.state, heard_in(happening)]


def test_every_kind_of_news_comes_of_something_that_may_happen() -> None:
    states = [*ON_THE_WAY, *sorted(CALL_ENDS)]
    told = [CarrierReported(SID, state) for state in states]
    told += [PartyAnswered(SID, Party.HUMAN), ReflectionReported(SID, Reflection.STARTED), Accepted(SID)]
    assert {heard_in(each) for each in told} == WORD_OF_THE_CARRIER
    untold = [Rejected(None, Fault.UNKNOWN), TurnedAway("throttled"), OutcomeUnknown("timeout")]
    untold += [AbsentAtCarrier(), LostAtCarrier(), TimePassed()]
    assert {heard_in(each) for each in untold} == set(Heard) - WORD_OF_THE_CARRIER


def test_the_word_of_the_carrier_never_leads_back() -> None:
    ahead = {state: {TRANSITIONS[state, heard] for heard in WORD_OF_THE_CARRIER} - {state} for state in AttemptState}
    for _ in AttemptState:
        ahead = {state: nexts.union(*(ahead[each] for each in nexts)) for state, nexts in ahead.items()}
    assert all(state not in nexts for state, nexts in ahead.items())


@pytest.mark.parametrize("answer", [Accepted(SID), Rejected(21211, Fault.PERSON), TurnedAway("x"), OutcomeUnknown("x")])
@given(history=st.lists(anything, max_size=8), callback=word_of_the_carrier | ends, later=st.lists(word_of_the_carrier))
def test_an_answer_to_the_post_that_comes_after_a_callback_moves_nothing(answer, history, callback, later) -> None:
    told = after(*history, callback, *later)
    assume(told.state is not AttemptState.REJECTED)
    assert after(answer, attempt=told).state is told.state


STORY = [
    CarrierReported(SID, AttemptState.ACCEPTED, 0),
    CarrierReported(SID, AttemptState.RINGING, 1),
    CarrierReported(SID, AttemptState.IN_PROGRESS, 2),
    PartyAnswered(SID, Party.HUMAN),
    ReflectionReported(SID, Reflection.STARTED),
    ReflectionReported(SID, Reflection.COMPLETED),
    CarrierReported(SID, AttemptState.COMPLETED, 3),
]
ORDERS = {
    "before the answer": lambda answer: [*STORY, answer],
    "around it": lambda answer: [*STORY[:3], answer, *STORY[3:]],
    "after it": lambda answer: [answer, *STORY],
    "twice": lambda answer: [*STORY, answer, *STORY],
    "reversed": lambda answer: [answer, *reversed(STORY)],
    "reversed before it": lambda answer: [*reversed(STORY), answer],
}


@pytest.mark.parametrize("answer", [Accepted(SID), OutcomeUnknown("timeout"), TurnedAway("throttled")])
@pytest.mark.parametrize("order", ORDERS)
def test_the_order_of_the_callbacks_leaves_no_trace(order, answer) -> None:
    assert timeless(after(*ORDERS[order](answer))) == timeless(after(Accepted(SID), *STORY))


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (Accepted(SID), AttemptState.ACCEPTED),
        (OutcomeUnknown("timeout"), AttemptState.SUBMISSION_UNKNOWN),
        (TurnedAway("throttled"), AttemptState.TURNED_AWAY),
        (Rejected(None, Fault.UNKNOWN), AttemptState.REJECTED),
    ],
)
def test_without_a_callback_the_answer_counts(answer, state) -> None:
    assert after(answer, TimePassed()).state is state


@given(st.permutations(STORY), st.lists(sequences, min_size=len(STORY), max_size=len(STORY)))
def test_what_the_carrier_counts_decides_nothing(story, counted) -> None:
    recounted = [
        replace(told, sequence=sequence) if isinstance(told, CarrierReported) else told
        for told, sequence in zip(story, counted, strict=True)
    ]
    attempt = after(*recounted)
    assert replace(attempt, last_sequence=3) == replace(after(*story), last_sequence=3)
    reported = [told.sequence for told in recounted if isinstance(told, CarrierReported)]
    assert attempt.last_sequence == max(-1, *reported)


def test_the_drawing_in_the_readme_is_the_one_that_the_program_prints() -> None:
    argv = [sys.executable, "-m", "call_dispatcher", "attempt-states"]
    printed = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    _, between = README.read_text().split(
        "<!-- attempt states: printed by `python -m call_dispatcher attempt-states` -->\n"
    )
    assert between.split("<!-- end of attempt states -->")[0] == printed


def test_the_drawing_leaves_out_only_what_skips() -> None:
    arrows = set(re.findall(r"^    (\w+) --> (\w+)", drawn(), flags=re.MULTILINE))
    assert ("submission_unknown", "accepted") in arrows
    assert ("submission_unknown", "ringing") not in arrows
    reachable = {("ended" if to in CALL_ENDS else to) for to in TRANSITIONS.values()} - {"submitting"}
    assert {to for _, to in arrows} == reachable


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


@pytest.mark.parametrize("told", list(itertools.permutations([Reflection.CODE_TOLD, Reflection.OPTED_OUT])), ids=str)
def test_who_opts_out_after_the_code_was_told_has_opted_out_whichever_is_heard_last(told) -> None:
    attempt = SUBMITTING
    for reflection in told:
        attempt = apply(attempt, ReflectionReported(SID, reflection), NOW)
    assert attempt.reflection is Reflection.OPTED_OUT
