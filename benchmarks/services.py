"""A service of ours as it is, in a process of its own, while it is measured."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.contestants import NotMeasurable

STARTS_WITHIN_S = 60
_READY = "process.ready"


@dataclass(frozen=True)
class Service:
    """A service that serves.

    Attributes:
        pid: of its process.
        ready: what its log told when it was ready: its ports.
    """

    pid: int
    ready: Mapping[str, Any]


@asynccontextmanager
async def running_service(module: str, settings: Mapping[str, str], command: str = "serve") -> AsyncIterator[Service]:
    """`python -m MODULE COMMAND`, while the block runs. Its log is written, and read by nobody.

    Raises:
        NotMeasurable: it did not start; what it said is told.
    """
    with TemporaryDirectory(prefix="daybook-bench-") as folder:
        log = Path(folder) / "service.log"
        process = _serving([module, command], log, settings)
        try:
            yield Service(process.pid, await _ready(process, module, log))
        finally:
            process.terminate()
            await asyncio.to_thread(process.wait)


def _serving(program: Sequence[str], log: Path, settings: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    with log.open("wb") as out:
        argv = [sys.executable, "-m", *program]
        return subprocess.Popen(argv, stdout=out, stderr=out, env={**os.environ, **settings})


async def _ready(process: "subprocess.Popen[bytes]", module: str, log: Path) -> Mapping[str, Any]:
    deadline = time.monotonic() + STARTS_WITHIN_S
    while not (
        told := [line for line in _said(log).splitlines(keepends=True) if _READY in line and line.endswith("\n")]
    ):
        if process.poll() is not None or time.monotonic() > deadline:
            raise NotMeasurable(f"{module} did not start. It said:\n{_said(log)[-4000:]}")
        await asyncio.sleep(0.05)
    ready: dict[str, Any] = json.loads(told[0])
    return ready


def _said(log: Path) -> str:
    return log.read_text(errors="replace")
