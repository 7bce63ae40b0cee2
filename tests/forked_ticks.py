"""Ticks as processes of their own that start in a moment: one process imports the program once, and forks itself for each tick.

What is forked has no event loop, thread or connection yet, and runs `main` of `python -m window_scheduler tick` to its exit
status, with the settings of its environment: only the second that Python takes to import it is saved.
"""

import asyncio
import json
import os
import select
import signal
import sys
import time
import traceback
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from window_scheduler.__main__ import main

KILLED = -signal.SIGKILL


@dataclass(frozen=True)
class Ended:
    """How a tick ended.

    Attributes:
        status: its exit status, or `KILLED`.
        lived_s: seconds from its fork to its end.
        reasons: the sentences with which it says why it failed.
    """

    status: int
    lived_s: float
    reasons: list[str]


class ForkedTicks:
    """The client of the process that forks."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self._process = process
        self._log = log

    async def tick(self, *, kill_after_s: float | None = None) -> Ended:
        """Runs one tick, and kills it (SIGKILL) where it has not ended by itself so many seconds after its fork."""
        [ended] = await self._ask(1, kill_after_s)
        return ended

    async def at_once(self, count: int) -> list[Ended]:
        """Runs so many ticks that begin together."""
        return await self._ask(count, None)

    async def _ask(self, count: int, kill_after_s: float | None) -> list[Ended]:
        logs = [f"{self._log}.{number}" for number in range(count)]
        self._process.stdin.write(json.dumps({"logs": logs, "kill_after_s": kill_after_s}).encode() + b"\n")
        answer = await self._process.stdout.readline()
        assert answer, "the process that forks the ticks has ended"
        return [Ended(**ended, reasons=reasons_in(log)) for ended, log in zip(json.loads(answer), logs, strict=True)]


def reasons_in(log: str) -> list[str]:
    """Why a program failed, in its own sentences. The last line of one that was killed may be cut off."""
    lines = [json.loads(line) for line in Path(log).read_text().splitlines() if line.endswith("}")]
    return [reason for line in lines if line["event"] == "process.failed" for reason in line["reasons"]]


@asynccontextmanager
async def forked_ticks(environment: Mapping[str, str], log: Path) -> AsyncIterator[ForkedTicks]:
    """Ticks with these settings while the block runs; the files `log`.0, `log`.1 … hold what the newest of them wrote."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, __file__, env=environment, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield ForkedTicks(process, log)
    finally:
        process.stdin.close()
        await process.wait()


def _serve() -> None:
    for line in sys.stdin:
        asked = json.loads(line)
        ticks = [_Tick(log) for log in asked["logs"]]
        sys.stdout.write(json.dumps([tick.ended(asked["kill_after_s"]) for tick in ticks]) + "\n")
        sys.stdout.flush()


class _Tick:
    """A child process."""

    def __init__(self, log: str) -> None:
        # the tick alone holds the writing end: what is read from the other is its end, whichever way it comes
        self._alive, held = os.pipe()
        self._begun = time.monotonic()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self._alive)
            _become_a_tick(log)
        os.close(held)

    def ended(self, kill_after_s: float | None) -> dict[str, float]:
        """Waits for its end, or brings it about."""
        by_itself, _, _ = select.select([self._alive], [], [], kill_after_s)
        if not by_itself:
            os.kill(self._pid, signal.SIGKILL)  # one that has ended meanwhile is still there to be waited for
        _, status = os.waitpid(self._pid, 0)
        os.close(self._alive)
        return {"status": os.waitstatus_to_exitcode(status), "lived_s": time.monotonic() - self._begun}


def _become_a_tick(log: str) -> None:
    status = 1  # as Python's own, where `main` raises
    try:
        out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for stream in (sys.stdout, sys.stderr):
            os.dup2(out, stream.fileno())
        os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
        sys.argv = ["window_scheduler", "tick"]
        status = main()
    except BaseException:  # noqa: BLE001 - told as Python tells it
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(status)  # nothing of the process that forks is to be ended twice


if __name__ == "__main__":
    _serve()
