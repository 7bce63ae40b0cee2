"""Runs processes: starts each in order and waits until it is ready, watches over all, stops them in reverse."""

import asyncio
import os
import signal
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from daybook_cli.embedded import Identity
from daybook_cli.errors import StepFailed

READY_WITHIN_S = 90.0
LOOK_EVERY_S = 0.1
STOP_WITHIN_S = 20.0
RESTART_AFTER_S = 0.5

NO_AUTHORITIES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Whom a client trusts that asks what was started here, which speaks no TLS: to read all the authorities there are takes 45 ms of
CPU."""

Ready = Callable[[], Awaitable[bool]]

Told = Callable[[str], None]


@dataclass(frozen=True)
class Process:
    """One OS process.

    Attributes:
        name: as it stands in `daybook status` and names its log.
        argv: its command line.
        environment: all of its environment; it inherits none.
        ready: asks it whether it serves.
        health_url: where that may be asked by others; empty where it speaks no HTTP.
        identity: who it runs as.
    """

    name: str
    argv: Sequence[str]
    environment: Mapping[str, str]
    ready: Ready
    health_url: str = ""
    identity: Identity = field(default_factory=Identity)


@dataclass
class _Started:
    process: Process
    running: asyncio.subprocess.Process
    log: Path


@dataclass
class Supervisor:
    """The processes of one stack.

    Attributes:
        logs: the folder that gets a log file for each.
    """

    logs: Path
    _started: list[_Started] = field(default_factory=list)

    @property
    def pids(self) -> dict[str, int]:
        return {started.process.name: started.running.pid for started in self._started}

    @property
    def health(self) -> dict[str, str]:
        return {started.process.name: started.process.health_url for started in self._started}

    async def start(self, process: Process) -> None:
        """Starts a process and waits until it is ready.

        Raises:
            StepFailed: it ended, or was not ready in time.
        """
        started = await self._begin(process)
        self._started.append(started)
        try:
            async with asyncio.timeout(READY_WITHIN_S):
                while not await process.ready():
                    if (status := started.running.returncode) is not None:
                        raise StepFailed(
                            f"Starting {process.name}",
                            f"it ended with status {status}: {_last_line(started.log)}",
                            started.log,
                        )
                    await asyncio.sleep(LOOK_EVERY_S)
        except TimeoutError:
            raise StepFailed(
                f"Starting {process.name}", f"it was not ready within {READY_WITHIN_S:.0f} s.", started.log
            ) from None

    async def _begin(self, process: Process) -> _Started:
        log = self.logs / f"{process.name}.log"
        return _Started(process, await self._spawn(process.argv, process.environment, log, process.identity), log)

    async def run(self, name: str, argv: Sequence[str], environment: Mapping[str, str]) -> None:
        """Runs a program to its end, e.g. a migration or the tick.

        Raises:
            StepFailed: its exit status is not 0.
        """
        log = self.logs / f"{name}.log"
        running = await self._spawn(argv, environment, log, {})
        try:
            status = await running.wait()
        except asyncio.CancelledError:
            running.terminate()
            await running.wait()
            raise
        if status != 0:
            raise StepFailed(f"Running {name}", f"it ended with status {status}: {_last_line(log)}", log)

    async def _spawn(
        self, argv: Sequence[str], environment: Mapping[str, str], log: Path, identity: Identity
    ) -> asyncio.subprocess.Process:
        with log.open("ab") as out:
            return await asyncio.create_subprocess_exec(
                *argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=dict(environment),
                **identity,
                cwd="/" if identity else None,
                # Ctrl-C reaches us alone, and we stop them in order
                start_new_session=True,
            )

    async def keep(self, told: Told) -> None:
        """Starts again whatever ends by itself, as Kubernetes would; never returns.

        Args:
            told: hears of it, in a sentence.
        """
        async with asyncio.TaskGroup() as tasks:
            for place in range(len(self._started)):
                tasks.create_task(self._keep_one(place, told))

    async def _keep_one(self, place: int, told: Told) -> None:
        while True:
            started = self._started[place]
            status = await started.running.wait()
            told(
                f"{started.process.name} ended by itself with status {status}; it is started again. More in {started.log}."
            )
            await asyncio.sleep(RESTART_AFTER_S)
            self._started[place] = await self._begin(started.process)

    async def stop(self) -> None:
        """Stops all, the last started first; one that does not heed SIGTERM in time is killed."""
        while self._started:
            started = self._started.pop()
            if started.running.returncode is not None:
                continue
            started.running.send_signal(signal.SIGTERM)
            try:
                async with asyncio.timeout(STOP_WITHIN_S):
                    await started.running.wait()
            except TimeoutError:
                started.running.kill()
                await started.running.wait()


@asynccontextmanager
async def supervising(logs: Path) -> AsyncIterator[Supervisor]:
    """A supervisor whose processes are stopped when the block ends, however it does."""
    supervisor = Supervisor(logs)
    try:
        yield supervisor
    finally:
        await asyncio.shield(asyncio.ensure_future(supervisor.stop()))


def answering(url: str) -> Ready:
    """Ready is who answers there with 200."""

    async def ready() -> bool:
        try:
            async with httpx2.AsyncClient(timeout=5, trust_env=False, verify=NO_AUTHORITIES) as client:
                return (await client.get(url)).status_code == httpx2.codes.OK
        except httpx2.TransportError:
            return False

    return ready


def inherited() -> dict[str, str]:
    """What every process needs of our environment: where programs, certificates and proxies are, and no secret."""
    names = (
        "PATH",
        "HOME",
        "LANG",
        "LC_ALL",
        "TZ",
        "TMPDIR",
        "SSL_CERT_FILE",
        "REQUESTS_CA_BUNDLE",
        "HTTPS_PROXY",
        "NO_PROXY",
    )
    return {name: os.environ[name] for name in names if name in os.environ}


def _last_line(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1][:400] if lines else "it said nothing"
