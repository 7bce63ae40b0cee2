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
        """Returns once it is told, or nobody can be kept waiting for that any longer.

        Args:
            telling: tells it, however long the bus takes. Where it fails by that moment, its error is raised.
        """
        task = asyncio.create_task(telling)
        self._under_way.add(task)
        task.add_done_callback(self._ended)
        try:
            await asyncio.wait_for(asyncio.shield(task), TOLD_WITHIN_S)
        except TimeoutError:
            log.warning("call.said_before_told")

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("call.untold", error=type(error).__name__)

    async def close(self) -> None:
        """This process goes: what is not told yet stays untold, and the log says that there was some."""
        under_way = list(self._under_way)
        if under_way:
            log.error("calls.untold", number=len(under_way))
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
