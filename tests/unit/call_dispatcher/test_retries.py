from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from call_dispatcher.attempts import Attempt, AttemptState, Party, Reflection
from call_dispatcher.calls import Call, CallState, Outcome, WithdrawalReason
from call_dispatcher.carrier_errors import Fault
from call_dispatcher.retries import Finish, LookAgain, Patience, TryAgain, next_step
from call_dispatcher.retry_policy import RetryPolicy
from call_dispatcher.retry_policy_file import COMES_WITH_DAYBOOK

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
PATIENCE = Patience(retries=COMES_WITH_DAYBOOK.model_copy(update={"jitter": 0.0}))
CALL = Call(
    "call",
    "person",
    not_before=NOW - timedelta(minutes=1),
    not_after=NOW + timedelta(hours=1),
    state=CallState.ACTIVE,
    attempts=1,
)
ATTEMPT = Attempt("call.1", "call", "person", 1, submitted_at=NOW, heard_at=NOW)


def ended(state: AttemptState, **more) -> Attempt:
    return replace(ATTEMPT, state=state, ended_at=NOW, **more)


def later(**delay: float) -> datetime:
    return NOW + timedelta(**delay)


@pytest.mark.parametrize(
    ("attempt", "step"),
    [
        (ended(AttemptState.BUSY), TryAgain(later(minutes=2), Outcome.BUSY, "busy")),
        (ended(AttemptState.NO_ANSWER), TryAgain(later(minutes=5), Outcome.NO_ANSWER, "no_answer")),
        (ended(AttemptState.FAILED, sip_code=503), TryAgain(later(minutes=1), Outcome.FAILED, "carrier_failed")),
        (ended(AttemptState.FAILED, sip_code=404), Finish(Outcome.FAILED, "number_cannot_be_called")),
        (ended(AttemptState.FAILED, sip_code=603), Finish(Outcome.FAILED, "blocked_by_the_network")),
        (ended(AttemptState.REJECTED, fault=Fault.PERSON), Finish(Outcome.FAILED, "number_cannot_be_called")),
        (
            ended(AttemptState.REJECTED, fault=Fault.OPERATOR),
            TryAgain(later(minutes=1), Outcome.FAILED, "carrier_account_needs_operator"),
        ),
        (
            ended(AttemptState.REJECTED, fault=Fault.OPERATOR, error_code=20003),
            TryAgain(later(minutes=2), Outcome.FAILED, "carrier_account_needs_operator"),
        ),
        (
            ended(AttemptState.REJECTED, fault=Fault.LATER),
            TryAgain(later(minutes=1), Outcome.FAILED, "number_not_reachable"),
        ),
        (
            ended(AttemptState.REJECTED, fault=Fault.LATER, number=2),
            Finish(Outcome.FAILED, "number_not_reachable"),
        ),
        (ended(AttemptState.CANCELED), Finish(Outcome.MISSED, "canceled")),
        (ended(AttemptState.NOT_PLACED), TryAgain(NOW, Outcome.FAILED, "submission_lost")),
        (ended(AttemptState.LOST), Finish(Outcome.UNKNOWN, "carrier_never_told")),
        (
            replace(ATTEMPT, state=AttemptState.TURNED_AWAY),
            TryAgain(later(seconds=5), Outcome.MISSED, "carrier_turned_away"),
        ),
    ],
)
def test_what_follows_from_an_end_in_the_carriers_words(attempt, step) -> None:
    assert next_step(attempt, CALL, NOW, PATIENCE) == step


def test_a_call_that_was_moved_while_its_attempt_was_under_way_is_tried_again_at_its_new_times() -> None:
    moved = replace(CALL, not_before=later(hours=8), not_after=later(hours=9))
    assert next_step(ended(AttemptState.BUSY), moved, NOW, PATIENCE) == TryAgain(later(hours=8), Outcome.BUSY, "busy")


@pytest.mark.parametrize(
    ("reflection", "answered_by", "step"),
    [
        (Reflection.COMPLETED, Party.HUMAN, Finish(Outcome.REFLECTED, "reflection_completed")),
        (Reflection.COMPLETED, Party.MACHINE, Finish(Outcome.REFLECTED, "reflection_completed")),
        (Reflection.CODE_TOLD, Party.HUMAN, Finish(Outcome.CODE_TOLD, "code_told")),
        (Reflection.CODE_TOLD, Party.MACHINE, Finish(Outcome.CODE_TOLD, "code_told")),
        (Reflection.CODE_TOLD, None, Finish(Outcome.CODE_TOLD, "code_told")),
        (Reflection.CUT_SHORT, Party.UNKNOWN, Finish(Outcome.CUT_SHORT, "reflection_cut_short")),
        (Reflection.CUT_SHORT, Party.MACHINE, TryAgain(later(minutes=10), Outcome.VOICEMAIL, "machine_answered")),
        (None, Party.MACHINE, TryAgain(later(minutes=10), Outcome.VOICEMAIL, "machine_answered")),
        (Reflection.SILENT, Party.HUMAN, TryAgain(later(minutes=5), Outcome.ANSWERED_SILENT, "nothing_was_said")),
        (Reflection.SILENT, None, LookAgain(later(seconds=10))),
        (Reflection.CUT_SHORT, None, LookAgain(later(seconds=10))),
        (Reflection.OPTED_OUT, Party.MACHINE, Finish(Outcome.OPTED_OUT, "asked_not_to_be_called")),
        (Reflection.STARTED, None, LookAgain(later(minutes=1))),
        (None, Party.HUMAN, LookAgain(later(seconds=10))),
        (None, None, LookAgain(later(seconds=10))),
    ],
)
def test_what_follows_from_an_answered_call(reflection, answered_by, step) -> None:
    attempt = ended(AttemptState.COMPLETED, reflection=reflection, answered_by=answered_by)
    assert next_step(attempt, CALL, NOW, PATIENCE) == step


@pytest.mark.parametrize(
    ("reflection", "step"),
    [
        (Reflection.STARTED, Finish(Outcome.CUT_SHORT, "reflection_end_not_told")),
        (Reflection.CUT_SHORT, Finish(Outcome.CUT_SHORT, "reflection_cut_short")),
        (Reflection.SILENT, TryAgain(later(minutes=7), Outcome.ANSWERED_SILENT, "nothing_was_said")),
        (None, TryAgain(later(minutes=7), Outcome.ANSWERED_SILENT, "hung_up_at_once")),
    ],
)
def test_what_follows_when_the_rest_is_never_told(reflection, step) -> None:
    attempt = ended(AttemptState.COMPLETED, reflection=reflection)
    assert next_step(attempt, CALL, later(minutes=2), PATIENCE) == step


def test_an_opt_out_finishes_the_call_while_it_is_still_on_the_line() -> None:
    attempt = replace(ATTEMPT, state=AttemptState.IN_PROGRESS, reflection=Reflection.OPTED_OUT)
    assert next_step(attempt, CALL, NOW, PATIENCE) == Finish(Outcome.OPTED_OUT, "asked_not_to_be_called")


def test_no_more_attempts_than_allowed() -> None:
    third = replace(CALL, attempts=3)
    assert next_step(ended(AttemptState.BUSY), third, NOW, PATIENCE) == Finish(Outcome.BUSY, "attempts_exhausted")


def test_no_retry_at_the_end_of_the_window_or_later() -> None:
    closing = replace(CALL, not_after=later(minutes=2))
    assert next_step(ended(AttemptState.BUSY), closing, NOW, PATIENCE) == Finish(Outcome.BUSY, "window_closed")


@pytest.mark.parametrize(
    ("state", "quiet"),
    [
        (AttemptState.SUBMITTING, timedelta(seconds=30)),
        (AttemptState.SUBMISSION_UNKNOWN, timedelta(seconds=30)),
        (AttemptState.ACCEPTED, timedelta(seconds=60)),
        (AttemptState.RINGING, timedelta(seconds=60)),
        (AttemptState.IN_PROGRESS, timedelta(minutes=5)),
    ],
)
def test_a_silent_attempt_is_looked_after(state, quiet) -> None:
    assert next_step(replace(ATTEMPT, state=state), CALL, NOW, PATIENCE) == LookAgain(NOW + quiet)


def test_a_queued_attempt_is_looked_after_when_the_window_closes() -> None:
    closing = replace(CALL, not_after=later(seconds=20))
    queued = replace(ATTEMPT, state=AttemptState.ACCEPTED)
    assert next_step(queued, closing, NOW, PATIENCE) == LookAgain(closing.not_after)


@given(
    st.sampled_from(AttemptState),
    st.none() | st.sampled_from(Reflection),
    st.none() | st.sampled_from(Party),
    st.none() | st.sampled_from(Fault),
    st.none() | st.integers(100, 699),
    st.integers(1, 5),
    st.integers(-7200, 7200),
)
def test_a_retry_lies_inside_the_window_and_after_now(state, reflection, party, fault, sip, attempts, seconds) -> None:
    now = later(seconds=seconds)
    attempt = ended(state, reflection=reflection, answered_by=party, fault=fault, sip_code=sip)
    step = next_step(attempt, replace(CALL, attempts=attempts), now, PATIENCE)
    if isinstance(step, TryAgain):
        assert now <= step.at < CALL.not_after
        assert not attempt.live
        assert attempts < PATIENCE.max_attempts or state is AttemptState.TURNED_AWAY
        said = {Reflection.COMPLETED, Reflection.CODE_TOLD, Reflection.OPTED_OUT}
        assert reflection not in said or state is not AttemptState.COMPLETED


def test_delays_scale() -> None:
    hurried = replace(PATIENCE, retry_scale=0.5)
    assert next_step(ended(AttemptState.BUSY), CALL, NOW, hurried) == TryAgain(later(minutes=1), Outcome.BUSY, "busy")


def test_an_outcome_that_the_policy_does_not_name_is_final() -> None:
    only_busy = replace(
        PATIENCE, retries=RetryPolicy.model_validate({"outcomes": {"busy": {"attempts": 2, "delays_s": [60]}}})
    )
    assert next_step(ended(AttemptState.NO_ANSWER), CALL, NOW, only_busy) == Finish(Outcome.NO_ANSWER, "no_answer")
    assert next_step(ended(AttemptState.BUSY), CALL, NOW, only_busy) == TryAgain(later(minutes=1), Outcome.BUSY, "busy")
    second = replace(CALL, attempts=2)
    assert next_step(ended(AttemptState.BUSY), second, NOW, only_busy) == Finish(Outcome.BUSY, "attempts_exhausted")


def test_asked_again_it_is_the_same_moment() -> None:
    busy, drawing = ended(AttemptState.BUSY), Patience(COMES_WITH_DAYBOOK)
    assert next_step(busy, CALL, NOW, drawing) == next_step(busy, CALL, NOW, drawing)


WITHDRAWN = replace(CALL, withdrawn=WithdrawalReason.OPTED_OUT)
BUSY_BEFORE = replace(WITHDRAWN, outcome=Outcome.BUSY, attempts=2)


@pytest.mark.parametrize(
    ("attempt", "call", "step"),
    [
        (ended(AttemptState.BUSY), WITHDRAWN, Finish(Outcome.BUSY, "opted_out")),
        (ended(AttemptState.FAILED, sip_code=503), WITHDRAWN, Finish(Outcome.FAILED, "opted_out")),
        (ended(AttemptState.FAILED, sip_code=404), WITHDRAWN, Finish(Outcome.FAILED, "number_cannot_be_called")),
        (ended(AttemptState.CANCELED), WITHDRAWN, Finish(Outcome.REFUSED, "opted_out")),
        (ended(AttemptState.CANCELED), BUSY_BEFORE, Finish(Outcome.BUSY, "opted_out")),
        (ended(AttemptState.NOT_PLACED), WITHDRAWN, Finish(Outcome.REFUSED, "opted_out")),
        (ended(AttemptState.LOST), WITHDRAWN, Finish(Outcome.UNKNOWN, "carrier_never_told")),
        (replace(ATTEMPT, state=AttemptState.TURNED_AWAY), WITHDRAWN, Finish(Outcome.REFUSED, "opted_out")),
        (ended(AttemptState.COMPLETED, answered_by=Party.MACHINE), WITHDRAWN, Finish(Outcome.VOICEMAIL, "opted_out")),
        (
            ended(AttemptState.COMPLETED, reflection=Reflection.COMPLETED),
            WITHDRAWN,
            Finish(Outcome.REFLECTED, "reflection_completed"),
        ),
        (
            ended(AttemptState.COMPLETED, reflection=Reflection.OPTED_OUT),
            WITHDRAWN,
            Finish(Outcome.OPTED_OUT, "asked_not_to_be_called"),
        ),
        (replace(ATTEMPT, state=AttemptState.ACCEPTED), WITHDRAWN, LookAgain(later(seconds=5))),
        (replace(ATTEMPT, state=AttemptState.RINGING), WITHDRAWN, LookAgain(later(seconds=5))),
        (replace(ATTEMPT, state=AttemptState.IN_PROGRESS), WITHDRAWN, LookAgain(later(minutes=5))),
        (replace(ATTEMPT, state=AttemptState.SUBMISSION_UNKNOWN), WITHDRAWN, LookAgain(later(seconds=30))),
    ],
)
def test_a_withdrawn_call_ends_as_its_attempt_did_and_is_not_tried_again(attempt, call, step) -> None:
    assert next_step(attempt, call, NOW, PATIENCE) == step


@given(
    state=st.sampled_from(AttemptState),
    reflection=st.sampled_from([None, *Reflection]),
    answered_by=st.sampled_from([None, *Party]),
    sip_code=st.sampled_from([None, 404, 486, 503, 603]),
    later_s=st.integers(0, 7200),
)
def test_nothing_that_happens_has_a_withdrawn_call_tried_again(
    state, reflection, answered_by, sip_code, later_s
) -> None:
    attempt = replace(ATTEMPT, state=state, reflection=reflection, answered_by=answered_by, sip_code=sip_code)
    step = next_step(attempt, WITHDRAWN, later(seconds=later_s), PATIENCE)
    assert not isinstance(step, TryAgain)
