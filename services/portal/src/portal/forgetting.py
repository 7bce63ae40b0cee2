"""What the portal keeps for a while alone, and takes away when it is over: each kind by a loop of its own."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from chassis.clock import Clock
from chassis.errors import Unavailable
from chassis.heartbeat import Heartbeat
from chassis.waiting import until_set

log = structlog.get_logger()

EVERY = timedelta(seconds=15)
"""No longer: a loop that shows no sign of life for so long is told as one that hangs."""


async def forget_until(stop: asyncio.Event, what: str, forget: Callable[[], Awaitable[None]], clock: Clock) -> None:
    """Forgets, every so often until `stop` is set.

    Args:
        stop: ends it.
        what: the loop's name, for its heartbeat and the log.
        forget: takes away what is over; where the database does not answer, that is tried again the next time.
        clock: the time.
    """
    heartbeat = Heartbeat(what, clock)
    while not stop.is_set():
        try:
            await forget()
        except Unavailable as error:
            log.warning("forgetting.failed", what=what, reason=str(error))
        else:
            heartbeat.beat()
        await until_set(stop, within=EVERY)
