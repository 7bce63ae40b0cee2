"""The real parts that tests stand on: one PostgreSQL and one NATS a test run, a fresh database and fresh streams a test."""

import asyncio
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import asyncpg
import hypothesis
import nats
import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from chassis.logs import configure_logs
from daybook_cli.embedded import EmbeddedNats, EmbeddedPostgres, Identity, free_port

# a slow, shared core is no failure of a property
hypothesis.settings.register_profile("shared cores", deadline=None)
hypothesis.settings.load_profile("shared cores")

pytest_plugins = ["whole_daybook", "watching"]

WHOLE = ("tests/e2e/", "tests/faults/", "tests/observed/")
"""Folders whose tests share one whole Daybook, or start another, which takes the same port."""


class Beside(LoadScopeScheduling):
    """How tests run beside each other (`make test`): those of a file stay together, and so do all that need a whole Daybook."""

    def _split_scope(self, nodeid: str) -> str:
        return "whole" if nodeid.startswith(WHOLE) else nodeid.split("::", 1)[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Beside:
    return Beside(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A whole Daybook comes first, since its tests take longest and wait most."""
    items.sort(key=lambda item: not item.nodeid.startswith(WHOLE))


START_DEADLINE_S = 60

configure_logs(service="test", level="info")


def _started(argv: list[str], log: Path, identity: Identity) -> "subprocess.Popen[bytes]":
    with log.open("wb") as out:
        return subprocess.Popen(argv, stdout=out, stderr=subprocess.STDOUT, **identity, cwd="/")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[EmbeddedPostgres]:
    # not below pytest's own folder, which another run of pytest closes to the server's user
    with TemporaryDirectory(prefix="daybook-postgres-") as folder:
        server = EmbeddedPostgres(Path(folder) / "server", free_port())
        server.prepare()
        process = _started(server.argv, Path(folder) / "postgres.log", server.identity)
        try:
            asyncio.run(_until_answering(server.url(), process))
            yield server
        finally:
            process.terminate()
            process.wait()


async def _until_answering(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_DEADLINE_S
    while True:
        assert process.poll() is None, "PostgreSQL ended by itself; its log says why"
        try:
            connection = await asyncpg.connect(url)
        except (OSError, asyncpg.PostgresError):
            assert time.monotonic() < deadline, "PostgreSQL did not start"
            await asyncio.sleep(0.05)
        else:
            await connection.close()
            return


@pytest.fixture
async def postgres_url(postgres_server: EmbeddedPostgres) -> AsyncIterator[str]:
    """A database of this test's own."""
    name = f"test_{uuid4().hex}"
    connection = await asyncpg.connect(postgres_server.url())
    await connection.execute(f'CREATE DATABASE "{name}"')
    yield postgres_server.url(name)
    await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await connection.close()


@pytest.fixture(scope="session")
def nats_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedNats]:
    folder = tmp_path_factory.mktemp("nats")
    server = EmbeddedNats(folder, free_port(), free_port())
    server.prepare()
    process = _started(server.argv, folder / "nats.log", {})
    try:
        asyncio.run(_until_connectable(server.url, process))
        yield server
    finally:
        process.terminate()
        process.wait()


async def _until_connectable(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_DEADLINE_S
    while True:
        assert process.poll() is None, "nats-server ended by itself; its log says why"
        try:
            client = await nats.connect(url, allow_reconnect=False, connect_timeout=1, max_reconnect_attempts=0)
            await client.jetstream().account_info()
        except Exception:  # noqa: BLE001 - not up yet, in whichever way
            assert time.monotonic() < deadline, "nats-server did not start"
            await asyncio.sleep(0.05)
        else:
            await client.close()
            return


@pytest.fixture
async def nats_url(nats_server: EmbeddedNats) -> AsyncIterator[str]:
    """A NATS with no stream left from another test."""
    yield nats_server.url
    client = await nats.connect(nats_server.url)
    streams = client.jetstream()
    for stream in await streams.streams_info():
        await streams.delete_stream(stream.config.name)
    await client.close()
