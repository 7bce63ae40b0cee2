"""NATS or PostgreSQL goes during ticks, and comes back: nothing is lost, nothing doubled, and the exit status tells.

A tick ends with 0 only where all was done; where a part was away it ends with 1 and says which, and the next one goes on.
"""

import asyncio
import random
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import asyncpg
import pytest
from crowds import Crowd
from forked_ticks import ForkedTicks
from real_servers import RealNats, RealPostgres
from sqlalchemy import text
from tick_books import faults, read_books, standing

import window_scheduler
from chassis.database import Database
from chassis.migrations import upgrade
from window_scheduler.tables import SCHEMA

REVISIONS = Path(window_scheduler.__file__).parent / "migrations"
WINDOWS = 600

FEW_AND_MANY = [
    pytest.param(2, id="twice"),
    pytest.param(20, marks=[pytest.mark.endurance, pytest.mark.timeout(3600)], id="20 times"),
]


@asynccontextmanager
async def connected(url):
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


@pytest.fixture(scope="module")
def postgres():
    with TemporaryDirectory(prefix="daybook-postgres-") as folder:
        server = RealPostgres(Path(folder))
        server.start()
        asyncio.run(server.until_answering())
        yield server
        server.crash()


@pytest.fixture
async def database_url(postgres):
    """A database of this test's own, which goes with its server."""
    name = f"test_{uuid4().hex}"
    async with connected(postgres.embedded.url()) as connection:
        await connection.execute(f'CREATE DATABASE "{name}"')
    await upgrade(postgres.embedded.url(name), schema=SCHEMA, revisions=REVISIONS)
    return postgres.embedded.url(name)


@pytest.fixture
async def nats_server(tmp_path):
    server = RealNats(tmp_path / "nats")
    server.start()
    await server.until_answering()
    yield server
    server.kill()


@pytest.fixture
def nats_url(nats_server):
    return nats_server.embedded.url


async def until_there_is_one(database, table):
    while True:
        async with database.transaction() as connection:
            if (await connection.execute(text(f"SELECT EXISTS (SELECT FROM {table})"))).scalar_one():
                return
        await asyncio.sleep(0.01)  # it can only be looked at


@dataclass
class Ordeal:
    """Ticks over windows that are due, each disturbed once, and what must be true after each."""

    ticks: ForkedTicks
    crowd: Crowd
    database: Database
    nats_url: str
    moments: random.Random

    async def disturbed(self, times, disturb):
        """Does something at a random moment of each of so many ticks; whatever it leaves undone the next tick does."""
        await self.crowd.grow(WINDOWS)
        length_s = (await self.ticks.tick()).lived_s
        for _ in range(times):
            await self.crowd.grow(WINDOWS)
            running = asyncio.create_task(self.ticks.tick())
            await asyncio.sleep(self.moments.uniform(0, length_s))  # the moment
            await disturb()
            await self.assert_told(await running)
            await self.assert_goes_on()

    async def assert_told(self, ended):
        """0 only where all was done; else 1, and who was away."""
        if ended.status == 0:
            assert (await standing(self.database, self.nats_url)).done
        else:
            assert ended.status == 1
            [reason] = ended.reasons
            assert reason.startswith(("NATS did", "NATS does", "PostgreSQL d"))

    async def assert_goes_on(self):
        """The next tick does all that is left."""
        ended = await self.ticks.tick()
        assert (ended.status, ended.reasons) == (0, [])
        assert faults(await read_books(self.database, self.nats_url), self.crowd.people) == []


@pytest.fixture
async def ordeal(ticks, crowd, database, nats_url, seed):
    return Ordeal(ticks, crowd, database, nats_url, random.Random(seed))


async def test_a_tick_whose_nats_has_gone_stores_the_calls_says_so_and_the_next_one_publishes(ordeal, nats_server):
    await ordeal.crowd.grow(WINDOWS)
    running = asyncio.create_task(ordeal.ticks.tick())
    # it has begun; to wait for a call may take as long as a quick tick has left
    await until_there_is_one(ordeal.database, "ticks")
    nats_server.kill()
    ended = await running
    assert ended.status == 1
    [reason] = ended.reasons
    assert "NATS" in reason
    nats_server.start()
    await nats_server.until_answering()
    left = await standing(ordeal.database, ordeal.nats_url)
    assert (left.due, left.calls) == (0, WINDOWS)
    await ordeal.assert_goes_on()


async def test_a_tick_whose_postgresql_has_gone_says_so_and_the_next_one_goes_on(ordeal, postgres):
    await ordeal.crowd.grow(WINDOWS)
    running = asyncio.create_task(ordeal.ticks.tick())
    await until_there_is_one(ordeal.database, "scheduled_calls")
    postgres.crash()
    ended = await running
    assert ended.status == 1
    [reason] = ended.reasons
    assert reason.startswith("PostgreSQL d")
    postgres.start()
    await postgres.until_answering()
    await ordeal.assert_goes_on()


@pytest.mark.parametrize("times", FEW_AND_MANY)
async def test_nats_may_be_killed_and_come_back_at_any_moment_of_a_tick(ordeal, nats_server, times):
    async def restart():
        nats_server.kill()
        nats_server.start()
        await nats_server.until_answering()

    await ordeal.disturbed(times, restart)


@pytest.mark.parametrize("times", FEW_AND_MANY)
async def test_postgresql_may_crash_and_recover_at_any_moment_of_a_tick(ordeal, postgres, times):
    async def restart():
        postgres.crash()
        postgres.start()
        await postgres.until_answering()

    await ordeal.disturbed(times, restart)


@pytest.mark.parametrize("times", FEW_AND_MANY)
async def test_postgresql_may_end_a_tick_s_connections_at_any_moment(ordeal, postgres, times):
    async def terminate():
        async with connected(postgres.embedded.url()) as connection:
            await connection.execute(
                """
                SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
                WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'
                """
            )

    await ordeal.disturbed(times, terminate)
