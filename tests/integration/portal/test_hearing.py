"""What the portal hears of calls on a real NATS, also once this was away."""

import asyncio
from uuid import UUID, uuid4

import pytest
from real_servers import RealNats

from chassis.bus import BusUnavailable, open_bus
from chassis.clock import SystemClock
from chassis.events import CALL_WITHDRAWN
from chassis.nats_access import NatsAccess
from chassis.streams import STREAMS
from daybook.events.v1 import events_pb2 as events
from portal.hearing import hear_until
from portal.switchboard import Switchboard

PERSON = UUID("00000000-0000-4000-8000-000000000001")


@pytest.fixture
async def nats(tmp_path):
    server = RealNats(tmp_path)
    server.start()
    await server.until_answering()
    yield server
    server.stop()


async def heard(bus, woken: asyncio.Event) -> None:
    """Returns once an event that was told has woken a page. One that is told while a connection is away is not heard."""
    woken.clear()
    async with asyncio.timeout(60):
        while not woken.is_set():
            told = events.CallWithdrawn(call_id=str(uuid4()), person_id=str(PERSON))
            try:
                await bus.publish(CALL_WITHDRAWN, told, event_id=str(uuid4()))
                async with asyncio.timeout(0.5):
                    await woken.wait()
            except (BusUnavailable, TimeoutError):
                continue


async def test_calls_are_followed_again_once_nats_is_back(nats):
    access, clock, stop = NatsAccess(nats.embedded.url), SystemClock(), asyncio.Event()
    switchboard = Switchboard()
    async with (
        open_bus(access, source="voice-gateway", clock=clock, streams=STREAMS) as bus,
        asyncio.TaskGroup() as tasks,
    ):
        await bus.provision()
        tasks.create_task(hear_until(stop, access, switchboard, clock, source="portal"))
        with switchboard.following(PERSON) as woken:
            await heard(bus, woken)
            for _ in range(2):
                nats.kill()
                nats.start()
                await nats.until_answering()
                await heard(bus, woken)
        stop.set()
