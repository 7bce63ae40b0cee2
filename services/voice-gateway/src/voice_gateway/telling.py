"""Telling the bus what becomes of a call, where somebody is on the line and waits for what is said next.

It is told before it is said, but nobody sits in silence for a bus that is away: after a moment it is said all the same, and told
as soon as the bus is there, by this process as long as it runs.
"""

import asyncio
from collections.abc import Coroutine

import structlog

log = structlog.get_logger()

TOLD_WITHIN_S = 2.0
"""So long the bus is waited for. The carrier itself waits 15 s for what it is to say."""


class Telling:
    def __init__(self) -> None:
        self._under_way: set[asyncio.Task[None]] = set()

    async def tell(self, telling: Coroutine[None, None, None]) -> None:
        """Returns once it is told, or nobody can be kept waiting for that any longer."""
        task = asyncio.create_task(telling)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        await asyncio.wait({task}, timeout=TOLD_WITHIN_S)
        if not task.done():
            log.warning("call.said_before_told")

    def drop(self) -> None:
        """What is not told yet stays untold."""
        for task in self._under_way:
            task.cancel()
