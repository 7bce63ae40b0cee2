"""The events of proto/daybook/events/v1 on the bus: which subject bears which message, and which streams keep them."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypeVar

from google.protobuf.message import Message

from daybook.events.v1 import events_pb2

MessageT = TypeVar("MessageT", bound=Message)


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
CALL_DIALED = EventType("call.dialed", events_pb2.CallDialed)
CALL_PROGRESSED = EventType("call.progressed", events_pb2.CallProgressed)
CALL_FINISHED = EventType("call.finished", events_pb2.CallFinished)

CALLS_STREAM = "CALLS"
CALLS_SUBJECTS = "call.>"
DEAD_LETTERS_STREAM = "DEADLETTERS"
DEAD_LETTERS_SUBJECTS = "deadletter.>"

CALLS_KEPT_FOR = timedelta(days=14)
DEAD_LETTERS_KEPT_FOR = timedelta(days=90)
DEDUPLICATED_WITHIN = timedelta(hours=1)
"""How long JetStream drops a second message of the same event id. What comes later still is caught by the consumer's own row."""
