"""The whole service as `serve` wires it, between a real bus, a real database and the emulated carrier."""

import asyncio
import contextlib
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import nats
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from nats.js.errors import NotFoundError
from pydantic import SecretStr
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from call_dispatcher.__main__ import serve
from call_dispatcher.settings import Settings
from chassis.bus import open_bus
from chassis.clock import SystemClock
from chassis.events import CALL_DIALED, CALL_FINISHED, CALL_PROGRESSED, CALL_SCHEDULED, CALL_WITHDRAWN
from chassis.nats_access import NatsAccess
from chassis.streams import CALLS_STREAM, STREAMS
from daybook.events.v1 import events_pb2 as pb
from emulators.twilio import TwilioEmulatorSettings
from emulators.twilio import serve as serving_carrier

ACCOUNT, TOKEN, FROM = "AC" + "0" * 32, "token", "+15005550006"


class Emulated(TwilioHttpClient):
    def __init__(self, base_url: str) -> None:
        super().__init__(timeout=5)
        self._base_url = base_url

    def request(self, method, url, *args, **kwargs):
        return super().request(method, url.replace("https://api.twilio.com", self._base_url), *args, **kwargs)


class Outside:
    """What surrounds the service, in the test's hand."""

    def __init__(self, bus, nats_client, scheduler, carrier_url) -> None:
        self.bus = bus
        self.nats = nats_client
        self.scheduler = scheduler
        self.carrier_url = carrier_url
        self.told: asyncio.Queue[pb.CallDialed | pb.CallFinished] = asyncio.Queue()

    async def hear(self, received) -> None:
        await self.told.put(received.message)

    async def schedule(self, *, opens_in: timedelta = timedelta(minutes=-1), call_id: str | None = None) -> str:
        call = pb.CallScheduled(call_id=call_id or str(uuid4()), person_id=str(uuid4()), window_id=str(uuid4()))
        self.scheduler.numbers[call.call_id] = self.scheduler.number_of(call.person_id)
        await self._announce(call, opens_in)
        return call.call_id

    async def move(self, call_id, *, revision, opens_in) -> None:
        person_id = next(
            key for key, number in self.scheduler.numbers.items() if number == self.scheduler.numbers[call_id]
        )
        await self._announce(pb.CallScheduled(call_id=call_id, person_id=person_id, revision=revision), opens_in)

    async def _announce(self, call, opens_in) -> None:
        opens = datetime.now(UTC) + opens_in
        call.not_before.FromDatetime(opens)
        call.not_after.FromDatetime(opens + timedelta(hours=1))
        event_id = f"{call.call_id}.scheduled" + (f".{call.revision}" if call.revision else "")
        await self.bus.publish(CALL_SCHEDULED, call, event_id=event_id)

    async def withdraw(self, call_id, *, event_id="withdrawn") -> None:
        message = pb.CallWithdrawn(
            call_id=call_id, person_id=str(uuid4()), reason=pb.WITHDRAWAL_REASON_OPTED_OUT, withdrawn_at=_now()
        )
        await self.bus.publish(CALL_WITHDRAWN, message, event_id=event_id)

    async def progress(self, call_id, sid, *, attempt=1, event_id, **event) -> None:
        message = pb.CallProgressed(call_id=call_id, attempt_id=f"{call_id}.{attempt}", carrier_call_id=sid, **event)
        await self.bus.publish(CALL_PROGRESSED, message, event_id=event_id)

    async def until_taken_in(self, durable) -> None:
        """Asks again until the consumer is there and its first event is acknowledged."""
        streams = self.nats.jetstream()
        while True:
            with contextlib.suppress(NotFoundError):
                if (await streams.consumer_info(CALLS_STREAM, durable)).ack_floor.consumer_seq:
                    return

    async def calls_at_the_carrier(self):
        client = Client(ACCOUNT, TOKEN, http_client=Emulated(self.carrier_url))
        calls = await asyncio.to_thread(client.calls.list)
        client.http_client.session.close()
        return calls

    async def order_fault(self, kind) -> None:
        client = Emulated(self.carrier_url)
        url = f"{self.carrier_url}/emulator/faults"
        headers = {"Content-Type": "application/json"}
        await asyncio.to_thread(
            lambda: client.request("POST", url, data={"on": "create_call", "kind": kind}, headers=headers)
        )
        client.session.close()


def _now() -> Timestamp:
    now = Timestamp()
    now.GetCurrentTime()
    return now


@asynccontextmanager
async def running(settings):
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(serve(settings, stop))
        try:
            yield
        finally:
            stop.set()


@pytest.fixture
async def outside(database_url, nats_url, scheduler):
    async with AsyncExitStack() as stack:
        target = await stack.enter_async_context(scheduler.serving())
        emulator = TwilioEmulatorSettings(
            account_sid=ACCOUNT, auth_token=SecretStr(TOKEN), default_persona="no_answer", calls_per_second=100
        )
        carrier = await stack.enter_async_context(serving_carrier(emulator))
        bus = await stack.enter_async_context(
            open_bus(NatsAccess(nats_url), streams=STREAMS, source="test", clock=SystemClock())
        )
        settings = Settings(
            database_url=SecretStr(database_url),
            nats_url=nats_url,
            scheduler_target=target,
            twilio_account_sid=ACCOUNT,
            twilio_auth_token=SecretStr(TOKEN),
            twilio_from_number=FROM,
            twilio_api_url=carrier.base_url,
            public_url="http://127.0.0.1:9",
            calls_per_second=100,
            carrier_timeout_s=1,
            reconcile_after_s=2,
            sweep_period_s=0.2,
        )
        client = await nats.connect(nats_url)
        stack.push_async_callback(client.close)
        around, heard = Outside(bus, client, scheduler, carrier.base_url), asyncio.Event()
        async with running(settings), asyncio.TaskGroup() as tasks:
            for event in (CALL_DIALED, CALL_FINISHED):
                durable = f"test-{event.subject.replace('.', '-')}"
                tasks.create_task(bus.consume(event, durable=durable, handler=around.hear, stop=heard))
            yield around
            heard.set()


async def test_from_the_scheduled_event_to_the_finished_one(outside) -> None:
    call_id = await outside.schedule()
    dialed = await outside.told.get()
    assert (dialed.call_id, dialed.attempt_id, dialed.attempt_number) == (call_id, f"{call_id}.1", 1)
    sid = dialed.carrier_call_id
    completed = pb.ReflectionChanged(session_id=str(uuid4()), state=pb.REFLECTION_STATE_COMPLETED)
    ended = pb.CarrierStatus(status=pb.CARRIER_CALL_STATUS_COMPLETED, sequence_number=3)
    await outside.progress(call_id, sid, event_id="1", reflection=completed)
    await outside.progress(call_id, sid, event_id="2", carrier_status=ended)
    finished = await outside.told.get()
    assert (finished.call_id, finished.outcome) == (call_id, pb.CALL_OUTCOME_REFLECTED)
    assert [call.sid for call in await outside.calls_at_the_carrier()] == [sid]


async def test_a_call_that_was_missed_is_dialed_at_the_times_that_it_is_moved_to(outside) -> None:
    call_id = await outside.schedule(opens_in=timedelta(hours=-2))
    missed = await outside.told.get()
    assert (missed.call_id, missed.outcome, missed.revision) == (call_id, pb.CALL_OUTCOME_MISSED, 0)
    await outside.move(call_id, revision=1, opens_in=timedelta(minutes=-1))
    dialed = await outside.told.get()
    assert (dialed.call_id, dialed.attempt_number) == (call_id, 1)
    sid = dialed.carrier_call_id
    opted_out = pb.ReflectionChanged(session_id=str(uuid4()), state=pb.REFLECTION_STATE_OPTED_OUT)
    await outside.progress(call_id, sid, event_id="1", reflection=opted_out)
    finished = await outside.told.get()
    assert (finished.call_id, finished.outcome, finished.revision) == (call_id, pb.CALL_OUTCOME_OPTED_OUT, 1)


async def test_a_call_that_is_withdrawn_while_it_rings_is_cancelled_at_the_carrier_and_ends_once(outside) -> None:
    call_id = await outside.schedule()
    dialed = await outside.told.get()
    for delivery in ("first", "second"):
        await outside.withdraw(call_id, event_id=delivery)
    finished = await outside.told.get()
    assert (finished.call_id, finished.outcome, finished.reason) == (call_id, pb.CALL_OUTCOME_REFUSED, "opted_out")
    [call] = await outside.calls_at_the_carrier()
    assert (call.sid, call.status) == (dialed.carrier_call_id, "canceled")


async def test_a_call_that_is_withdrawn_before_it_is_scheduled_is_not_dialed(outside) -> None:
    call_id = str(uuid4())
    await outside.withdraw(call_id)
    await outside.until_taken_in("call-dispatcher-withdrawn")
    await outside.schedule(call_id=call_id)
    finished = await outside.told.get()
    assert (finished.call_id, finished.outcome, finished.reason) == (call_id, pb.CALL_OUTCOME_REFUSED, "opted_out")
    assert await outside.calls_at_the_carrier() == []


async def test_a_call_taken_over_a_connection_that_dropped_is_at_the_carrier_once(outside) -> None:
    await outside.order_fault("accept_then_drop")
    call_id = await outside.schedule()
    dialed = await outside.told.get()
    assert (dialed.call_id, dialed.attempt_id) == (call_id, f"{call_id}.1")
    assert [call.sid for call in await outside.calls_at_the_carrier()] == [dialed.carrier_call_id]


@pytest.mark.parametrize(("kind", "attempt"), [("drop", 2), ("503", 2), ("429", 1)])
async def test_a_call_that_was_not_taken_is_made_in_the_end_and_once(outside, kind, attempt) -> None:
    await outside.order_fault(kind)
    call_id = await outside.schedule()
    dialed = await outside.told.get()
    assert dialed.attempt_id == f"{call_id}.{attempt}"
    assert [call.sid for call in await outside.calls_at_the_carrier()] == [dialed.carrier_call_id]


async def test_an_unknown_attempt_is_put_aside_and_the_next_call_is_served(outside, nats_url) -> None:
    client = await nats.connect(nats_url)
    aside = await client.subscribe("deadletter.>")
    unknown = str(uuid4())
    ringing = pb.CarrierStatus(status=pb.CARRIER_CALL_STATUS_RINGING, sequence_number=1)
    await outside.progress(unknown, "CA" + "1" * 32, event_id="unknown", carrier_status=ringing)
    message = await aside.next_msg(timeout=20)
    assert "There is no attempt" in message.headers["daybook-reason"]
    await outside.progress("no-uuid", "CA" + "1" * 32, event_id="malformed", carrier_status=ringing)
    message = await aside.next_msg(timeout=20)
    assert "call_id" in message.headers["daybook-reason"]
    await client.close()
    call_id = await outside.schedule()
    assert (await outside.told.get()).call_id == call_id
