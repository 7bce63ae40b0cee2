"""Events in: calls that are to be made, or not any more, from window-scheduler; what happens to attempts from voice-gateway.

An event that comes again changes nothing: a call's row and an attempt's state guard it. A call that comes again with a higher
revision was moved to other times. A withdrawal may come before the call that it is about. An event that cannot be right raises an
error that is not retryable, and is put aside by the bus with the reason.
"""

import re
from datetime import UTC
from uuid import UUID

import structlog
from google.protobuf.timestamp_pb2 import Timestamp
from structlog.contextvars import bound_contextvars

from call_dispatcher.attempts import (
    AttemptState,
    CarrierReported,
    Happening,
    Party,
    PartyAnswered,
    Reflection,
    ReflectionReported,
)
from call_dispatcher.bookings import Bookings
from call_dispatcher.calls import Call, Withdrawal, WithdrawalReason
from call_dispatcher.ledger import Ledger
from call_dispatcher.telephony import Carrier
from call_dispatcher.unwanted import end_unwanted
from chassis.consumer import Received
from chassis.errors import InvalidInput
from chassis.telemetry import call_context, span
from daybook.events.v1 import events_pb2

log = structlog.get_logger()

_STATES = {
    events_pb2.CARRIER_CALL_STATUS_QUEUED: AttemptState.ACCEPTED,
    events_pb2.CARRIER_CALL_STATUS_INITIATED: AttemptState.ACCEPTED,
    events_pb2.CARRIER_CALL_STATUS_RINGING: AttemptState.RINGING,
    events_pb2.CARRIER_CALL_STATUS_IN_PROGRESS: AttemptState.IN_PROGRESS,
    events_pb2.CARRIER_CALL_STATUS_COMPLETED: AttemptState.COMPLETED,
    events_pb2.CARRIER_CALL_STATUS_BUSY: AttemptState.BUSY,
    events_pb2.CARRIER_CALL_STATUS_NO_ANSWER: AttemptState.NO_ANSWER,
    events_pb2.CARRIER_CALL_STATUS_FAILED: AttemptState.FAILED,
    events_pb2.CARRIER_CALL_STATUS_CANCELED: AttemptState.CANCELED,
}
_PARTIES = {
    events_pb2.ANSWERING_PARTY_HUMAN: Party.HUMAN,
    events_pb2.ANSWERING_PARTY_MACHINE: Party.MACHINE,
    events_pb2.ANSWERING_PARTY_FAX: Party.FAX,
    events_pb2.ANSWERING_PARTY_UNKNOWN: Party.UNKNOWN,
}
_REFLECTIONS = {
    events_pb2.REFLECTION_STATE_STARTED: Reflection.STARTED,
    events_pb2.REFLECTION_STATE_COMPLETED: Reflection.COMPLETED,
    events_pb2.REFLECTION_STATE_CUT_SHORT: Reflection.CUT_SHORT,
    events_pb2.REFLECTION_STATE_SILENT: Reflection.SILENT,
    events_pb2.REFLECTION_STATE_OPTED_OUT: Reflection.OPTED_OUT,
    events_pb2.REFLECTION_STATE_CODE_TOLD: Reflection.CODE_TOLD,
}
_REASONS = {
    events_pb2.WITHDRAWAL_REASON_OPTED_OUT: WithdrawalReason.OPTED_OUT,
    events_pb2.WITHDRAWAL_REASON_PERSON_DELETED: WithdrawalReason.PERSON_DELETED,
}


_CARRIER_CALL_ID = re.compile(r"CA[0-9a-fA-F]{32}")
_ATTEMPT_NUMBER = re.compile(r"[1-9][0-9]{0,8}")
_MOST = 2**31 - 1
"""What a column takes; voice-gateway lets no more through either."""


class Intake:
    """Handles what comes in over the bus."""

    def __init__(self, bookings: Bookings, ledger: Ledger, carrier: Carrier) -> None:
        self._bookings = bookings
        self._ledger = ledger
        self._carrier = carrier

    async def scheduled(self, received: Received[events_pb2.CallScheduled]) -> None:
        """A call is to be made, or to be made at other times than were told before.

        Raises:
            InvalidInput: the event cannot be right.
            DatabaseUnavailable: it is to come again.
        """
        call = call_of(received.message)
        with (
            bound_contextvars(call_id=call.call_id, person_id=call.person_id),
            span("queue", context=call_context(call.call_id)),
        ):
            await self._bookings.schedule(call)

    async def withdrawn(self, received: Received[events_pb2.CallWithdrawn]) -> None:
        """A call is not to be made any more.

        Raises:
            InvalidInput: the event cannot be right.
            DatabaseUnavailable, CarrierUnavailable: it is to come again.
        """
        withdrawal = withdrawal_of(received.message)
        with (
            bound_contextvars(call_id=withdrawal.call_id, person_id=received.message.person_id),
            span("withdraw", context=call_context(withdrawal.call_id)),
        ):
            for unwanted in await self._bookings.withdraw(withdrawal):
                await end_unwanted(self._carrier, unwanted)

    async def progressed(self, received: Received[events_pb2.CallProgressed]) -> None:
        """Something happened to an attempt.

        Raises:
            InvalidInput, UnknownAttempt, AnotherCarrierCall: the event cannot be right.
            DatabaseUnavailable, CarrierUnavailable: it is to come again.
        """
        message = received.message
        call_id = _uuid("call_id", message.call_id)
        of_call, _, number = message.attempt_id.rpartition(".")
        if of_call != call_id or not _ATTEMPT_NUMBER.fullmatch(number):
            raise InvalidInput("attempt_id", "is to be of the call that the event names, CALL_ID.NUMBER")
        happening = happening_of(message)
        with bound_contextvars(call_id=call_id), span("record", context=call_context(call_id)):
            await end_unwanted(self._carrier, await self._ledger.record(message.attempt_id, happening))


def call_of(message: events_pb2.CallScheduled) -> Call:
    """The call that an event asks for.

    Raises:
        InvalidInput: a field cannot be right.
    """
    for name, moment in (("not_before", message.not_before), ("not_after", message.not_after)):
        if not message.HasField(name):  # type: ignore[arg-type]  # both names are fields
            raise InvalidInput(name, "is missing")
        _check_moment(name, moment)
    call = Call(
        call_id=_uuid("call_id", message.call_id),
        person_id=_uuid("person_id", message.person_id),
        not_before=message.not_before.ToDatetime(tzinfo=UTC),
        not_after=message.not_after.ToDatetime(tzinfo=UTC),
        revision=message.revision,
    )
    if call.not_after <= call.not_before:
        raise InvalidInput("not_after", "is to lie after not_before")
    return call


def withdrawal_of(message: events_pb2.CallWithdrawn) -> Withdrawal:
    """The withdrawal that an event tells.

    Raises:
        InvalidInput: a field cannot be right.
    """
    if message.reason not in _REASONS:
        raise InvalidInput("reason", "is none that this program knows")
    if not message.HasField("withdrawn_at"):
        raise InvalidInput("withdrawn_at", "is missing")
    _check_moment("withdrawn_at", message.withdrawn_at)
    return Withdrawal(
        call_id=_uuid("call_id", message.call_id),
        revision=message.revision,
        reason=_REASONS[message.reason],
        withdrawn_at=message.withdrawn_at.ToDatetime(tzinfo=UTC),
    )


def happening_of(message: events_pb2.CallProgressed) -> Happening:
    """What an event tells of its attempt.

    Raises:
        InvalidInput: a field cannot be right.
    """
    sid = message.carrier_call_id
    if not _CARRIER_CALL_ID.fullmatch(sid):
        raise InvalidInput("carrier_call_id", "is to be CA and 32 hexadecimal digits")
    match message.WhichOneof("event"):
        case "carrier_status":
            status = message.carrier_status
            if status.status not in _STATES:
                raise InvalidInput("carrier_status.status", "is none that this program knows")
            sequence = _number("carrier_status.sequence_number", status.sequence_number)
            sip_code = _number("carrier_status.sip_response_code", status.sip_response_code)
            return CarrierReported(sid, _STATES[status.status], sequence, sip_code or None)
        case "answered_by":
            if message.answered_by.party not in _PARTIES:
                raise InvalidInput("answered_by.party", "is none that this program knows")
            return PartyAnswered(sid, _PARTIES[message.answered_by.party])
        case "reflection":
            if message.reflection.state not in _REFLECTIONS:
                raise InvalidInput("reflection.state", "is none that this program knows")
            return ReflectionReported(sid, _REFLECTIONS[message.reflection.state])
        case _:
            raise InvalidInput("event", "is missing, or newer than this program")


def _uuid(field: str, value: str) -> str:
    try:
        return str(UUID(value))
    except ValueError:
        raise InvalidInput(field, "is to be a UUID") from None


def _number(field: str, value: int) -> int:
    if value > _MOST:
        raise InvalidInput(field, f"is to be {_MOST} at most")
    return value


def _check_moment(field: str, moment: Timestamp) -> None:
    try:
        moment.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise InvalidInput(field, "is no moment in time") from None
