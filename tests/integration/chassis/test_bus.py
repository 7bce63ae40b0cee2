import asyncio
from datetime import UTC, datetime

import nats
import pytest

from chassis.bus import Bus, BusUnavailable, open_bus
from chassis.clock import ManualClock
from chassis.consumer import Received
from chassis.errors import DaybookError, Unavailable
from chassis.events import CALL_FINISHED, CALL_SCHEDULED, CALLS_STREAM, DEAD_LETTERS_STREAM
from chassis.nats_access import NatsAccess
from chassis.streams import STREAMS, replicated
from daybook.events.v1.events_pb2 import CallScheduled

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


@pytest.fixture
async def bus(nats_url):
    async with open_bus(
        NatsAccess(nats_url), streams=STREAMS, source="test", clock=ManualClock(NOW), retry_delays_s=[0.01]
    ) as opened:
        yield opened


class Consuming:
    """A running consumer whose handled events a test can wait for."""

    def __init__(self) -> None:
        self.received: asyncio.Queue[Received[CallScheduled]] = asyncio.Queue()
        self.failures: list[Exception] = []

    async def handle(self, received: Received[CallScheduled]) -> None:
        if self.failures:
            raise self.failures.pop()
        await self.received.put(received)


@pytest.fixture
async def consuming(bus: Bus):
    consuming, stop = Consuming(), asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(bus.consume(CALL_SCHEDULED, durable="test", handler=consuming.handle, stop=stop))
        yield consuming
        stop.set()


async def dead_letter(nats_url):
    client = await nats.connect(nats_url)
    streams = client.jetstream()
    subscription = await streams.pull_subscribe("deadletter.>", stream=DEAD_LETTERS_STREAM)
    [message] = await subscription.fetch(1, timeout=20)
    await client.close()
    return message


async def test_an_event_arrives_as_it_was_published(bus, consuming):
    await bus.publish(CALL_SCHEDULED, CallScheduled(call_id="one"), event_id="one.scheduled")
    received = await consuming.received.get()
    assert (received.event_id, received.message.call_id, received.time) == ("one.scheduled", "one", NOW)


async def test_what_is_overheard_is_taken_from_nobody(bus, nats_url, consuming):
    heard = asyncio.Queue()
    async with bus.overhearing(CALL_SCHEDULED, heard.put_nowait):
        client = await nats.connect(nats_url)
        await client.publish(CALL_SCHEDULED.subject, b"no event")
        await client.close()
        await bus.publish(CALL_SCHEDULED, CallScheduled(call_id="one"), event_id="one.scheduled")
        assert (await heard.get()).call_id == "one"
    assert (await consuming.received.get()).message.call_id == "one"
    await bus.publish(CALL_SCHEDULED, CallScheduled(call_id="two"), event_id="two.scheduled")
    assert (await consuming.received.get()).message.call_id == "two"
    assert heard.empty()


async def test_the_same_event_id_is_stored_once(bus, nats_url):
    for _ in range(3):
        await bus.publish(CALL_SCHEDULED, CallScheduled(call_id="one"), event_id="one.scheduled")
    client = await nats.connect(nats_url)
    info = await client.jetstream().stream_info(CALLS_STREAM)
    await client.close()
    assert info.state.messages == 1


async def test_a_retryable_failure_makes_it_come_again(bus, consuming):
    consuming.failures = [Unavailable("not now")]
    await bus.publish(CALL_SCHEDULED, CallScheduled(call_id="one"), event_id="one.scheduled")
    received = await consuming.received.get()
    assert received.deliveries == 2


async def test_a_final_failure_is_put_aside_with_its_reason_and_the_next_is_served(bus, consuming, nats_url):
    consuming.failures = [DaybookError("This call is not known. Look for its call.scheduled.")]
    await bus.publish(CALL_SCHEDULED, CallScheduled(call_id="one"), event_id="one.scheduled")
    await bus.publish(CALL_SCHEDULED, CallScheduled(call_id="two"), event_id="two.scheduled")
    assert (await consuming.received.get()).message.call_id == "two"
    aside = await dead_letter(nats_url)
    assert aside.headers["daybook-reason"] == "This call is not known. Look for its call.scheduled."
    assert (aside.headers["daybook-consumer"], aside.headers["daybook-deliveries"]) == ("test", "1")
    assert CallScheduled.FromString(aside.data).call_id == "one"


async def test_an_unexpected_failure_is_put_aside_after_a_few_tries(bus, consuming, nats_url):
    consuming.failures = [RuntimeError("words of a person") for _ in range(5)]
    await bus.publish(CALL_SCHEDULED, CallScheduled(call_id="one"), event_id="one.scheduled")
    aside = await dead_letter(nats_url)
    assert "words" not in aside.headers["daybook-reason"]
    assert aside.headers["daybook-deliveries"] == "5"


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, b"no CloudEvents headers"),
        ({"ce-type": "daybook.events.v1.CallFinished", "ce-time": NOW.isoformat()}, b""),
        ({"ce-type": "daybook.events.v1.CallScheduled", "ce-time": NOW.isoformat()}, b"\xff\xff no protobuf"),
        ({"ce-type": "daybook.events.v1.CallScheduled", "ce-time": "yesterday"}, b""),
        ({"ce-type": "none at all", "Nats-Expected-Stream": CALLS_STREAM}, b"told to the server, how to take it"),
    ],
)
async def test_what_cannot_be_decoded_is_put_aside_and_the_next_is_served(bus, consuming, nats_url, headers, body):
    client = await nats.connect(nats_url)
    await client.jetstream().publish("call.scheduled", body, headers=headers)
    await client.close()
    await bus.publish(CALL_SCHEDULED, CallScheduled(call_id="next"), event_id="next.scheduled")
    assert (await consuming.received.get()).message.call_id == "next"
    aside = await dead_letter(nats_url)
    assert aside.data == body


async def test_a_header_that_no_client_of_ours_would_send_keeps_nobody_waiting(bus, consuming, nats_url):
    """nats-py takes such a name in and sends none."""
    headers = b"NATS/1.0\r\na(name)of: its own\r\nce-type: another\r\n\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", int(nats_url.rpartition(":")[2]))
    await reader.readline()  # INFO
    publish = f"HPUB call.scheduled {len(headers)} {len(headers)}\r\n".encode()
    writer.write(b'CONNECT {"headers":true,"verbose":false}\r\n' + publish + headers + b"\r\nPING\r\n")
    assert await reader.readline() == b"PONG\r\n"
    writer.close()
    await bus.publish(CALL_SCHEDULED, CallScheduled(call_id="next"), event_id="next.scheduled")
    assert (await consuming.received.get()).message.call_id == "next"
    assert (await dead_letter(nats_url)).headers["ce-type"] == "another"


async def test_a_consumer_hears_its_own_subject_alone(bus, consuming):
    await bus.publish(CALL_FINISHED, CALL_FINISHED.message(call_id="other"), event_id="other.finished")
    await bus.publish(CALL_SCHEDULED, CallScheduled(call_id="mine"), event_id="mine.scheduled")
    assert (await consuming.received.get()).message.call_id == "mine"


async def test_a_stream_that_was_lost_is_made_again_and_heard(bus, consuming, nats_url):
    client = await nats.connect(nats_url)
    await client.jetstream().delete_stream(CALLS_STREAM)
    await client.close()
    while True:
        try:
            await bus.publish(CALL_SCHEDULED, CallScheduled(call_id="one"), event_id="one.scheduled")
        except BusUnavailable:
            await asyncio.sleep(0.05)  # the consumer makes it meanwhile
        else:
            break
    assert (await consuming.received.get()).message.call_id == "one"


async def test_without_nats_the_error_says_what_to_look_at():
    with pytest.raises(Unavailable, match="Is it running, does DAYBOOK_NATS_URL name it"):
        async with open_bus(NatsAccess("nats://127.0.0.1:1"), streams=STREAMS, source="test", clock=ManualClock(NOW)):
            pass


async def test_one_server_cannot_keep_a_stream_three_times_and_that_is_said(nats_url):
    access = NatsAccess(nats_url)
    with pytest.raises(BusUnavailable, match="did not make the streams"):
        async with open_bus(access, source="test", clock=ManualClock(NOW), streams=replicated(STREAMS, 3)):
            pass
