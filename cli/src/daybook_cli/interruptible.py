"""Work that winds down when it is interrupted, instead of being cut off."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any


def until_interrupted(work: Coroutine[Any, Any, None]) -> bool:
    """Runs to the end, or until Ctrl-C or SIGTERM, upon which it winds down; a second Ctrl-C changes nothing.

    Returns:
        False where it was interrupted.
    """

    async def guarded() -> bool:
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, task.cancel)
        await asyncio.wait([task])
        if task.cancelled():
            return False
        task.result()
        return True

    return asyncio.run(guarded())
