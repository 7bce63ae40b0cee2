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
    """The client of the process that forks. One tick runs at a time; open several for several at once."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self._process = process
        self._log = log

    async def tick(self, *, kill_after_s: float | None = None) -> Ended:
        """Runs one tick, and kills it (SIGKILL) where it has not ended by itself so many seconds after its fork."""
        self._process.stdin.write(json.dumps({"kill_after_s": kill_after_s, "log": str(self._log)}).encode() + b"\n")
        answer = await self._process.stdout.readline()
        assert answer, "the process that forks the ticks has ended"
        return Ended(**json.loads(answer), reasons=reasons_in(self._log.read_text()))


def reasons_in(log: str) -> list[str]:
    """Why a program failed, in its own sentences. The last line of one that was killed may be cut off."""
    lines = [json.loads(line) for line in log.splitlines() if line.endswith("}")]
    return [reason for line in lines if line["event"] == "process.failed" for reason in line["reasons"]]


@asynccontextmanager
async def forked_ticks(environment: Mapping[str, str], log: Path) -> AsyncIterator[ForkedTicks]:
    """Ticks with these settings while the block runs; `log` holds what the newest of them wrote."""
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
        sys.stdout.write(json.dumps(_tick(asked["kill_after_s"], asked["log"])) + "\n")
        sys.stdout.flush()


def _tick(kill_after_s: float | None, log: str) -> dict[str, float]:
    # the tick alone holds the writing end: what is read from the other is its end, whichever way it comes
    alive, held = os.pipe()
    begun = time.monotonic()
    pid = os.fork()
    if pid == 0:
        os.close(alive)
        _become_a_tick(log)
    os.close(held)
    ended, _, _ = select.select([alive], [], [], kill_after_s)
    if not ended:
        os.kill(pid, signal.SIGKILL)  # one that has ended meanwhile is still there to be waited for
    _, status = os.waitpid(pid, 0)
    os.close(alive)
    return {"status": os.waitstatus_to_exitcode(status), "lived_s": time.monotonic() - begun}


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
