"""Work that winds down when it is interrupted, instead of being cut off."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any


def until_interrupted(work: Coroutine[Any, Any, None]) -> None:
    """Runs to the end, or until Ctrl-C or SIGTERM, upon which it winds down; a second Ctrl-C changes nothing."""

    async def guarded() -> None:
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, task.cancel)
        await asyncio.wait([task])
        if not task.cancelled():
            task.result()

    asyncio.run(guarded())
