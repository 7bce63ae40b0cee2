"""The emulator's time: seconds of the world it plays, of which `factor` pass in one second of the machine's."""

import asyncio
import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

_LOOK_EVERY_S = 0.02
_MOST_LATE_S = 0.003
_PATIENCE_WITH_THE_APP_S = 10.0


class ScaledTime:
    """Every wait of the phone network goes by this one time, so that a factor changes how long a call takes and never
    the order of what happens in it.

    Args:
        factor: 1.0 is real time; at 20.0 a call of ten minutes takes 30 s.
    """

    def __init__(self, factor: float) -> None:
        self.factor = factor
        self._started = time.monotonic()
        self._stood_s = 0.0
        self._passes_until = math.inf

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While the block runs, time that is faster than life stands still whenever this process does: in a moment in which a
        busy machine gives it no turn, seconds would pass, and nobody could answer in them. At factor 1 what is late is late.
        """
        if self.factor <= 1:
            yield
            return
        looking = asyncio.create_task(self._look_for_standstills())
        try:
            yield
        finally:
            looking.cancel()
            await asyncio.wait([looking])
            self._passes_until = math.inf

    async def _look_for_standstills(self) -> None:
        while True:
            self._passes_until = time.monotonic() + _LOOK_EVERY_S + _MOST_LATE_S
            await asyncio.sleep(_LOOK_EVERY_S)
            self._stood_s += max(0.0, time.monotonic() - self._passes_until)

    def now(self) -> float:
        """Virtual seconds since the emulator started."""
        return (min(time.monotonic(), self._passes_until) - self._started - self._stood_s) * self.factor

    def utc(self) -> datetime:
        """The machine's date, which is what the services under test compare with their own."""
        return datetime.now(UTC)

    async def sleep(self, virtual_s: float) -> None:
        await self.until(self.now() + virtual_s)

    async def until(self, virtual_s: float) -> None:
        """Waits for a moment of `now()`; past moments let other tasks run once and are caught up with."""
        await asyncio.sleep(max(0.0, (virtual_s - self.now()) / self.factor))
        # where time stood still meanwhile, some of it is left
        while (left_s := virtual_s - self.now()) > 0:  # noqa: ASYNC110 - time makes no event
            await asyncio.sleep(left_s / self.factor)

    def at_least(self, virtual_s: float, *, real_s: float) -> float:
        """A wait in virtual seconds that leaves the app under test, whose own speed no factor changes, `real_s`."""
        return max(virtual_s, real_s * self.factor)

    def network_timeout_s(self, virtual_s: float) -> float:
        """How long to wait for the app's answer, in real seconds: scaled, yet not below ten seconds where it was
        above, since a factor makes neither the app nor the machine faster.
        """
        return max(virtual_s / self.factor, min(virtual_s, _PATIENCE_WITH_THE_APP_S))
