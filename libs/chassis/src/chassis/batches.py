"""Many events at once: as one atomic batch, and one by one where they are few or the stream takes no batch.

A stream that flushes each message to the disk confirms some 1 000 messages a second, alone or pipelined; in batches of 500
more than ten times as many (reference/scheduling.md, B). A batch (NATS ADR-50) is a run of messages with the headers
`Nats-Batch-Id` and `Nats-Batch-Sequence`. The last has `Nats-Batch-Commit` too, and its answer is that to them all.

- The server refuses a batch as a whole: for one event that it has already (error 10201), for a limit, or because the stream
  allows none. Each event then goes by itself, and is confirmed by itself, as a repeat where it is one.
- No answer to the last message means that nobody knows. Nothing is confirmed; the same events are to be published again under
  the same ids, and those that the stream has are then confirmed as repeats.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import uuid4

import structlog
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import Header
from nats.js.errors import APIError, BadRequestError
from opentelemetry.context import Context
from opentelemetry.trace import SpanKind, StatusCode

from chassis.events import CALLS_STREAM
from chassis.telemetry import MESSAGING, inject_span, start_span

log = structlog.get_logger()

BATCH_SIZE = 500
"""The server takes 1000 events a batch."""
WORTH_A_BATCH = 16
"""To open and commit a batch takes the server as long as this many events one by one (measured: 4 ms of CPU, some 15 ms until the
answer; alone, an event takes 0.3 ms and is answered after 1)."""
HEADERS_AT_MOST_BYTES = 2048
"""What the headers of an event may take of the size that the server allows a message."""

# as plain words: a member of an enum is looked up anew for each event
_MSG_ID = Header.MSG_ID.value
_BATCH_ID = Header.BATCH_ID.value
_BATCH_SEQUENCE = Header.BATCH_SEQUENCE.value
_BATCH_COMMIT = Header.BATCH_COMMIT.value


@dataclass(frozen=True)
class Outgoing:
    """One event that is to be published.

    Attributes:
        event_id: the same for every try to tell the same fact; JetStream drops repeats.
        payload: its body, encoded.
        context: the trace that it belongs to.
    """

    event_id: str
    payload: bytes
    context: Context


@dataclass(frozen=True)
class Published:
    """What became of events that were published together. Those that are in neither set are to be published again.

    Attributes:
        confirmed: ids of events that the stream has, from now or from an earlier time.
        refused: ids of events that are not taken as they are, however often they come: larger than the server allows, perhaps.
    """

    confirmed: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _Message:
    event_id: str
    payload: bytes
    headers: dict[str, str]


@dataclass(frozen=True)
class Batches:
    """Publishes events of one kind.

    Attributes:
        client: the connection.
        stream: the JetStream of that connection.
        subject: what they are published on.
        headers: those that all of them have.
        timeout_s: how long an answer is waited for.
    """

    client: Client
    stream: JetStreamContext
    subject: str
    headers: Mapping[str, str]
    timeout_s: float

    async def publish(self, events: Sequence[Outgoing]) -> Published:
        """Publishes the events in their order, and waits until the stream has stored them or something does not answer.

        What comes after an event that was not confirmed is not tried: it would only wait as long once more.
        """
        largest = self.client.max_payload - HEADERS_AT_MOST_BYTES
        # one that is too large must not be sent: the server would close the connection, to all that use it
        refused = {event.event_id for event in events if len(event.payload) > largest}
        if refused:
            log.error("bus.events_too_large", subject=self.subject, events=len(refused), largest_bytes=largest)
        fitting = [event for event in events if event.event_id not in refused]
        confirmed: set[str] = set()
        for start in range(0, len(fitting), BATCH_SIZE):
            some = fitting[start : start + BATCH_SIZE]
            published = await self._publish_traced(some)
            confirmed |= published.confirmed
            refused |= published.refused
            if any(event.event_id not in confirmed and event.event_id not in refused for event in some):
                break
        return Published(frozenset(confirmed), frozenset(refused))

    async def _publish_traced(self, events: Sequence[Outgoing]) -> Published:
        """Each event has a span of its own, since each belongs to a trace of its own."""
        name = f"send {self.subject}"
        spans = [
            start_span(name, kind=SpanKind.PRODUCER, context=event.context, attributes=MESSAGING) for event in events
        ]
        messages = []
        for event, span in zip(events, spans, strict=True):
            headers = {**self.headers, _MSG_ID: event.event_id, "ce-id": event.event_id}
            inject_span(span, headers)
            messages.append(_Message(event.event_id, event.payload, headers))
        published = Published()
        try:
            if len(messages) < WORTH_A_BATCH:
                published = await self._publish_each(messages)
            else:
                published = await self._publish_batch(messages)
        finally:
            for event, span in zip(events, spans, strict=True):
                if event.event_id not in published.confirmed:
                    span.set_status(StatusCode.ERROR)
                span.end()
        return published

    async def _publish_batch(self, messages: Sequence[_Message]) -> Published:
        batch_id = uuid4().hex
        *others, last = messages
        try:
            for number, message in enumerate(others, 1):
                headers = {**message.headers, _BATCH_ID: batch_id, _BATCH_SEQUENCE: str(number)}
                await self.client.publish(self.subject, message.payload, headers=headers)
            headers = {**last.headers, _BATCH_ID: batch_id, _BATCH_SEQUENCE: str(len(messages)), _BATCH_COMMIT: "1"}
            answer = await self.stream.publish(
                self.subject, last.payload, headers=headers, stream=CALLS_STREAM, timeout=self.timeout_s
            )
        except APIError as refusal:
            log.info("bus.batch_refused", subject=self.subject, events=len(messages), err_code=refusal.err_code)
            return await self._publish_each(messages)
        except (NatsError, TimeoutError, OSError):
            return Published()
        if (answer.batch_id, answer.batch_size) != (batch_id, len(messages)):
            # a server older than 2.12 has taken each message by itself, and answers for the last alone
            return await self._publish_each(messages)
        return Published(confirmed=frozenset(message.event_id for message in messages))

    async def _publish_each(self, messages: Sequence[_Message]) -> Published:
        """All of them without a batch, none waiting for the answer to the one before.

        Not by nats-py's `publish_async`: what it returns never ends where the answer is an error (2.16).
        """
        confirmed: set[str] = set()
        refused: set[str] = set()

        async def publish(message: _Message) -> None:
            try:
                await self.stream.publish(
                    self.subject,
                    message.payload,
                    headers=message.headers,
                    stream=CALLS_STREAM,
                    timeout=self.timeout_s,
                )
            except BadRequestError:
                refused.add(message.event_id)
            except (NatsError, TimeoutError, OSError):
                return  # nobody knows
            else:
                confirmed.add(message.event_id)  # also where the answer calls it a repeat: the stream has it

        async with asyncio.TaskGroup() as tasks:
            for message in messages:
                tasks.create_task(publish(message))
        return Published(frozenset(confirmed), frozenset(refused))
