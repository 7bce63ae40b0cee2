"""NATS goes and comes back: who asks is told, and what was refused can be told again."""

import asyncio
import signal
import time

import pytest
from pydantic import SecretStr
from real_servers import RealNats

from chassis.bus import BusUnavailable, open_bus
from chassis.clock import SystemClock
from chassis.events import CALL_SCHEDULED
from chassis.nats_access import NatsAccess
from chassis.nats_permissions import USERS, authorization
from chassis.streams import STREAMS
from daybook.events.v1.events_pb2 import CallScheduled

SECONDS = 60


@pytest.fixture
def server(tmp_path):
    server = RealNats(tmp_path)
    server.start()
    yield server
    server.kill()


async def test_a_user_whom_nats_does_not_know_is_told_what_to_look_at(tmp_path):
    server = RealNats(tmp_path, authorization(dict.fromkeys(USERS, "right")))
    server.start()
    try:
        stranger = NatsAccess(server.embedded.url, "voice-gateway", SecretStr("wrong"))
        with pytest.raises(BusUnavailable, match="does it know DAYBOOK_NATS_USER"):
            async with open_bus(stranger, source="voice-gateway", clock=SystemClock()):
                pass
    finally:
        server.kill()


async def answered(bus):
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            return await bus.check()
        except BusUnavailable:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)  # it reconnects meanwhile


async def unanswered(bus):
    """Waits until NATS, which was told to stand still, does, and the bus says so."""
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            await bus.check()
        except BusUnavailable:
            return
        assert time.monotonic() < deadline


async def test_a_bus_that_is_away_is_told_and_found_again(server):
    async with open_bus(NatsAccess(server.embedded.url), streams=STREAMS, source="test", clock=SystemClock()) as bus:
        await bus.publish(CALL_SCHEDULED, CallScheduled(call_id="one"), event_id="one.scheduled")
        server.kill()
        with pytest.raises(BusUnavailable, match="It is to be sent again"):
            await bus.publish(CALL_SCHEDULED, CallScheduled(call_id="two"), event_id="two.scheduled")
        with pytest.raises(BusUnavailable, match="NATS does not answer"):
            await bus.check()
        server.start()
        await answered(bus)
        await bus.publish(CALL_SCHEDULED, CallScheduled(call_id="two"), event_id="two.scheduled")


async def test_a_bus_that_hangs_for_a_while_is_told_and_serves_again(server):
    """nats-py stops to listen when an answer comes to a question that was given up: none of ours may be."""
    async with open_bus(NatsAccess(server.embedded.url), streams=STREAMS, source="test", clock=SystemClock()) as bus:
        server.send(signal.SIGSTOP)
        await unanswered(bus)
        hasty = asyncio.create_task(bus.check())
        await asyncio.sleep(0)
        hasty.cancel()  # as a probe does that waits no longer
        server.send(signal.SIGCONT)
        await answered(bus)
        await bus.publish(CALL_SCHEDULED, CallScheduled(call_id="one"), event_id="one.scheduled")
