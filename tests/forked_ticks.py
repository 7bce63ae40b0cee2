"""Ticks as processes of their own, which start in a moment and may be killed in any."""

import asyncio
import json
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass

from forked_programs import start_program

KILLED = -signal.SIGKILL


@dataclass(frozen=True)
class Ended:
    """How a tick ended.

    Attributes:
        status: its exit status, or `KILLED`.
        lived_s: seconds from its start to its end.
        reasons: the sentences with which it says why it failed.
    """

    status: int
    lived_s: float
    reasons: list[str]


class ForkedTicks:
    """Ticks with these settings."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    async def tick(self, *, kill_after_s: float | None = None) -> Ended:
        """Runs one tick, and kills it (SIGKILL) where it has not ended by itself so many seconds after its start."""
        process = await start_program("window_scheduler", "tick", environment=self._environment)
        begun = time.monotonic()
        ending = asyncio.create_task(process.communicate())
        if kill_after_s is not None:
            await asyncio.wait([ending], timeout=kill_after_s)
            process.kill()
        out, _ = await ending
        return Ended(process.returncode, time.monotonic() - begun, reasons_in(out.decode()))

    async def at_once(self, count: int) -> list[Ended]:
        """Runs so many ticks that begin together."""
        return list(await asyncio.gather(*(self.tick() for _ in range(count))))


def reasons_in(log: str) -> list[str]:
    """Why a program failed, in its own sentences. The last line of one that was killed may be cut off."""
    lines = [json.loads(line) for line in log.splitlines() if line.endswith("}")]
    return [reason for line in lines if line["event"] == "process.failed" for reason in line["reasons"]]
