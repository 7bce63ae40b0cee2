"""What window-scheduler does for a dispatcher: it announces calls on the bus, as they come or many at once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from random import Random
from time import monotonic_ns
from uuid import uuid4

from chassis.batches import Outgoing
from chassis.bus import Bus, open_bus
from chassis.clock import SystemClock
from chassis.events import CALL_SCHEDULED
from chassis.nats_access import NatsAccess
from chassis.streams import STREAMS
from chassis.telemetry import call_context
from daybook.events.v1.events_pb2 import CallScheduled

OPEN_SINCE = timedelta(minutes=1)
OPEN_FOR = timedelta(hours=2)


@asynccontextmanager
async def announcing(nats_url: str) -> AsyncIterator[Bus]:
    """A bus with the streams made."""
    async with open_bus(NatsAccess(nats_url), source="bench", clock=SystemClock(), streams=STREAMS) as bus:
        yield bus


async def announce(bus: Bus, call_id: str) -> None:
    """Announces a call that may be dialed at once."""
    await bus.publish(CALL_SCHEDULED, _announcement(call_id), event_id=f"{call_id}.scheduled")


async def announce_many(bus: Bus, calls: int) -> None:
    """Announces so many calls that may be dialed at once, in batches."""
    announcements = [_announcement(str(uuid4())) for _ in range(calls)]
    outgoing = [
        Outgoing(f"{each.call_id}.scheduled", each.SerializeToString(), call_context(each.call_id))
        for each in announcements
    ]
    await bus.publish_all(CALL_SCHEDULED, outgoing)


async def as_they_come(
    tell: Callable[[str], Awaitable[None]], calls: int, *, a_second: float, seed: int
) -> dict[str, int]:
    """Tells so many calls, each at a moment that chance gives it: none waits until another has been told.

    Returns:
        When each was to be told, nanoseconds of the machine's monotonic clock, by its id.
    """
    chance, moments = Random(seed), dict[str, int]()

    async def tell_one(call_id: str) -> None:
        await tell(call_id)

    async with asyncio.TaskGroup() as telling:
        for _ in range(calls):
            await asyncio.sleep(chance.expovariate(a_second))
            call_id = str(uuid4())
            moments[call_id] = monotonic_ns()
            telling.create_task(tell_one(call_id))
    return moments


def _announcement(call_id: str) -> CallScheduled:
    opens_at = datetime.now(UTC) - OPEN_SINCE
    call = CallScheduled(call_id=call_id, person_id=str(uuid4()), window_id=str(uuid4()), local_day=f"{opens_at:%F}")
    call.not_before.FromDatetime(opens_at)
    call.not_after.FromDatetime(opens_at + OPEN_FOR)
    return call
