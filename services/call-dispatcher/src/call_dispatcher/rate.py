"""How fast calls are handed to the carrier.

Beyond its calls per second the carrier does not refuse: it queues, silently and for up to a day (reference/telephony.md,
B.6), and the earliest deadline would no longer go first. So the queue is kept here.
"""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic


class CallRate:
    """Slots, evenly spaced. One process's own: replicas share the carrier's rate by dividing it between them.

    Args:
        per_second: calls a second; one each `spacing_s`.
        now: a monotonic clock, seconds.
        sleep: waits so many seconds.
    """

    def __init__(
        self,
        per_second: float,
        *,
        now: Callable[[], float] = monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.spacing_s = 1 / per_second
        self._now = now
        self._sleep = sleep
        self._next_slot = now()

    async def take(self) -> bool:
        """Takes the next slot and waits until it has come. True where it had to be waited for: the rate sets the pace."""
        slot = max(self._next_slot, self._now())
        self._next_slot = slot + self.spacing_s
        wait_s = slot - self._now()
        if wait_s > 0:
            await self._sleep(wait_s)
        return wait_s > 0

    def give_back(self) -> None:
        """Returns a slot that was taken and not needed."""
        self._next_slot -= self.spacing_s
