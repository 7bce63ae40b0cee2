"""Several dispatchers on one queue, killed one after the other while they dial: each call is made once and ends once.

They are processes as `serve` runs them, killed by SIGKILL and started again, as a cluster does. The carrier counts.
"""

import asyncio
import os
import random
import signal
import sys
from bisect import bisect
from collections import Counter
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from starlette.responses import JSONResponse

from chassis.bus import open_bus
from chassis.clock import SystemClock
from chassis.events import CALL_FINISHED, CALL_PROGRESSED, CALL_SCHEDULED
from chassis.nats_access import NatsAccess
from chassis.streams import STREAMS
from daybook.events.v1 import events_pb2 as pb

ACCOUNT = "AC" + "0" * 32
LOOK_EVERY_S = 0.001
LOOKS_PER_POST = 5
"""So many looks there may be between a POST's first byte and its being written down."""


class Carrier:
    """Takes every call, and tells at once that it was answered, reflected and ended.

    Attributes:
        came_at: when each POST came, seconds.
        placed: the calls that were made, by attempt.
        awake_at: when this process was seen not to stand still, seconds.
    """

    def __init__(self, site, bus) -> None:
        self._site = site
        self._bus = bus
        self.came_at: list[float] = []
        self.awake_at: list[float] = []
        self.placed: Counter[str] = Counter()
        self.one_more = asyncio.Condition()
        self.to_tell: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        site.script = self._post

    async def _post(self, _request, form):
        self.came_at.append(asyncio.get_running_loop().time())
        call = self._site.place(form)
        attempt_id = form["StatusCallback"].rpartition("/")[2].partition("#")[0]
        self.placed[attempt_id] += 1
        await self.to_tell.put((attempt_id, call["sid"]))
        async with self.one_more:
            self.one_more.notify_all()
        return JSONResponse(call, status_code=201)

    async def until_placed(self, count: int) -> None:
        async with self.one_more:
            await self.one_more.wait_for(lambda: self.placed.total() >= count)

    async def watch_itself(self) -> None:
        """Writes down, for ever, that this process does not stand still."""
        while True:
            self.awake_at.append(asyncio.get_running_loop().time())
            await asyncio.sleep(LOOK_EVERY_S)

    def may_have_come_at(self, came_at) -> float:
        """When a POST came at the earliest that was written down at this moment: if the process stood still just before, then."""
        return self.awake_at[max(bisect(self.awake_at, came_at) - LOOKS_PER_POST, 0)]

    async def tell(self) -> None:
        """Tells what became of the calls, for ever."""
        while True:
            attempt_id, sid = await self.to_tell.get()
            self._site.call(sid)["status"] = "completed"
            completed = pb.ReflectionChanged(session_id=str(uuid4()), state=pb.REFLECTION_STATE_COMPLETED)
            ended = pb.CarrierStatus(status=pb.CARRIER_CALL_STATUS_COMPLETED, sequence_number=3)
            for number, event in enumerate([{"reflection": completed}, {"carrier_status": ended}]):
                message = pb.CallProgressed(
                    call_id=attempt_id.rpartition(".")[0], attempt_id=attempt_id, carrier_call_id=sid, **event
                )
                await self._bus.publish(CALL_PROGRESSED, message, event_id=f"{sid}.{number}")


class Dispatchers:
    """Processes, each started anew when it is killed."""

    def __init__(self, environment, tasks) -> None:
        self._environment = environment
        self._tasks = tasks
        self._running = []

    async def start(self) -> None:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "call_dispatcher", "serve"),
            env=os.environ | self._environment,
            stdout=asyncio.subprocess.PIPE,
            limit=2**20,
        )
        self._running.append(process)
        ready = asyncio.Event()
        self._tasks.create_task(self._read(process, ready))
        await ready.wait()

    async def _read(self, process, ready) -> None:
        async for line in process.stdout:
            if b"process.ready" in line:
                ready.set()
        await process.wait()

    async def kill_one(self, chance) -> None:
        process = self._running.pop(chance.randrange(len(self._running)))
        process.kill()
        await self.start()

    def stop(self) -> None:
        for process in self._running:
            process.send_signal(signal.SIGTERM)


@asynccontextmanager
async def surroundings(site, scheduler, database_url, nats_url, calls_per_second):
    async with AsyncExitStack() as stack:
        environment = {
            "DAYBOOK_DATABASE_URL": database_url,
            "DAYBOOK_NATS_URL": nats_url,
            "DAYBOOK_SCHEDULER_TARGET": await stack.enter_async_context(scheduler.serving()),
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": "token",
            "TWILIO_FROM_NUMBER": "+4366099999",
            "TWILIO_API_URL": await stack.enter_async_context(site.serving()),
            "PUBLIC_URL": "https://daybook.example",
            "DAYBOOK_CALLS_PER_SECOND": str(calls_per_second),
            "DAYBOOK_CARRIER_TIMEOUT_S": "2",
            "DAYBOOK_RECONCILE_AFTER_S": "4",
            "DAYBOOK_SWEEP_PERIOD_S": "0.5",
            "DAYBOOK_LOG_LEVEL": "info",
        }
        access = NatsAccess(nats_url)
        bus = await stack.enter_async_context(open_bus(access, streams=STREAMS, source="test", clock=SystemClock()))
        yield environment, bus


async def announce(bus, scheduler, count) -> set[str]:
    announced = set()
    opens = datetime.now(UTC) - timedelta(minutes=1)
    for _ in range(count):
        call = pb.CallScheduled(call_id=str(uuid4()), person_id=str(uuid4()), window_id=str(uuid4()))
        scheduler.numbers[call.call_id] = scheduler.number_of(call.person_id)
        call.not_before.FromDatetime(opens)
        call.not_after.FromDatetime(opens + timedelta(hours=1))
        await bus.publish(CALL_SCHEDULED, call, event_id=f"{call.call_id}.scheduled")
        announced.add(call.call_id)
    return announced


async def dial_all_while_killing(site, scheduler, database_url, nats_url, *, dispatchers, calls, rate, kill_after):
    """Returns what the carrier counted, and what was told of the ends; a dispatcher is killed each `kill_after` POSTs."""
    site.clock = SystemClock()
    chance = random.Random(20261125)
    finished: Counter[str] = Counter()
    outcomes: set[int] = set()
    all_ended = asyncio.Event()
    async with surroundings(site, scheduler, database_url, nats_url, rate) as (environment, bus):
        carrier = Carrier(site, bus)
        announced = await announce(bus, scheduler, calls)

        async def hear(received) -> None:
            finished[received.message.call_id] += 1
            outcomes.add(received.message.outcome)
            if set(finished) == announced:
                all_ended.set()

        async with asyncio.TaskGroup() as tasks:
            running = Dispatchers(environment, tasks)
            beside = [tasks.create_task(carrier.tell()), tasks.create_task(carrier.watch_itself())]
            hearing = asyncio.Event()
            tasks.create_task(bus.consume(CALL_FINISHED, durable="test-finished", handler=hear, stop=hearing))
            for _ in range(dispatchers):
                await running.start()
            for placed in range(kill_after, calls, kill_after):
                await carrier.until_placed(placed)
                await running.kill_one(chance)
            await all_ended.wait()
            running.stop()
            for each in beside:
                each.cancel()
            hearing.set()
    assert outcomes == {pb.CALL_OUTCOME_REFLECTED}
    return carrier, finished


def most_in_any_second(carrier) -> int:
    """How many certainly came in one and the same second."""
    most, first = 0, 0
    for last, at in enumerate(carrier.came_at):
        while at - carrier.may_have_come_at(carrier.came_at[first]) >= 1:
            first += 1
        most = max(most, last - first + 1)
    return most


@pytest.mark.timeout(240)
async def test_each_call_is_made_once_and_ends_once_while_its_dispatchers_are_killed(
    site, scheduler, database_url, nats_url
):
    carrier, finished = await dial_all_while_killing(
        site, scheduler, database_url, nats_url, dispatchers=2, calls=80, rate=40, kill_after=40
    )
    assert (carrier.placed.total(), set(carrier.placed.values())) == (80, {1})
    assert (len(finished), set(finished.values())) == (80, {1})


@pytest.mark.endurance
@pytest.mark.timeout(900)
@pytest.mark.parametrize("dispatchers", [2, 3])
async def test_two_thousand_calls_at_the_carriers_rate_and_never_above_it(
    site, scheduler, database_url, nats_url, dispatchers
):
    """At 50 calls a second one is killed each 5 seconds."""
    carrier, finished = await dial_all_while_killing(
        site, scheduler, database_url, nats_url, dispatchers=dispatchers, calls=2000, rate=50, kill_after=250
    )
    assert (carrier.placed.total(), set(carrier.placed.values())) == (2000, {1})
    assert (len(finished), set(finished.values())) == (2000, {1})
    assert most_in_any_second(carrier) <= 50
