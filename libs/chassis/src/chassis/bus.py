"""The bus: events over NATS JetStream, as protobuf bodies with CloudEvents attributes in the headers.

A row is the truth and a message the wake-up: JetStream may deliver a message again even after its ack was confirmed
(reference/scheduling.md, B), so no handler may rely on seeing an event once; a row in its own database guards the effect.

What cannot be decoded, or cannot be handled however often it comes, goes to the stream DEADLETTERS with the reason, and the
next message is served; `dead_letters` reads that stream, and sends what lies there again. Headers: `ce-id` (also `Nats-Msg-Id`,
by which JetStream drops repeats), `ce-type`, `ce-source`, `ce-time`, `ce-specversion`, `content-type`, `traceparent`.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, StreamConfig
from nats.js.errors import BadRequestError, NotFoundError
from opentelemetry.trace import SpanKind
from prometheus_client import Counter

from chassis.batches import Batches, Outgoing, Published
from chassis.clock import Clock
from chassis.consumer import Consumer, Handler
from chassis.dead_letter import original_subject
from chassis.errors import DaybookError, Unavailable
from chassis.events import CALLS_STREAM, DEAD_LETTERS_STREAM, DEAD_LETTERS_SUBJECTS, EventType, MessageT, decode
from chassis.heartbeat import Heartbeat
from chassis.nats_access import NatsAccess, connect_nats
from chassis.nats_permissions import CONSUMERS
from chassis.nats_pulse import Pulse
from chassis.telemetry import MESSAGING, inject, span

log = structlog.get_logger()

REQUEST_TIMEOUT_S = 5.0
ANSWERS_WITHIN_S = 2.0
ACK_WAIT_S = 30.0
RETRY_DELAYS_S = (0.2, 1.0, 5.0, 15.0, 30.0)

NO_ANSWER = "NATS does not answer. Is it running, does DAYBOOK_NATS_URL name it, and does it know DAYBOOK_NATS_USER?"
_STREAM_NAME_IN_USE = 10058

events_published = Counter("daybook_events_published_total", "Events confirmed by the stream.", ["subject"])


class BusUnavailable(Unavailable):
    """NATS did not confirm. The event may have been stored: publish it again under the same id."""


@dataclass(frozen=True)
class Waiting:
    """What waits in the streams.

    Attributes:
        consumers: events that each durable consumer has not finished; 0 also where the consumer is gone, as it will be until
            its own process makes it again.
        dead_letters: events put aside, by the subject that they came on.
    """

    consumers: Mapping[str, int]
    dead_letters: Mapping[str, int]


class Bus:
    """A connection to NATS. Made by `open_bus`."""

    def __init__(
        self,
        client: Client,
        pulse: Pulse,
        *,
        source: str,
        clock: Clock,
        streams: Sequence[StreamConfig],
        retry_delays_s: Sequence[float],
    ) -> None:
        self._client = client
        self._pulse = pulse
        self._stream: JetStreamContext = client.jetstream(timeout=REQUEST_TIMEOUT_S)
        self._source = source
        self._clock = clock
        self._streams = streams
        self._retry_delays_s = retry_delays_s

    async def check(self) -> None:
        """Returns when NATS answers.

        Raises:
            BusUnavailable: it does not.
        """
        if not await self._pulse.felt(within_s=ANSWERS_WITHIN_S):
            raise BusUnavailable(NO_ANSWER)

    async def provision(self) -> None:
        """Makes the streams that are this process's to make, or brings their settings up to date. Any number may do it at once.

        Raises:
            BusUnavailable: NATS did not make them.
        """
        for config in self._streams:
            await self._provision_stream(config)

    async def _provision_stream(self, config: StreamConfig) -> None:
        try:
            await self._stream.add_stream(config)
        except BadRequestError as error:
            if error.err_code != _STREAM_NAME_IN_USE:
                raise
            await self._stream.update_stream(config)
        except (NatsError, TimeoutError, OSError) as error:
            raise BusUnavailable(
                "NATS did not make the streams. Is JetStream enabled (nats-server -js), and are there as many servers as "
                "DAYBOOK_STREAM_REPLICAS asks for?"
            ) from error

    async def publish(self, event: EventType[MessageT], message: MessageT, *, event_id: str) -> None:
        """Publishes one event and waits until the stream has stored it.

        Args:
            event: its kind.
            message: its body.
            event_id: the same for every try to tell the same fact; JetStream drops repeats.

        Raises:
            BusUnavailable: no confirmation came. Publish again under the same id.
        """
        headers = {"Nats-Msg-Id": event_id, "ce-id": event_id, **self._headers(event)}
        with span(f"send {event.subject}", kind=SpanKind.PRODUCER, attributes=MESSAGING):
            inject(headers)
            try:
                await self._stream.publish(
                    event.subject, message.SerializeToString(), headers=headers, stream=CALLS_STREAM
                )
            except (NatsError, TimeoutError, OSError) as error:
                raise BusUnavailable(
                    f"The stream did not confirm an event on {event.subject}. It is to be sent again."
                ) from error
        events_published.labels(event.subject).inc()

    async def publish_all(self, event: EventType[MessageT], outgoing: Sequence[Outgoing]) -> Published:
        """Publishes many events of one kind in their order, much faster than one by one, and waits until the stream has stored
        them. One that it has already is confirmed again.

        Args:
            event: their kind.
            outgoing: their ids, bodies and traces.

        Returns:
            Which are confirmed, and which are never going to be. Publish the others again under the same ids: no answer came.
        """
        batches = Batches(self._client, self._stream, event.subject, self._headers(event), REQUEST_TIMEOUT_S)
        published = await batches.publish(outgoing)
        events_published.labels(event.subject).inc(len(published.confirmed))
        return published

    def _headers(self, event: EventType[MessageT]) -> dict[str, str]:
        """The CloudEvents attributes that all events of one kind have now."""
        return {
            "ce-type": event.type_name,
            "ce-source": self._source,
            "ce-time": self._clock.now().isoformat(),
            "ce-specversion": "1.0",
            "content-type": "application/protobuf",
        }

    async def consume(
        self,
        event: EventType[MessageT],
        *,
        durable: str,
        handler: Handler[MessageT],
        stop: asyncio.Event,
        workers: int = 1,
    ) -> None:
        """Hands every event of a kind to a handler until `stop` is set; what is in hand then is finished first.

        Args:
            event: which kind.
            durable: the consumer's name on the server. All processes of one service share it, and so the work.
            handler: see `Handler`.
            stop: set to end.
            workers: how many events may be in hand at once. More than one gives up their order.
        """

        async def provision() -> None:
            await self.provision()
            await self._provision_consumer(event, durable)

        heartbeat = Heartbeat(f"consumer:{durable}", self._clock)
        consumer = Consumer(self._stream, event, durable, handler, provision, self._retry_delays_s, heartbeat)
        async with asyncio.TaskGroup() as tasks:
            for _ in range(workers):
                tasks.create_task(consumer.run(stop))

    @asynccontextmanager
    async def overhearing(self, event: EventType[MessageT], hear: Callable[[MessageT], None]) -> AsyncIterator[None]:
        """Hands on every event of a kind, as it is published by anybody, while the block runs; it is taken from nobody.

        It is for what is good to know: what is published while the connection is away is not heard, and what cannot be decoded
        is left to the event's consumer.
        """

        async def take(message: Msg) -> None:
            with contextlib.suppress(DaybookError):
                hear(decode(event, message.headers or {}, message.data)[0])

        subscription = await self._client.subscribe(event.subject, cb=take)
        try:
            yield
        finally:
            with contextlib.suppress(NatsError, OSError):  # NATS went before us
                await subscription.unsubscribe()

    async def figures(self) -> Waiting:
        """What waits in the streams now. A stream that is gone holds nothing.

        Raises:
            BusUnavailable: NATS does not answer.
        """
        consumers = dict.fromkeys(CONSUMERS, 0)
        dead_letters = dict.fromkeys([event.subject for event in CONSUMERS.values()], 0)
        try:
            with contextlib.suppress(NotFoundError):
                for consumer in await self._stream.consumers_info(CALLS_STREAM):
                    if consumer.name in consumers:
                        consumers[consumer.name] = (consumer.num_pending or 0) + (consumer.num_ack_pending or 0)
            with contextlib.suppress(NotFoundError):
                info = await self._stream.stream_info(DEAD_LETTERS_STREAM, subjects_filter=DEAD_LETTERS_SUBJECTS)
                for subject, count in (info.state.subjects or {}).items():
                    dead_letters[original_subject(subject)] = count
        except (NatsError, TimeoutError, OSError) as error:
            raise BusUnavailable(NO_ANSWER) from error
        return Waiting(consumers, dead_letters)

    async def _provision_consumer(self, event: EventType[MessageT], durable: str) -> None:
        config = ConsumerConfig(
            # named as well: so the request's subject bears the filter, and NATS can hold each user to its own
            name=durable,
            durable_name=durable,
            filter_subject=event.subject,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=ACK_WAIT_S,
            max_deliver=-1,
        )
        try:
            await self._stream.add_consumer(CALLS_STREAM, config)
        except (NatsError, TimeoutError, OSError) as error:
            raise BusUnavailable(f"NATS did not make the consumer {durable}.") from error


@asynccontextmanager
async def open_bus(
    access: NatsAccess,
    *,
    source: str,
    clock: Clock,
    streams: Sequence[StreamConfig] = (),
    retry_delays_s: Sequence[float] = RETRY_DELAYS_S,
) -> AsyncIterator[Bus]:
    """A bus while the block runs; it reconnects by itself for as long as it takes.

    Args:
        access: where NATS is, and who we are there.
        source: the service's name, as `ce-source`.
        clock: for `ce-time`.
        streams: those that are this process's to make, and to make again where they are gone.
        retry_delays_s: after how long an event that failed comes again, by how often it has; the last holds from then on.

    Raises:
        BusUnavailable: NATS cannot be reached at the start.
    """
    leaving = False

    async def lost() -> None:
        if not leaving:
            log.warning("bus.lost")

    async def back() -> None:
        log.info("bus.back")

    async def refused(reason: str) -> None:
        log.error("bus.refused", reason=reason)

    try:
        client = await connect_nats(access, name=source, lost=lost, back=back, refused=refused)
    except (NatsError, TimeoutError, OSError) as error:
        raise BusUnavailable(NO_ANSWER) from error
    pulse = Pulse(client)
    try:
        bus = Bus(client, pulse, source=source, clock=clock, streams=streams, retry_delays_s=retry_delays_s)
        await bus.provision()
        yield bus
    finally:
        # not drain(): it would wait for messages of a fetch that nobody is waiting for any more; what was in hand is done
        leaving = True
        with contextlib.suppress(OSError):  # NATS went before us
            await client.close()
        pulse.forget()
