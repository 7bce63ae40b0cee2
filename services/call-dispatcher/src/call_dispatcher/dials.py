"""The dials as they are kept, and as the messages of proto/daybook/dispatcher/v1. Pure."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from call_dispatcher.attempts import Attempt, AttemptState
from call_dispatcher.carrier_errors import sip_fault
from daybook.dispatcher.v1 import dispatcher_pb2 as pb


@dataclass(frozen=True)
class KeptDecision:
    """What was decided about a call, so many times for the same reason."""

    attempt_number: int
    decision: str
    reason: str
    times: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True)
class KeptDial:
    """A call's row, with all that was tried and decided."""

    call_id: str
    state: str
    not_before: datetime
    not_after: datetime
    next_attempt_at: datetime | None
    outcome: str
    reason: str
    finished_at: datetime | None
    attempts: Sequence[Attempt]
    decisions: Sequence[KeptDecision]


@dataclass(frozen=True)
class Postponed:
    reason: str
    calls: int
    last_at: datetime


@dataclass(frozen=True)
class Ended:
    outcome: str
    reason: str
    calls: int


@dataclass(frozen=True)
class FailedWithCarrier:
    state: str
    fault: str
    error_code: int
    sip_code: int
    attempts: int
    last_at: datetime


@dataclass(frozen=True)
class QueueStanding:
    """How the queue stands at a moment."""

    pending: int
    due: int
    oldest_due_at: datetime | None
    live: int
    unknown: int
    oldest_unknown_at: datetime | None
    unpublished: int
    dialed_last_minute: int


@dataclass(frozen=True)
class Policy:
    """What of the settings bears on how fast and how calls are made."""

    calls_per_second: float
    orchestrator: str


def dial_message(dial: KeptDial) -> pb.Dial:
    return pb.Dial(
        call_id=dial.call_id,
        state=dial.state,
        not_before=_stamp(dial.not_before),
        not_after=_stamp(dial.not_after),
        next_attempt_at=_stamp(dial.next_attempt_at),
        outcome=dial.outcome,
        reason=dial.reason,
        finished_at=_stamp(dial.finished_at),
        attempts=[_attempt_message(attempt) for attempt in dial.attempts],
        decisions=[_decision_message(decision) for decision in dial.decisions],
    )


def overview_message(
    standing: QueueStanding,
    policy: Policy,
    *,
    postponed: Sequence[Postponed],
    ended: Sequence[Ended],
    failed: Sequence[FailedWithCarrier],
    account_refusals: int,
    paused_until: datetime,
) -> pb.GetOverviewResponse:
    return pb.GetOverviewResponse(
        pending=standing.pending,
        due=standing.due,
        oldest_due_at=_stamp(standing.oldest_due_at),
        live=standing.live,
        unknown=standing.unknown,
        oldest_unknown_at=_stamp(standing.oldest_unknown_at),
        unpublished=standing.unpublished,
        dialed_last_minute=standing.dialed_last_minute,
        calls_per_second=policy.calls_per_second,
        orchestrator=policy.orchestrator,
        postponements=[
            pb.Postponement(reason=each.reason, calls=each.calls, last_at=_stamp(each.last_at)) for each in postponed
        ],
        endings=[pb.Ending(**asdict(each)) for each in ended],
        failures=[_failure_message(each) for each in failed],
        account_refusals=account_refusals,
        paused_until=_stamp(paused_until if account_refusals else None),
    )


def _attempt_message(attempt: Attempt) -> pb.Attempt:
    return pb.Attempt(
        attempt_id=attempt.attempt_id,
        number=attempt.number,
        state=attempt.state,
        submitted_at=_stamp(attempt.submitted_at),
        heard_at=_stamp(attempt.heard_at),
        ended_at=_stamp(attempt.ended_at),
        carrier_call_id=attempt.carrier_call_id or "",
        fault=attempt.fault or (sip_fault(attempt.sip_code) if attempt.state is AttemptState.FAILED else ""),
        error_code=attempt.error_code or 0,
        sip_code=attempt.sip_code or 0,
        answered_by=attempt.answered_by.name.lower() if attempt.answered_by else "",
        reflection=attempt.reflection.name.lower() if attempt.reflection else "",
    )


def _decision_message(decision: KeptDecision) -> pb.Decision:
    return pb.Decision(
        attempt_number=decision.attempt_number,
        decision=decision.decision,
        reason=decision.reason,
        times=decision.times,
        first_at=_stamp(decision.first_at),
        last_at=_stamp(decision.last_at),
    )


def _failure_message(failed: FailedWithCarrier) -> pb.CarrierFailure:
    return pb.CarrierFailure(
        state=failed.state,
        fault=failed.fault or sip_fault(failed.sip_code or None),
        error_code=failed.error_code,
        sip_code=failed.sip_code,
        attempts=failed.attempts,
        last_at=_stamp(failed.last_at),
    )


def _stamp(moment: datetime | None) -> Timestamp | None:
    if moment is None:
        return None
    value = Timestamp()
    value.FromDatetime(moment)
    return value
