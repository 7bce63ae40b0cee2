"""What the others are told of calls and attempts, as the outbox keeps it. Pure."""

from dataclasses import dataclass
from datetime import datetime

from call_dispatcher.attempts import Attempt
from call_dispatcher.calls import Call, attempt_id_of, finished_event_id
from chassis.events import CALL_DIALED, CALL_FINISHED
from daybook.events.v1 import events_pb2


@dataclass(frozen=True)
class OutgoingEvent:
    """An event to be published; a second one of the same id is the same."""

    event_id: str
    call_id: str
    subject: str
    body: bytes


def dialed(attempt: Attempt) -> OutgoingEvent:
    """The carrier has taken this attempt: once an attempt, by its id."""
    told = events_pb2.CallDialed(
        call_id=attempt.call_id,
        person_id=attempt.person_id,
        attempt_id=attempt.attempt_id,
        attempt_number=attempt.number,
        carrier_call_id=attempt.carrier_call_id or "",
    )
    told.dialed_at.FromDatetime(attempt.submitted_at)
    return OutgoingEvent(f"{attempt.attempt_id}.dialed", attempt.call_id, CALL_DIALED.subject, told.SerializeToString())


def finished(call: Call, at: datetime) -> OutgoingEvent:
    """This call has ended, by its outcome and reason: once a revision."""
    told = events_pb2.CallFinished(
        call_id=call.call_id,
        person_id=call.person_id,
        outcome=events_pb2.CallOutcome.Value(f"CALL_OUTCOME_{call.outcome.name}"),
        reason=call.reason,
        attempts=call.attempts,
        attempt_id=attempt_id_of(call.call_id, call.attempts) if call.attempts else "",
        revision=call.revision,
    )
    told.finished_at.FromDatetime(at)
    return OutgoingEvent(finished_event_id(call), call.call_id, CALL_FINISHED.subject, told.SerializeToString())
