"""What is asked under an idempotency key is done once, in whichever order those who ask come, on a real PostgreSQL."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from fastapi import Request
from interleaving import in_turns, steppable
from pydantic import BaseModel
from real_servers import a_template

import portal
from chassis.clock import ManualClock
from chassis.database import open_database
from chassis.errors import Conflict, Unavailable
from portal import api_store
from portal.api_door import GIVEN_UP_AFTER, Once
from portal.api_tokens import ApiToken, Scope

NOW = datetime(2026, 11, 24, 18, 30, tzinfo=UTC)
REVISIONS = Path(portal.__file__).parent / "migrations"
TURNS = [[1 + (seed * 7 + number * 5) % 11 for number in range(40)] for seed in range(8)]


class Made(BaseModel):
    number: int


class Asker:
    """A program that asks for the same thing under the same key."""

    def __init__(self, database, clock, token) -> None:
        self._once = Once(database, clock)
        self._token = token
        self.made = 0
        self.failures: list[Exception] = []

    async def ask(self, make=None):
        """Returns what was made, as its number; or raises."""
        scope = {"type": "http", "method": "POST", "path": "/windows", "headers": [], "query_string": b""}
        return (await self._once.answer(Request(scope, _nothing_sent), self._token, "key", make or self._make)).body

    async def _make(self):
        if self.failures:
            raise self.failures.pop()
        self.made += 1
        await asyncio.sleep(0)  # others may come in between
        return Made(number=self.made), "/windows/1"


@pytest.fixture(scope="session")
def template(postgres_server):
    return a_template(postgres_server, schema="portal", revisions=REVISIONS)


@pytest.fixture
def clock():
    return ManualClock(NOW)


@pytest.fixture
async def asker(database_url, clock):
    token = ApiToken(uuid4(), b"f" * 32, uuid4(), "lamp", Scope.WRITE, NOW, ends_at=None, used_at=None)
    async with open_database(database_url, schema="portal") as database:
        async with database.transaction() as connection:
            await api_store.add_token(connection, token)
        yield Asker(database, clock, token)


async def test_what_was_cut_off_is_done_once_by_the_many_who_ask_again(asker, clock, database_url):
    asyncio.get_running_loop().set_task_factory(steppable)
    control = await asyncpg.connect(database_url)
    for turns in TURNS:
        asker.failures = [Unavailable("It does not answer.")]
        with pytest.raises(Unavailable):
            await asker.ask()
        clock.advance(GIVEN_UP_AFTER)
        asker.made = 0
        answers = await in_turns([asker.ask() for _ in range(3)], turns)
        assert asker.made == 1, (turns, answers)
        assert b'{"number":1}' in answers
        others = [each for each in answers if each != b'{"number":1}']
        assert all(isinstance(each, Conflict) and "just now" in str(each) for each in others), others
        await control.execute("DELETE FROM portal.api_answers")
    await control.close()


async def test_who_asks_while_another_is_refused_is_refused_or_answered(asker, database_url):
    asyncio.get_running_loop().set_task_factory(steppable)
    control = await asyncpg.connect(database_url)
    for turns in TURNS:
        asker.made, asker.failures = 0, [Conflict("There are too many.")]
        answers = await in_turns([asker.ask() for _ in range(3)], turns)
        assert all(each == b'{"number":1}' or isinstance(each, Conflict) for each in answers), (turns, answers)
        assert asker.made <= 1
        assert "There are too many." in [str(each) for each in answers]
        await control.execute("DELETE FROM portal.api_answers")
    await control.close()


async def test_what_was_refused_may_be_asked_again_at_once(asker):
    asker.failures = [Conflict("There are too many.")]
    with pytest.raises(Conflict, match="too many"):
        await asker.ask()
    assert await asker.ask() == await asker.ask() == b'{"number":1}'


async def test_what_may_have_been_done_is_not_done_again_at_once(asker, clock):
    asker.failures = [Unavailable("It does not answer.")]
    with pytest.raises(Unavailable):
        await asker.ask()
    clock.advance(GIVEN_UP_AFTER - timedelta(seconds=1))
    with pytest.raises(Conflict, match="its answer was lost"):
        await asker.ask()
    clock.advance(timedelta(seconds=1))
    assert await asker.ask() == b'{"number":1}'


async def test_who_was_given_up_and_comes_late_takes_nothing_from_who_took_its_key(asker, clock):
    """It hung for longer than a minute, and is refused, or answered, while the other's answer stands."""
    late, goes_on = asyncio.Event(), asyncio.Event()

    async def hangs():
        late.set()
        await goes_on.wait()
        raise Conflict("There are too many.")

    first = asyncio.create_task(asker.ask(hangs))
    await late.wait()
    clock.advance(GIVEN_UP_AFTER)
    assert await asker.ask() == b'{"number":1}'
    goes_on.set()
    with pytest.raises(Conflict, match="too many"):
        await first
    assert await asker.ask() == b'{"number":1}'


async def _nothing_sent():
    return {"type": "http.request", "body": b"", "more_body": False}
