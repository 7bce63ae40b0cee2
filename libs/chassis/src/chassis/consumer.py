"""Takes events of one kind from the stream and hands them to a handler; what cannot be handled is put aside with its reason.

The stream may be away for a while, and even gone when it comes back: then it is made again, and taken from again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic

import structlog
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.errors import FetchTimeoutError
from opentelemetry.trace import SpanKind
from prometheus_client import Counter

from chassis.dead_letter import headers_aside, subject_aside
from chassis.errors import DaybookError, Unavailable
from chassis.events import CALLS_STREAM, DEAD_LETTERS_STREAM, EventType, MessageT, decode
from chassis.heartbeat import Heartbeat
from chassis.telemetry import MESSAGING, extract, span
from chassis.waiting import until_set

log = structlog.get_logger()

FETCH_TIMEOUT_S = 5.0
IDLE_SIGN_S = 2.0
"""How often the server says, while there is nothing to take, that it still minds the consumer."""
AFTER_FAILURE = timedelta(seconds=0.5)
UNEXPECTED_FAILURES_BEFORE_DEAD_LETTER = 5
RESULTS = ("handled", "retried", "dead_letter")

events_handled = Counter(
    "daybook_events_handled_total", "Events taken from the stream, by what became of them.", ["subject", "result"]
)


@dataclass(frozen=True)
class Received(Generic[MessageT]):
    """An event as it came.

    Attributes:
        event_id: the CloudEvents id, the same on every delivery.
        time: when it was published, aware, UTC.
        deliveries: how often it has come, this time included.
    """

    event_id: str
    time: datetime
    message: MessageT
    deliveries: int


Handler = Callable[[Received[MessageT]], Awaitable[None]]
"""Handles one event. A DaybookError that is retryable makes it come again later, for as long as it takes; one that is not puts
it aside at once; any other exception puts it aside after a few times."""


@dataclass(frozen=True)
class Consumer(Generic[MessageT]):
    """One durable consumer of one kind of event.

    Attributes:
        stream: the connection's JetStream.
        event: which kind.
        durable: its name on the server, which has it already or gets it by `provision`.
        handler: see `Handler`.
        provision: makes the streams and this consumer where they are missing.
        retry_delays_s: after how long an event that failed comes again, by how often it has; the last holds from then on.
        heartbeat: beats when an event is done with, and when the server said that there is none.
    """

    stream: JetStreamContext
    event: EventType[MessageT]
    durable: str
    handler: Handler[MessageT]
    provision: Callable[[], Awaitable[None]]
    retry_delays_s: Sequence[float]
    heartbeat: Heartbeat

    async def run(self, stop: asyncio.Event) -> None:
        """Takes one event after the other until `stop` is set; the one in hand then is finished first."""
        for result in RESULTS:
            events_handled.labels(self.event.subject, result)
        while not stop.is_set():
            try:
                await self.provision()
                await self._take_all(stop)
            except (NatsError, Unavailable, OSError):
                log.warning("bus.unreachable", subject=self.event.subject)
                await until_set(stop, within=AFTER_FAILURE)

    async def _take_all(self, stop: asyncio.Event) -> None:
        subscription = await self.stream.pull_subscribe_bind(self.durable, stream=CALLS_STREAM)
        stopped = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                # one at a time: nats-py waits out the timeout for a batch that does not fill
                fetching = asyncio.create_task(subscription.fetch(1, timeout=FETCH_TIMEOUT_S, heartbeat=IDLE_SIGN_S))
                try:
                    await asyncio.wait([fetching, stopped], return_when=asyncio.FIRST_COMPLETED)
                finally:
                    if not fetching.done():
                        fetching.cancel()
                done = [await self._handle(message) for message in await _fetched(fetching, stop)]
                if all(done) and not stop.is_set():
                    self.heartbeat.beat()
        finally:
            stopped.cancel()

    async def _handle(self, message: Msg) -> bool:
        """Hands one message to the handler. False where it is to come again."""
        deliveries = message.metadata.num_delivered
        context = extract(message.headers or {})
        with span(f"process {self.event.subject}", kind=SpanKind.CONSUMER, context=context, attributes=MESSAGING):
            try:
                await self.handler(_received(message, self.event, deliveries))
            except DaybookError as error:
                if error.retryable:
                    await self._again(message, deliveries, error)
                    return False
                log.error("event.refused", subject=self.event.subject, error=str(error))
                await self._put_aside(message, str(error))
            except Exception as error:
                if deliveries < UNEXPECTED_FAILURES_BEFORE_DEAD_LETTER:
                    await self._again(message, deliveries, error)
                    return False
                log.error("event.failed_for_good", subject=self.event.subject, exc_info=error)
                reason = f"{type(error).__name__} at each of {deliveries} tries; the log says where"
                await self._put_aside(message, reason)
            else:
                await message.ack()
                self._count("handled")
        return True

    async def _again(self, message: Msg, deliveries: int, error: Exception) -> None:
        delay_s = self.retry_delays_s[min(deliveries, len(self.retry_delays_s)) - 1]
        subject = self.event.subject
        log.warning("event.retried", subject=subject, deliveries=deliveries, delay_s=delay_s, exc_info=error)
        await message.nak(delay=delay_s)
        self._count("retried")

    async def _put_aside(self, message: Msg, reason: str) -> None:
        """Stores a message among the dead letters, then ends its delivery: in this order nothing is lost between."""
        metadata = message.metadata
        # this consumer's refusal of this message, told once: another consumer refuses it for itself, and a stream that was
        # lost and made anew counts from one again
        published_at = metadata.timestamp.isoformat()
        message_id = f"deadletter.{self.durable}.{metadata.stream}.{metadata.sequence.stream}.{published_at}"
        headers = headers_aside(
            message.headers or {},
            message_id=message_id,
            reason=reason,
            consumer=self.durable,
            deliveries=metadata.num_delivered,
        )
        subject = subject_aside(self.event.subject)
        await self.stream.publish(subject, message.data, headers=headers, stream=DEAD_LETTERS_STREAM)
        await message.term()
        self._count("dead_letter")

    def _count(self, result: str) -> None:
        events_handled.labels(self.event.subject, result).inc()


async def _fetched(fetching: "asyncio.Task[list[Msg]]", stop: asyncio.Event) -> list[Msg]:
    """What was fetched; nothing where the server said that there is nothing, or nothing more is wanted.

    Raises:
        NatsError: the server said nothing at all: it is away, or does not know the consumer any more.
    """
    try:
        return await fetching
    except FetchTimeoutError:
        return []
    except asyncio.CancelledError:
        if stop.is_set():
            return []
        raise


def _received(message: Msg, event: EventType[MessageT], deliveries: int) -> Received[MessageT]:
    headers = message.headers or {}
    body, time = decode(event, headers, message.data)
    return Received(event_id=headers.get("ce-id", ""), time=time, message=body, deliveries=deliveries)
