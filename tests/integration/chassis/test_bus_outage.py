"""NATS goes and comes back: who asks is told, and what was refused can be told again."""

import asyncio
import signal
import subprocess
import time

import pytest
from pydantic import SecretStr

from chassis.bus import STREAMS, BusUnavailable, open_bus
from chassis.clock import SystemClock
from chassis.events import CALL_SCHEDULED
from chassis.nats_access import NatsAccess
from chassis.nats_permissions import USERS, authorization
from daybook.events.v1.events_pb2 import CallScheduled
from daybook_cli.embedded import EmbeddedNats, free_port

SECONDS = 60


class Server:
    def __init__(self, folder, authorization=""):
        self.nats = EmbeddedNats(folder, free_port(), free_port())
        self.nats.prepare(authorization)
        self._process = None

    def start(self):
        self._process = subprocess.Popen(self.nats.argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def freeze(self):
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self._process.send_signal(signal.SIGCONT)

    def kill(self):
        self._process.kill()
        self._process.wait()


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path)
    server.start()
    yield server
    server.kill()


async def test_a_user_whom_nats_does_not_know_is_told_what_to_look_at(tmp_path):
    server = Server(tmp_path, authorization(dict.fromkeys(USERS, "right")))
    server.start()
    try:
        stranger = NatsAccess(server.nats.url, "voice-gateway", SecretStr("wrong"))
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
    async with open_bus(NatsAccess(server.nats.url), streams=STREAMS, source="test", clock=SystemClock()) as bus:
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
    async with open_bus(NatsAccess(server.nats.url), streams=STREAMS, source="test", clock=SystemClock()) as bus:
        server.freeze()
        await unanswered(bus)
        hasty = asyncio.create_task(bus.check())
        await asyncio.sleep(0)
        hasty.cancel()  # as a probe does that waits no longer
        server.thaw()
        await answered(bus)
        await bus.publish(CALL_SCHEDULED, CallScheduled(call_id="one"), event_id="one.scheduled")
