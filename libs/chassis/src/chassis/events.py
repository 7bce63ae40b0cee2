"""The events of proto/daybook/events/v1 on the bus: which subject bears which message, and which streams keep them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from google.protobuf.message import DecodeError, Message

from chassis.errors import DaybookError
from daybook.events.v1 import events_pb2

MessageT = TypeVar("MessageT", bound=Message)


class Undecodable(DaybookError):
    """A message's bytes are not of its type."""


@dataclass(frozen=True)
class EventType(Generic[MessageT]):
    """One kind of event.

    Attributes:
        subject: the NATS subject that it is published on.
        message: its protobuf class; the full name is the CloudEvents `type`.
    """

    subject: str
    message: type[MessageT]

    @property
    def type_name(self) -> str:
        return self.message.DESCRIPTOR.full_name


CALL_SCHEDULED = EventType("call.scheduled", events_pb2.CallScheduled)
CALL_WITHDRAWN = EventType("call.withdrawn", events_pb2.CallWithdrawn)
CALL_DIALED = EventType("call.dialed", events_pb2.CallDialed)
CALL_PROGRESSED = EventType("call.progressed", events_pb2.CallProgressed)
CALL_FINISHED = EventType("call.finished", events_pb2.CallFinished)

EVENTS: Mapping[str, EventType[Any]] = {
    event.subject: event for event in (CALL_SCHEDULED, CALL_WITHDRAWN, CALL_DIALED, CALL_PROGRESSED, CALL_FINISHED)
}
"""Every kind of event, by its subject."""

CALLS_STREAM = "CALLS"
CALLS_SUBJECTS = "call.>"
DEAD_LETTERS_STREAM = "DEADLETTERS"
DEAD_LETTERS_SUBJECTS = "deadletter.>"

CALLS_KEPT_FOR = timedelta(days=14)
DEAD_LETTERS_KEPT_FOR = timedelta(days=90)
DEDUPLICATED_WITHIN = timedelta(hours=1)
"""How long JetStream drops a second message of the same event id. What comes later still is caught by the consumer's own row."""


def decode(event: EventType[MessageT], headers: Mapping[str, str], body: bytes) -> tuple[MessageT, datetime]:
    """What a message holds, and when it was published (aware).

    Args:
        event: the kind that its subject bears.
        headers: its CloudEvents attributes.
        body: its protobuf bytes.

    Raises:
        Undecodable: it is of another kind, or broken.
    """
    if headers.get("ce-type") != event.type_name:
        raise Undecodable(
            f"A message on {event.subject} is not of the type {event.type_name}. Its header ce-type is another, or missing."
        )
    try:
        return event.message.FromString(body), datetime.fromisoformat(headers["ce-time"])
    except (DecodeError, KeyError, ValueError) as error:
        raise Undecodable(f"A message on {event.subject} cannot be decoded: {type(error).__name__}.") from None
