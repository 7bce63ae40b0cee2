"""Waiting for an event, but not for ever: what loops of every service are made of."""

import asyncio
from datetime import timedelta


async def until_set(event: asyncio.Event, *, within: timedelta) -> None:
    """Waits until an event is set, or for so long."""
    try:
        async with asyncio.timeout(within.total_seconds()):
            await event.wait()
    except TimeoutError:
        return


async def until_any_set(*events: asyncio.Event, within: timedelta) -> None:
    """Waits until one of these events is set, or for so long."""
    waits = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, timeout=within.total_seconds(), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waits:
            each.cancel()
