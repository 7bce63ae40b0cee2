"""What follows from where an attempt stands: look again later, try again at a time, or finish the call. Pure.

`completed` is not yet an answer: the carrier says it of voicemail too (reference/telephony.md, 0.6). What counts is who
answered and how the reflection ended, and both may be told after the call's end.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from call_dispatcher.attempts import Attempt, AttemptState, Party, Reflection
from call_dispatcher.calls import Call, Outcome, withdrawn_outcome
from call_dispatcher.carrier_errors import Fault, account_refused, sip_fault
from call_dispatcher.retry_policy import RetryPolicy

TURNED_AWAY_DELAY = timedelta(seconds=5)
"""After a 429 or a connection that was not made: nobody was rung, so the person's peace is not what is waited for."""

CANCEL_AGAIN_AFTER = timedelta(seconds=5)
"""A call that was withdrawn is cancelled at the carrier at once. After so long it is looked whether that has come to pass."""

ACCOUNT_REFUSED_DELAY = timedelta(minutes=2)
"""After the carrier refused the account: so long others go first in showing whether it still does (`account_pause`)."""


@dataclass(frozen=True)
class Patience:
    """How long to wait for what, from the settings.

    Attributes:
        retries: which outcomes are followed by another attempt, and when.
        max_attempts: attempts a call that reached the carrier, or may have, whatever `retries` says.
        retry_scale: what each delay of `retries` is multiplied by.
        reconcile_after: from storing an attempt to asking the carrier whether it has it. Longer than a POST can last.
        ring_quiet, call_quiet: silence after which the carrier is asked about a call that was to ring, or that is answered.
        answered_grace: from the end of an answered call to concluding that no reflection began, or that nobody will tell
            who answered.
        reflection_grace: from the end of a call to concluding that the end of its reflection will not be told.
    """

    retries: RetryPolicy
    max_attempts: int = 3
    retry_scale: float = 1.0
    reconcile_after: timedelta = timedelta(seconds=30)
    ring_quiet: timedelta = timedelta(seconds=60)
    call_quiet: timedelta = timedelta(minutes=5)
    answered_grace: timedelta = timedelta(seconds=10)
    reflection_grace: timedelta = timedelta(minutes=1)


@dataclass(frozen=True)
class LookAgain:
    """Nothing to decide before `at`, unless something is heard."""

    at: datetime


@dataclass(frozen=True)
class TryAgain:
    """Dial again from `at` on; were it not for that, the call would end with `outcome`."""

    at: datetime
    outcome: Outcome
    reason: str


@dataclass(frozen=True)
class Finish:
    outcome: Outcome
    reason: str


Step = LookAgain | TryAgain | Finish


@dataclass(frozen=True)
class _Ending:
    outcome: Outcome
    reason: str
    worth_another: bool


def next_step(attempt: Attempt, call: Call, now: datetime, patience: Patience) -> Step:
    """What follows from where an attempt of a call stands.

    Args:
        attempt: the call's latest attempt.
        call: with the number of its attempts, this one counted.
        now: the present moment.
        patience: the operator's policy.
    """
    if attempt.reflection is Reflection.OPTED_OUT:
        return Finish(Outcome.OPTED_OUT, "asked_not_to_be_called")
    if attempt.live:
        return LookAgain(
            look_again_at(attempt, patience, not_after=call.not_after, withdrawn=call.withdrawn is not None)
        )
    if attempt.state is AttemptState.TURNED_AWAY:
        return _unless_over(now + TURNED_AWAY_DELAY, call, call.outcome, "carrier_turned_away")
    if attempt.state is AttemptState.REJECTED and account_refused(attempt.error_code):
        # nobody was rung, and it is no fault of this call's: none of its tries is used up
        return _unless_over(now + ACCOUNT_REFUSED_DELAY, call, Outcome.FAILED, "carrier_account_needs_operator")
    ending = _ending(attempt, call, now, patience)
    if isinstance(ending, LookAgain):
        return ending
    if not ending.worth_another or not patience.retries.retried(ending.outcome):
        return Finish(ending.outcome, ending.reason)
    delay = patience.retries.delay_after(ending.outcome, call.attempts, attempt.attempt_id)
    if delay is None or call.attempts >= patience.max_attempts:
        return Finish(ending.outcome, "attempts_exhausted")
    if attempt.state is AttemptState.NOT_PLACED:
        delay = timedelta(0)  # nobody was rung, and asking the carrier has taken its time already
    return _unless_over(now + delay * patience.retry_scale, call, ending.outcome, ending.reason)


def _unless_over(at: datetime, call: Call, outcome: Outcome, reason: str) -> TryAgain | Finish:
    if call.withdrawn is not None:
        return Finish(withdrawn_outcome(outcome), call.withdrawn)
    at = max(at, call.not_before)  # later than now where the call was moved while the attempt was under way
    if at >= call.not_after:
        return Finish(outcome, "window_closed")
    return TryAgain(at, outcome, reason)


def look_again_at(attempt: Attempt, patience: Patience, *, not_after: datetime, withdrawn: bool) -> datetime:
    """When to look after a live attempt, if nothing is heard of it.

    Args:
        attempt: where it stands.
        patience: the operator's policy.
        not_after: of its call,
        withdrawn: and whether that is not to be made any more.
    """
    match attempt.state:
        case AttemptState.SUBMITTING | AttemptState.SUBMISSION_UNKNOWN:
            return attempt.submitted_at + patience.reconcile_after
        case AttemptState.IN_PROGRESS:
            return attempt.heard_at + patience.call_quiet
        case AttemptState.ACCEPTED | AttemptState.RINGING if withdrawn:
            return attempt.heard_at + CANCEL_AGAIN_AFTER
        case AttemptState.ACCEPTED if attempt.heard_at < not_after:
            # the carrier may keep it queued for hours (reference/telephony.md, B.6): not beyond the window
            return min(attempt.heard_at + patience.ring_quiet, not_after)
        case _:
            return attempt.heard_at + patience.ring_quiet


def _ending(attempt: Attempt, call: Call, now: datetime, patience: Patience) -> _Ending | LookAgain:
    match attempt.state:
        case AttemptState.CANCELED | AttemptState.NOT_PLACED if call.withdrawn is not None:
            # as if it had not been tried, and it is not to be
            return _Ending(withdrawn_outcome(call.outcome), call.withdrawn, worth_another=False)
        case AttemptState.COMPLETED:
            return _answered(attempt, now, patience)
        case AttemptState.BUSY:
            return _Ending(Outcome.BUSY, "busy", worth_another=True)
        case AttemptState.NO_ANSWER:
            return _Ending(Outcome.NO_ANSWER, "no_answer", worth_another=True)
        case AttemptState.FAILED:
            return _failed(attempt, sip_fault(attempt.sip_code))
        case AttemptState.REJECTED:
            return _failed(attempt, attempt.fault or Fault.UNKNOWN)
        case AttemptState.CANCELED:
            # by the sweep at the window's end, or by the operator: as if it had not been tried
            return _Ending(call.outcome, "canceled", worth_another=False)
        case AttemptState.NOT_PLACED:
            return _Ending(Outcome.FAILED, "submission_lost", worth_another=True)
        case _:
            return _Ending(Outcome.UNKNOWN, "carrier_never_told", worth_another=False)


def _failed(attempt: Attempt, fault: Fault) -> _Ending:
    match fault:
        case Fault.PERSON:
            return _Ending(Outcome.FAILED, "number_cannot_be_called", worth_another=False)
        case Fault.BLOCKED:
            return _Ending(Outcome.FAILED, "blocked_by_the_network", worth_another=False)
        case Fault.LATER:
            return _Ending(Outcome.FAILED, "number_not_reachable", worth_another=attempt.number == 1)
        case Fault.OPERATOR:
            return _Ending(Outcome.FAILED, "carrier_account_needs_operator", worth_another=True)
        case _:
            return _Ending(Outcome.FAILED, "carrier_failed", worth_another=True)


def _answered(attempt: Attempt, now: datetime, patience: Patience) -> _Ending | LookAgain:
    if attempt.reflection is Reflection.COMPLETED:
        return _Ending(Outcome.REFLECTED, "reflection_completed", worth_another=False)
    if attempt.reflection is Reflection.CODE_TOLD:
        # it is told to whoever pressed the key for it, which no machine does, whatever the carrier heard
        return _Ending(Outcome.CODE_TOLD, "code_told", worth_another=False)
    if attempt.answered_by in {Party.MACHINE, Party.FAX}:
        # what was said into the line was a greeting for callers
        return _Ending(Outcome.VOICEMAIL, "machine_answered", worth_another=True)
    ended_at = attempt.ended_at or now
    # who answered may be told after the reflection's end: a machine's greeting is silence, or words cut short, until then
    party_told_by = ended_at if attempt.answered_by is not None else ended_at + patience.answered_grace
    match attempt.reflection:
        case Reflection.CUT_SHORT:
            told_by = party_told_by
            ending = _Ending(Outcome.CUT_SHORT, "reflection_cut_short", worth_another=False)
        case Reflection.SILENT:
            told_by = party_told_by
            ending = _Ending(Outcome.ANSWERED_SILENT, "nothing_was_said", worth_another=True)
        case Reflection.STARTED:
            told_by = ended_at + patience.reflection_grace
            # something may have been said, and is kept: the person is not rung a second time on a doubt
            ending = _Ending(Outcome.CUT_SHORT, "reflection_end_not_told", worth_another=False)
        case _:
            told_by = ended_at + patience.answered_grace
            ending = _Ending(Outcome.ANSWERED_SILENT, "hung_up_at_once", worth_another=True)
    return LookAgain(told_by) if now < told_by else ending
