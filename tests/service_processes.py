"""Services as a cluster runs them: processes of their own, killed and started again."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from forked_programs import ForkedProcess, start_program

from daybook_cli.embedded import free_port

PORT = "{port}"
"""In a setting: the port that a service has, where it must be told more of it than that."""


class ServiceProcess:
    """`python -m MODULE serve`, always on the same port.

    Args:
        module: of the service.
        port_setting: by which it is told its port.
        log: a file that all of its lives write to.
        command: another than `serve`.
    """

    def __init__(
        self, module: str, port_setting: str, environment: Mapping[str, str], log: Path, command: str = "serve"
    ) -> None:
        self.port = free_port()
        self._argv = (module, command)
        own = {name: value.replace(PORT, str(self.port)) for name, value in environment.items()}
        self._environment = {**os.environ, **own, port_setting: str(self.port)}
        self._log = log
        self._process: ForkedProcess | None = None
        self._reading: asyncio.Task[None] | None = None
        self._serves = False

    async def start(self) -> None:
        """Returns once it serves; fails where it ends before."""
        self._process = await start_program(*self._argv, environment=self._environment)
        self._serves, ready = False, asyncio.Event()
        self._reading = asyncio.create_task(self._read(self._process, ready))
        await ready.wait()
        assert self._serves, f"it did not start: {self._log.read_text()[-4000:]}"

    async def _read(self, process: ForkedProcess, ready: asyncio.Event) -> None:
        with self._log.open("ab", buffering=0) as log:
            async for line in process.stdout:
                log.write(line)
                if b"process.ready" in line:
                    self._serves = True
                    ready.set()
            log.write(await process.stderr.read())
        ready.set()

    def kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    def terminate(self) -> None:
        self._process.terminate()

    async def ended(self) -> int:
        """Its exit status, once it has ended; 0 where it never began."""
        if self._process is None:
            return 0
        await self._reading
        return await self._process.wait()


@asynccontextmanager
async def a_service(
    module: str, port_setting: str, environment: Mapping[str, str], log: Path, command: str = "serve"
) -> AsyncIterator[ServiceProcess]:
    """One that serves; it is killed in the end, if it has not ended by itself."""
    service = ServiceProcess(module, port_setting, environment, log, command)
    try:
        await service.start()
        yield service
    finally:
        service.kill()
        await service.ended()
