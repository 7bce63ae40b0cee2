"""Waiting for an event, but not for ever: the one primitive that loops of every service are made of."""

import asyncio
from datetime import timedelta


async def until_set(event: asyncio.Event, *, within: timedelta) -> None:
    """Waits until an event is set, or for so long."""
    try:
        async with asyncio.timeout(within.total_seconds()):
            await event.wait()
    except TimeoutError:
        return
