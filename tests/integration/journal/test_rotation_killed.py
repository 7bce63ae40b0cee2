"""A rotation of the key-encryption key, killed at any step, and several at once: no key is lost."""

import asyncio
from uuid import uuid4

import asyncpg
import pytest
from interleaving import WHERE_THEY_ARE_KILLED, in_turns, kill_after, steppable
from rotations import FIRST_ID, SECOND_ID, made, opened, rotate

from chassis.database import open_database
from journal import kek_store, store
from journal.errors import PersonErased
from journal.keyring import Keyring
from journal.keys import find_keys
from journal.mounted_keys import MountedKeys

IDS = {"first": FIRST_ID, "second": SECOND_ID}
MOST_STEPS = 1000

pytestmark = WHERE_THEY_ARE_KILLED


async def test_killed_after_any_step_it_loses_no_key_and_goes_on(database_url, rotating, alone, both, clock):
    asyncio.get_running_loop().set_task_factory(steppable)
    control = await asyncpg.connect(database_url)
    async with open_database(database_url, schema="journal") as database:
        persons = await made(database, await find_keys([MountedKeys(both)], "first"), clock, 5)
        names, ended, seen = ("second", "first"), 0, set()
        for number, steps in enumerate(range(0, MOST_STEPS, 3)):
            active = names[number % 2]
            ended += await kill_after(
                steps,
                lambda process, active=active: rotate(rotating(process, active), IDS[active]),
                url=database_url,
                schema="journal",
                control=control,
            )
            await Keyring(database, await find_keys([MountedKeys(both)], active), clock).recognise()
            assert await opened(database, await find_keys([MountedKeys(both)], active), clock, persons) == persons
            async with database.transaction() as connection:
                counted = await kek_store.count_person_keys(connection)
            seen.add(counted.get(IDS[active], 0))
            assert sum(counted.values()) == len(persons)
            await rotate(rotating(database, active), IDS[active])
            assert await opened(database, alone[active], clock, persons) == persons
            await Keyring(database, alone[active], clock).recognise()
            if ended > 1:
                break
        assert ended > 1, "it was given too few steps to come to its end"
        assert seen > {0, len(persons)}, "it was never killed half way"
    await control.close()


@pytest.mark.parametrize("seed", range(8))
async def test_several_at_once_and_who_begins_or_goes_meanwhile(database_url, rotating, alone, both, clock, seed):
    asyncio.get_running_loop().set_task_factory(steppable)
    async with open_database(database_url, schema="journal") as database:
        persons = await made(database, alone["first"], clock, 5)
        goes, comes = list(persons)[2], uuid4()

        async def erase():
            async with database.transaction() as connection:
                await store.destroy_person_key(connection, goes, clock.now())

        async def begin():
            key = await Keyring(database, await find_keys([MountedKeys(both)], "second"), clock).key_of_caller(comes)
            async with database.transaction() as connection:
                await store.hold_person_key(connection, list(persons)[1])
            return key

        turns = [1 + (seed * 7 + number * 5) % 11 for number in range(60)]
        rotations = [rotate(rotating(database)) for _ in range(2)]
        *keys, _, began = await in_turns([*rotations, erase(), begin()], turns)
        assert sum(keys) in {4, 5}, keys
        del persons[goes]
        persons[comes] = began
        assert await opened(database, alone["second"], clock, persons) == persons
        with pytest.raises(PersonErased):
            await opened(database, alone["second"], clock, [goes])
