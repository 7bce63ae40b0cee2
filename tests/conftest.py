"""The real parts that tests stand on: one PostgreSQL and one NATS a test run, a fresh database and fresh streams a test."""

import asyncio
import gc
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import hypothesis
import nats
import pytest
from real_servers import RealNats, RealPostgres, a_database
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from chassis.logs import configure_logs
from daybook_cli.embedded import EmbeddedNats, EmbeddedPostgres

# what gRPC does in a forked child, before it becomes a server of its own, now and then ends it, or holds it for ever
os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"

# tests write more than a thousand databases. On a disk that costs a virtual machine twenty times the CPU that it costs in memory,
# where what is written outlives each process that they kill as well
IN_MEMORY = Path("/dev/shm")
if IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free > 4 * 2**30:
    os.environ["TMPDIR"] = tempfile.tempdir = str(IN_MEMORY)

# a slow, shared core is no failure of a property
hypothesis.settings.register_profile("shared cores", deadline=None)
hypothesis.settings.load_profile("shared cores")

pytest_plugins = ["whole_daybook", "watching"]

WHOLE = ("tests/e2e/", "tests/faults/", "tests/observed/")
"""Folders whose tests share one whole Daybook, or start another, which takes the same port."""
PORTAL = "tests/integration/portal/"


class Beside(LoadScopeScheduling):
    """How tests run beside each other (`make test`): those of a file stay together, and so do all that need a whole Daybook, or
    the portal beside the services that it asks.
    """

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(WHOLE):
            return "whole"
        return "portal" if nodeid.startswith(PORTAL) else nodeid.split("::", 1)[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Beside:
    return Beside(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A whole Daybook comes first, since its tests take longest and wait most; then the portal."""
    items.sort(key=lambda item: (not item.nodeid.startswith(WHOLE), not item.nodeid.startswith(PORTAL)))


# what a browser is driven by is installed for `make test-browser` alone
collect_ignore = [] if find_spec("playwright") else ["browser"]

configure_logs(service="test", level="info")


@pytest.fixture
def graves() -> Iterator[None]:
    """What a test left to the garbage collector is collected before another comes, which this is none of."""
    yield
    gc.collect()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[EmbeddedPostgres]:
    # not below pytest's own folder, which another run of pytest closes to the server's user
    with TemporaryDirectory(prefix="daybook-postgres-") as folder:
        server = RealPostgres(Path(folder))
        server.start()
        try:
            asyncio.run(server.until_answering())
            yield server.embedded
        finally:
            server.stop()


@pytest.fixture
async def postgres_url(postgres_server: EmbeddedPostgres) -> AsyncIterator[str]:
    """A database of this test's own."""
    async with a_database(postgres_server) as url:
        yield url


@pytest.fixture
async def database_url(postgres_server: EmbeddedPostgres, template: str) -> AsyncIterator[str]:
    """A copy, of this test's own, of the database that a folder's conftest makes as `template`."""
    async with a_database(postgres_server, template=template) as url:
        yield url


@pytest.fixture(scope="session")
def nats_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedNats]:
    server = RealNats(tmp_path_factory.mktemp("nats"))
    server.start()
    try:
        asyncio.run(server.until_answering())
        yield server.embedded
    finally:
        server.stop()


@pytest.fixture
async def nats_url(nats_server: EmbeddedNats) -> AsyncIterator[str]:
    """A NATS with no stream left from another test."""
    yield nats_server.url
    client = await nats.connect(nats_server.url)
    streams = client.jetstream()
    for stream in await streams.streams_info():
        await streams.delete_stream(stream.config.name)
    await client.close()
