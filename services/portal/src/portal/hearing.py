"""What is told of calls on the bus, for the pages that follow one. Without NATS all pages are there, and follow nothing."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta

import structlog

from chassis.bus import BusUnavailable, open_bus
from chassis.clock import Clock
from chassis.events import EVENTS
from chassis.nats_access import NatsAccess
from chassis.waiting import until_set
from portal.switchboard import Switchboard

log = structlog.get_logger()

AGAIN_AFTER = timedelta(seconds=5)


async def hear_until(
    stop: asyncio.Event, access: NatsAccess, switchboard: Switchboard, clock: Clock, *, source: str
) -> None:
    """Hands every event of a call to the switchboard until `stop` is set. It takes them from nobody.

    Args:
        stop: set to end.
        access: where NATS is, and who we are there.
        switchboard: that hears.
        clock: for the bus.
        source: the service's name.
    """
    while not stop.is_set():
        try:
            async with open_bus(access, source=source, clock=clock) as bus, AsyncExitStack() as heard:
                for event in EVENTS.values():
                    await heard.enter_async_context(bus.overhearing(event, switchboard.hear))
                await bus.check()  # NATS knows of what we listen to
                log.info("calls.followed")
                switchboard.wake_all()
                await stop.wait()
        except BusUnavailable as error:
            log.warning("calls.not_followed", reason=str(error))
            await until_set(stop, within=AGAIN_AFTER)
