"""Sign-ins that several decide about at once, and that are decided about by who is killed: never two calls for one, none lost."""

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest
from interleaving import WHERE_THEY_ARE_KILLED, in_turns, kill_after, steppable
from sqlalchemy import select

from chassis.database import open_database
from window_scheduler.sign_in_calls import SignInCalls
from window_scheduler.sign_in_store import add_sign_in
from window_scheduler.tables import SCHEMA, outbox, scheduled_calls, sign_ins

pytestmark = WHERE_THEY_ARE_KILLED

MOST_STEPS = 400
NOBODYS = "+436601111111"


@pytest.fixture
async def persons(api):
    """The one asks once, the other twice: by the number of each, how often."""
    once, twice = await api.person(), await api.person()
    return {once.phone_number: 1, twice.phone_number: 2, NOBODYS: 1}


@pytest.fixture
def asked(database, sealer, clock, persons):
    """Nothing but what they ask for, of which nobody has decided; by their ids, whose it is."""

    async def anew():
        ids = {}
        async with database.transaction() as connection:
            for table in (sign_ins, outbox, scheduled_calls):
                await connection.execute(table.delete())
            for number, times in persons.items():
                for each in range(times):
                    sign_in_id, at = uuid4(), clock.now() + timedelta(seconds=each)
                    number_hash = sealer.finding_hash(number)
                    assert await add_sign_in(connection, sealer, sign_in_id, number_hash, "123456", now=at)
                    ids[sign_in_id] = number
        return ids

    return anew


@pytest.fixture
def place(placing_by, database):
    return lambda: placing_by(database).place()


@pytest.fixture
def placing_by(placing, sealer, clock):
    """The same as `placing`, by the connections of a process."""
    whole = {**placing.keywords, "asked": asyncio.Event(), "news": asyncio.Event()}
    return lambda database: SignInCalls(database, *placing.args[1:], **whole)


async def decided(database):
    async with database.transaction() as connection:
        return (await connection.execute(select(sign_ins).order_by(sign_ins.c.asked_at))).all()


async def check_all_is_decided(database, ids):
    """Who may be called has one call, announced once, which tells the code of the last that was asked for."""
    rows = await decided(database)
    assert {row.sign_in_id for row in rows} == set(ids)
    outcomes, calls = Counter(), {}
    for row in rows:
        number = ids[row.sign_in_id]
        outcomes[number, row.decision] += 1
        calls[number] = row.call_id  # of the last one, since they are in their order
    assert [row.decision for row in rows if ids[row.sign_in_id] == NOBODYS] == ["nobody"]
    assert None not in {row.decision for row in rows}
    assert calls.pop(NOBODYS) is None
    assert all(calls.values()), outcomes
    # the others let go of it
    assert Counter(row.call_id for row in rows if row.call_id is not None) == Counter(calls.values())
    async with database.transaction() as connection:
        made = (await connection.execute(select(scheduled_calls.c.call_id, scheduled_calls.c.person_id))).all()
        announced = (await connection.execute(select(outbox.c.call_id))).scalars().all()
    assert {call.call_id for call in made} == set(calls.values())
    assert len({call.person_id for call in made}) == len(made) == len(announced) == len(calls)
    assert set(announced) == set(calls.values())


@pytest.mark.parametrize("seed", range(12))
async def test_of_several_that_decide_at_once_each_person_gets_one_call(
    database_url, database, asked, placing_by, seed
):
    asyncio.get_running_loop().set_task_factory(steppable)
    ids = await asked()
    turns = [1 + (seed * 7 + number * 5) % 13 for number in range(80)]
    async with open_database(database_url, schema=SCHEMA) as others:
        both = [placing_by(each).place() for each in (database, others)]
        assert await in_turns(both, turns) == [None, None]
    await check_all_is_decided(database, ids)


async def test_killed_after_any_step_it_loses_no_sign_in_and_calls_nobody_twice(
    database_url, database, asked, place, placing_by
):
    asyncio.get_running_loop().set_task_factory(steppable)
    control = await asyncpg.connect(database_url)
    seen, ended = set(), False
    for steps in range(0, MOST_STEPS, 3):
        ids = await asked()
        ended = await kill_after(
            steps, lambda process: placing_by(process).place(), url=database_url, schema=SCHEMA, control=control
        )
        rows = await decided(database)
        seen.add(sum(row.decision is not None for row in rows))
        await place()
        await check_all_is_decided(database, ids)
        if ended:
            break
    assert ended, "it was given too few steps to come to its end"
    assert seen == set(range(5)), "it was not killed between all of them"
    await control.close()
