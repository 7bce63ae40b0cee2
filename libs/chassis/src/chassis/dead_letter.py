"""What a dead letter is: a message as it came, and why it could not be handled. Pure; `dead_letters` has their stream.

One of call.scheduled lies on the subject deadletter.call.scheduled, with the body and the headers that it came with. Beside
these stand `daybook-reason`, `daybook-consumer` (which durable consumer refused it: two services may hear one subject) and
`daybook-deliveries` (how often it had come).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from google.protobuf.message import Message

from chassis.events import DEAD_LETTERS_SUBJECTS, EVENTS, Undecodable, decode

REASON, CONSUMER, DELIVERIES = _ADDED = ("daybook-reason", "daybook-consumer", "daybook-deliveries")
REASON_AT_MOST = 1000
"""Characters: what a reason may add to a message, whose size the server limits."""

_PREFIX = DEAD_LETTERS_SUBJECTS.removesuffix(">")
_SENDABLE = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
"""Names of headers that nats-py sends: tokens of RFC 9110, 5.6.2. It takes others in, from who is less strict."""


@dataclass(frozen=True)
class DeadLetter:
    """
    Attributes:
        sequence: its number in the stream, by which it is named.
        subject: what it came on, and would go again on: call.scheduled.
        put_aside_at: aware, UTC.
        headers: all that it has.
        body: as it came.
    """

    sequence: int
    subject: str
    put_aside_at: datetime
    headers: Mapping[str, str]
    body: bytes

    @property
    def reason(self) -> str:
        return self.headers.get(REASON, "")

    @property
    def consumer(self) -> str:
        """Which durable consumer refused it; empty where it was put aside before that was told."""
        return self.headers.get(CONSUMER, "")

    @property
    def deliveries(self) -> int | None:
        """How often it had come when it was put aside; none where that was not told."""
        told = self.headers.get(DELIVERIES, "")
        return int(told) if told.isdecimal() else None

    @property
    def message_id(self) -> str:
        """Under which it goes again. The same for every try to send this one again, so that the stream takes one of them; another
        than it had, which the stream may still remember; and another where it is put aside once more.
        """
        return f"retry.{self.sequence}.{self.put_aside_at.isoformat()}"

    def message(self) -> Message:
        """What it holds.

        Raises:
            Undecodable: it cannot be read, and whoever hears it would refuse it again.
        """
        event = EVENTS.get(self.subject)
        if event is None:
            raise Undecodable(f"{self.subject} is no subject that this program knows.")
        message: Message
        message, _ = decode(event, self.headers, self.body)
        return message

    def headers_again(self) -> dict[str, str]:
        """The headers that it came with, and an id for the stream. CloudEvents id and trace stay: it is the same event."""
        came_with = {name: value for name, value in _own(self.headers).items() if name not in _ADDED}
        return {**came_with, **_id(self.message_id)}


def subject_aside(subject: str) -> str:
    """Where messages of a subject lie once they are put aside."""
    return f"{_PREFIX}{subject}"


def original_subject(aside: str) -> str:
    """The subject that a dead letter came on, from the one that it lies on."""
    return aside.removeprefix(_PREFIX)


def headers_aside(
    headers: Mapping[str, str], *, message_id: str, reason: str, consumer: str, deliveries: int
) -> dict[str, str]:
    """The headers of a message that is put aside.

    Args:
        headers: those that it came with.
        message_id: the same for every try to put it aside.
        reason: why.
        consumer: the durable consumer that refuses it.
        deliveries: how often it has come.
    """
    told = " ".join(reason.split())[:REASON_AT_MOST]
    return {**_own(headers), **_id(message_id), REASON: told, CONSUMER: consumer, DELIVERIES: str(deliveries)}


def _own(headers: Mapping[str, str]) -> dict[str, str]:
    """Less what told the server how to take it: it came in a batch, perhaps, and goes alone."""
    return {
        name: value for name, value in headers.items() if not name.startswith("Nats-") and _SENDABLE.fullmatch(name)
    }


def _id(message_id: str) -> dict[str, str]:
    return {"Nats-Msg-Id": message_id}
