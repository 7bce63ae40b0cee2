"""How a gateway goes without hanging up on anybody (promise 8): not ready at once, and gone when its last call is over.

Until then it serves everything as before, new calls too: the carrier may not have heard yet that another gateway is to be asked.
"""

import asyncio
from datetime import timedelta

import structlog

from voice_gateway import metrics
from voice_gateway.calls import CallsInProgress

log = structlog.get_logger()

AFTER_THE_LONGEST_CALL = timedelta(seconds=60)


async def drain(calls: CallsInProgress, *, longest_call: timedelta) -> None:
    """Returns once no call is in progress, or the longest that there may be is over."""
    metrics.draining.set(1)
    log.info("gateway.draining", calls=calls.count())
    within = longest_call + AFTER_THE_LONGEST_CALL
    try:
        async with asyncio.timeout(within.total_seconds()):
            await calls.none_left()
    except TimeoutError:
        log.error("gateway.calls_left", calls=calls.count(), waited_s=within.total_seconds())
        return
    log.info("gateway.drained")
