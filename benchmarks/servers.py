"""The servers that a benchmark runs on: PostgreSQL and NATS of the project's wheels, in a folder that goes when it ends."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
from nats.errors import Error as NatsError

from benchmarks.contestants import NotMeasurable
from chassis.nats_access import NatsAccess, connect_nats
from daybook_cli.embedded import EmbeddedNats, EmbeddedPostgres, Identity, free_port

START_DEADLINE_S = 60
POSTGRES_URL = "DAYBOOK_DATABASE_URL"
# so that no checkpoint falls into a measurement by chance: a benchmark asks for one before each
POSTGRES_SETTINGS = ("-c", "max_wal_size=16GB", "-c", "checkpoint_timeout=1h")


class ServerUnusable(NotMeasurable):
    """A server did not start, or cannot be measured; the text says which, and why."""


@dataclass(frozen=True)
class Server:
    """A server that runs.

    Attributes:
        url: where.
        pid: its first process, which started all others.
    """

    url: str
    pid: int

    def url_of(self, database: str) -> str:
        """The address of one of its databases."""
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{database}"))


@asynccontextmanager
async def running_postgres() -> AsyncIterator[Server]:
    """PostgreSQL: a new one, or that of DAYBOOK_DATABASE_URL, which is to run on this machine so that its CPU can be read.

    Raises:
        ServerUnusable: it did not start, or is elsewhere.
    """
    url = os.environ.get(POSTGRES_URL)
    if url:
        yield Server(url, await _first_process(url))
        return
    with TemporaryDirectory(prefix="daybook-bench-") as folder:
        server = EmbeddedPostgres(Path(folder) / "server", free_port())
        server.prepare()
        process = _started([*server.argv, *POSTGRES_SETTINGS], Path(folder) / "postgres.log", server.identity)
        try:
            await _until_answering(server.url(), process)
            yield Server(server.url(), process.pid)
        finally:
            process.send_signal(signal.SIGINT)  # without waiting for connections that an error left open
            process.wait()


@asynccontextmanager
async def running_nats() -> AsyncIterator[Server]:
    """A new NATS, which flushes what it confirms (`sync_interval: always`).

    Raises:
        ServerUnusable: it did not start.
    """
    with TemporaryDirectory(prefix="daybook-bench-") as folder:
        server = EmbeddedNats(Path(folder) / "server", free_port(), free_port())
        server.prepare()
        process = _started(server.argv, Path(folder) / "nats.log", {})
        try:
            await _until_connectable(server.url, process)
            yield Server(server.url, process.pid)
        finally:
            process.terminate()
            process.wait()


@asynccontextmanager
async def fresh_database(server: Server) -> AsyncIterator[str]:
    """The address of a new database, which is dropped when the block ends."""
    name = f"bench_{uuid4().hex}"
    connection = await asyncpg.connect(server.url)
    await connection.execute(f'CREATE DATABASE "{name}"')
    try:
        yield server.url_of(name)
    finally:
        await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        await connection.close()


def _started(argv: list[str], log: Path, identity: Identity) -> "subprocess.Popen[bytes]":
    with log.open("wb") as out:
        return subprocess.Popen(argv, stdout=out, stderr=subprocess.STDOUT, **identity, cwd="/")


async def _first_process(url: str) -> int:
    connection = await asyncpg.connect(url)
    backend_pid = int(await connection.fetchval("SELECT pg_backend_pid()"))
    first = _parent(backend_pid)
    await connection.close()
    if first is None:
        raise ServerUnusable(
            f"The PostgreSQL of {POSTGRES_URL} is not on this machine, so its CPU cannot be read. Unset {POSTGRES_URL}: then "
            "the benchmark starts one of its own."
        )
    return first


def _parent(backend_pid: int) -> int | None:
    """The process that started a backend; None where there is no such backend on this machine."""
    stat = Path(f"/proc/{backend_pid}/stat")
    fields = stat.read_text() if stat.exists() else ""
    return int(fields.rpartition(")")[2].split()[1]) if "(postgres)" in fields else None


async def _until_answering(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_DEADLINE_S
    while True:
        try:
            connection = await asyncpg.connect(url)
        except (OSError, asyncpg.PostgresError):
            await _wait_on("PostgreSQL", process, deadline)
        else:
            await connection.close()
            return


async def _until_connectable(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_DEADLINE_S
    while True:
        try:
            client = await connect_nats(NatsAccess(url), name="bench")
            await client.jetstream().account_info()
        except (NatsError, OSError, TimeoutError):
            await _wait_on("nats-server", process, deadline)
        else:
            await client.close()
            return


async def _wait_on(name: str, process: "subprocess.Popen[bytes]", deadline: float) -> None:
    if process.poll() is not None or time.monotonic() > deadline:
        raise ServerUnusable(f"{name} did not start. Is there room on the disk, and memory?")
    await asyncio.sleep(0.05)
