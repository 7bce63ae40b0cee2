"""PostgreSQL and NATS as tests run them: started, killed and started again on the same folder and port."""

import asyncio
import signal
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import asyncpg
import nats
import psutil

from chassis.migrations import upgrade
from daybook_cli.embedded import EmbeddedNats, EmbeddedPostgres, Identity, free_port

START_DEADLINE_S = 60


class _Server:
    """A process that is asked until it answers."""

    def __init__(self, argv: list[str], log: Path, identity: Identity) -> None:
        self._argv = argv
        self._log = log
        self._identity = identity
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as out:
            self._process = subprocess.Popen(
                self._argv, stdout=out, stderr=subprocess.STDOUT, **self._identity, cwd="/"
            )

    async def until_answering(self) -> None:
        deadline = time.monotonic() + START_DEADLINE_S
        while True:
            assert self._process.poll() is None, f"it ended by itself: {self._log.read_text()[-400:]}"
            try:
                return await self._ask()
            except Exception:  # noqa: BLE001 - not up yet, in whichever way
                assert time.monotonic() < deadline, f"it did not start; {self._log} may say why"
                await asyncio.sleep(0.05)

    async def _ask(self) -> None:
        raise NotImplementedError

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def end(self, number: signal.Signals) -> None:
        """Sends a signal that ends it, and waits until it has."""
        self.send(number)
        self._process.wait()

    def stop(self) -> None:
        self.end(signal.SIGTERM)


class RealPostgres(_Server):
    """A PostgreSQL of its own."""

    def __init__(self, folder: Path) -> None:
        self.embedded = EmbeddedPostgres(folder / "server", free_port())
        self.embedded.prepare()
        super().__init__(self.embedded.argv, folder / "postgres.log", self.embedded.identity)

    async def _ask(self) -> None:
        connection = await asyncpg.connect(self.embedded.url())
        await connection.close()

    def crash(self) -> None:
        """Ends it at once, with no checkpoint: when it starts again it recovers from its log (an immediate shutdown)."""
        backends = psutil.Process(self._process.pid).children(recursive=True)
        self.end(signal.SIGQUIT)
        # they may outlive it by a moment, and none may start as long as one has its memory
        psutil.wait_procs(backends, timeout=START_DEADLINE_S)


async def _ignore(_error: Exception) -> None:
    """nats-py would log each vain try."""


class RealNats(_Server):
    """A NATS of its own, which flushes each stored message before it confirms it."""

    def __init__(self, folder: Path, authorization: str = "") -> None:
        self.embedded = EmbeddedNats(folder, free_port(), free_port())
        self.embedded.prepare(authorization)
        super().__init__(self.embedded.argv, folder / "nats.log", {})

    async def _ask(self) -> None:
        client = await nats.connect(
            self.embedded.url, allow_reconnect=False, connect_timeout=1, max_reconnect_attempts=0, error_cb=_ignore
        )
        try:
            await client.jetstream().account_info()
        finally:
            await client.close()

    def kill(self) -> None:
        self.end(signal.SIGKILL)


def a_template(server: EmbeddedPostgres, *, schema: str, revisions: Path) -> str:
    """The name of a new database with a schema in it, of which tests get copies: to make one takes as long as many a test."""
    name = f"template_{uuid4().hex}"

    async def make() -> None:
        connection = await asyncpg.connect(server.url())
        await connection.execute(f'CREATE DATABASE "{name}"')
        await connection.close()
        await upgrade(server.url(name), schema=schema, revisions=revisions)

    asyncio.run(make())
    return name


@asynccontextmanager
async def a_database(server: EmbeddedPostgres, *, template: str = "template1") -> AsyncIterator[str]:
    """The address of a new database, a copy of another, while the block runs."""
    name = f"test_{uuid4().hex}"
    connection = await asyncpg.connect(server.url())
    # a small one, to be copied as files: PostgreSQL would write each of its pages to its log as well
    await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
    try:
        yield server.url(name)
    finally:
        await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        await connection.close()
