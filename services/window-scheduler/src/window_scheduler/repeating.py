"""Doing a piece of work every so often, for as long as the process runs."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from chassis.clock import Clock
from chassis.errors import Unavailable
from chassis.heartbeat import Heartbeat
from chassis.waiting import until_set

log = structlog.get_logger()


async def repeat(
    name: str, work: Callable[[], Awaitable[object]], *, period_s: float, clock: Clock, stop: asyncio.Event
) -> None:
    """Does `work` at once and then every `period_s` until `stop` is set. Where a part does not answer, the next round tries."""
    heartbeat = Heartbeat(name, clock)
    while not stop.is_set():
        try:
            await work()
        except Unavailable as error:
            log.warning("work.postponed", work=name, reason=str(error))
        else:
            heartbeat.beat()
        await until_set(stop, within=timedelta(seconds=period_s))
