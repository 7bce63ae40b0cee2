"""A consumer's heartbeat: it beats as long as the consumer does its work or could, and not a moment longer (promise 7)."""

import asyncio
import os
import signal
import subprocess
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import nats
import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from chassis.bus import open_bus
from chassis.clock import ManualClock
from chassis.errors import Unavailable
from chassis.events import CALL_SCHEDULED, CALLS_STREAM
from chassis.nats_access import NatsAccess
from chassis.streams import STREAMS
from daybook.events.v1.events_pb2 import CallScheduled
from daybook_cli.embedded import EmbeddedNats, free_port

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


@pytest.fixture
def clock():
    return ManualClock(NOW)


@pytest.fixture
def durable():
    return f"test-{uuid4().hex}"


def last_beat(durable):
    labels = {"worker": f"consumer:{durable}"}
    return REGISTRY.get_sample_value("daybook_worker_last_success_timestamp_seconds", labels)


async def until(holds):
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110 - a metric and a log can only be looked at
            await asyncio.sleep(0.02)


@asynccontextmanager
async def consuming(bus, durable, handle):
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(bus.consume(CALL_SCHEDULED, durable=durable, handler=handle, stop=stop))
        yield
        stop.set()


async def nothing(_received):
    return None


async def publish(bus, call_id):
    await bus.publish(CALL_SCHEDULED, CallScheduled(call_id=call_id), event_id=f"{call_id}.scheduled")


async def test_an_idle_consumer_beats(nats_url, clock, durable):
    async with (
        open_bus(NatsAccess(nats_url), streams=STREAMS, source="test", clock=clock) as bus,
        consuming(bus, durable, nothing),
    ):
        await until(lambda: last_beat(durable) == NOW.timestamp())


async def test_an_event_that_is_to_come_again_is_no_success(nats_url, clock, durable):
    seen = []

    async def handle(_received):
        seen.append(last_beat(durable))
        if len(seen) < 3:
            raise Unavailable("not now")

    async with open_bus(
        NatsAccess(nats_url), streams=STREAMS, source="test", clock=clock, retry_delays_s=[0.01]
    ) as bus:
        await publish(bus, "one")
        async with consuming(bus, durable, handle):
            await until(lambda: last_beat(durable) == NOW.timestamp())
    assert seen == [0, 0, 0]


async def test_a_handler_that_hangs_stops_the_beat(nats_url, clock, durable):
    in_hand, go_on = asyncio.Event(), asyncio.Event()

    async def handle(_received):
        in_hand.set()
        await go_on.wait()

    async with (
        open_bus(NatsAccess(nats_url), streams=STREAMS, source="test", clock=clock) as bus,
        consuming(bus, durable, handle),
    ):
        await publish(bus, "one")
        await in_hand.wait()
        assert last_beat(durable) == 0
        go_on.set()
        await until(lambda: last_beat(durable) == NOW.timestamp())


@pytest.fixture
def own_server(tmp_path):
    server = EmbeddedNats(tmp_path, free_port(), free_port())
    server.prepare()
    process = subprocess.Popen(server.argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    yield server, process
    process.kill()
    process.wait()


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGSTOP])
async def test_without_nats_a_consumer_does_not_beat_however_idle_it_is(own_server, clock, durable, end):
    server, process = own_server
    access = NatsAccess(server.url)
    async with (
        open_bus(access, streams=STREAMS, source="test", clock=clock) as bus,
        consuming(bus, durable, nothing),
    ):
        await until(lambda: last_beat(durable) == NOW.timestamp())
        os.kill(process.pid, end)
        clock.advance(timedelta(hours=1))
        with capture_logs() as logs:
            await until(lambda: any(entry["event"] == "bus.unreachable" for entry in logs))
        assert last_beat(durable) == NOW.timestamp()
        process.kill()


async def test_a_consumer_that_was_deleted_is_made_again_and_goes_on(nats_url, clock, durable):
    heard = asyncio.Event()

    async def handle(_received):
        heard.set()

    async with (
        open_bus(NatsAccess(nats_url), streams=STREAMS, source="test", clock=clock) as bus,
        consuming(bus, durable, handle),
    ):
        await until(lambda: last_beat(durable) == NOW.timestamp())
        client = await nats.connect(nats_url)
        await client.jetstream().delete_consumer(CALLS_STREAM, durable)
        await client.close()
        await publish(bus, "one")
        await heard.wait()
