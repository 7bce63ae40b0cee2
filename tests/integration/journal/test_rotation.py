"""A rotation of the key-encryption key, over gRPC and beneath it, while people speak."""

import asyncio

import grpc
import pytest
from rotations import FIRST_ID, SECOND_ID, made, opened, rotate
from sqlalchemy import text

from chassis.database import open_database
from chassis.errors import Conflict
from daybook.journal.v1 import keys_pb2 as pb
from daybook.journal.v1.keys_pb2_grpc import KeysServiceStub
from journal import kek_store, store
from journal.errors import IntegrityError, PersonErased
from journal.keyring import Keyring
from journal.rotation import BEGINNING, Rotation


async def test_all_keys_come_under_the_active_one_and_the_former_is_needed_no_more(
    database_url, rotating, alone, clock
):
    async with open_database(database_url, schema="journal") as database:
        persons = await made(database, alone["first"], clock, 5)
        rotation = rotating(database)
        before = await rotation.standings()
        assert [(each.kek_id, each.name, each.persons, each.removable) for each in before] == [
            (SECOND_ID, "second", 0, False),
            (FIRST_ID, "first", 5, False),
        ]
        assert await rotate(rotation) == 5
        after = await rotation.standings()
        assert [(each.kek_id, each.active, each.persons, each.removable) for each in after] == [
            (SECOND_ID, True, 5, False),
            (FIRST_ID, False, 0, True),
        ]
        await Keyring(database, alone["second"], clock).recognise()
        assert await opened(database, alone["second"], clock, persons) == persons
        assert await rotate(rotation) == 0


async def test_of_nobodys_keys_the_canary_moves(database_url, rotating, alone, clock):
    async with open_database(database_url, schema="journal") as database:
        await made(database, alone["first"], clock, 0)
        assert await rotate(rotating(database)) == 0
        await Keyring(database, alone["second"], clock).recognise()


async def test_a_key_that_does_not_open_is_named_and_keeps_the_former_one_in_use(database_url, rotating, alone, clock):
    async with open_database(database_url, schema="journal") as database:
        persons = await made(database, alone["first"], clock, 5)
        damaged = list(persons)[1]
        async with database.transaction() as connection:
            await connection.execute(
                text(
                    "UPDATE person_keys SET wrapped = set_byte(wrapped, 30, get_byte(wrapped, 30) # 1) WHERE person_id = :it"
                ),
                {"it": damaged},
            )
        rotation = rotating(database)
        told, after = [], BEGINNING
        while after is not None:
            rewrapped = await rotation.rewrap_some(SECOND_ID, after)
            told += rewrapped.damaged
            after = rewrapped.reached
        assert told == [damaged]
        [second, first] = await rotation.standings()
        assert (second.persons, first.persons, first.removable) == (4, 1, False)
        others = [person_id for person_id in persons if person_id != damaged]
        assert await opened(database, alone["second"], clock, others) == {each: persons[each] for each in others}
        with pytest.raises(IntegrityError):
            await opened(database, alone["first"], clock, [damaged])


async def test_a_process_that_works_with_another_active_key_refuses(database_url, rotating, alone, clock):
    async with open_database(database_url, schema="journal") as database:
        persons = await made(database, alone["first"], clock, 1)
        with pytest.raises(Conflict, match=f"active key is {FIRST_ID}, and the rotation is to {SECOND_ID}"):
            await rotating(database, "first").rewrap_some(SECOND_ID)
        assert await opened(database, alone["first"], clock, persons) == persons


async def test_a_key_that_was_destroyed_while_it_was_wrapped_anew_stays_destroyed(database_url, alone, clock):
    async with open_database(database_url, schema="journal") as database:
        [person_id] = await made(database, alone["first"], clock, 1)
        async with database.transaction() as connection:
            [read] = await kek_store.keys_to_rewrap(connection, SECOND_ID, after=BEGINNING, limit=1)
        async with database.transaction() as connection:
            await store.destroy_person_key(connection, person_id, clock.now())
        async with database.transaction() as connection:
            assert await kek_store.replace_wraps(connection, SECOND_ID, [(read, read.wrapped)]) == 0
        with pytest.raises(PersonErased):
            await Keyring(database, alone["first"], clock).key_of(person_id)


async def test_while_people_speak_every_turn_that_was_answered_is_read_afterwards(serving, both, alone):
    over = asyncio.Event()

    async def talk(served):
        conversation, said = await served.begun(), 0
        while not over.is_set():
            await conversation.say(said, f"It was day number {said}.")
            await conversation.record(conversation.segment(said))
            said += 1
        return conversation, said, (await conversation.finish()).entry

    async with serving(active="second") as served:
        stub = KeysServiceStub(served.channel)
        async with asyncio.TaskGroup() as people:
            talking = [people.create_task(talk(served)) for _ in range(3)]
            for _ in range(20):
                await served.spoken()
                await rewrap_all(stub)
            over.set()
        conversations = [each.result() for each in talking]
        [second, first] = (await stub.GetKeys(pb.GetKeysRequest())).keys
        assert (second.kek_id, second.active, first.removable) == (SECOND_ID, True, True)
        (both / "first").unlink()
    async with serving(active="second") as served:
        for conversation, said, entry in conversations:
            assert said > 0
            reading = served.conversation(conversation.person_id)
            assert len((await reading.read(entry.entry_id)).turns) == said
            assert len(await reading.hear(entry.entry_id)) > said * 8000


async def rewrap_all(stub):
    request = pb.RewrapKeysRequest(active_kek_id=SECOND_ID)
    while True:
        rewrapped = await stub.RewrapKeys(request)
        assert not rewrapped.damaged_person_ids
        if not rewrapped.HasField("next_after"):
            return
        request.after.CopyFrom(rewrapped.next_after)


async def test_what_cannot_be_right_is_refused(served, refused):
    stub = KeysServiceStub(served.channel)
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "after.person_id"):
        after = pb.RewrapPosition(kek_id=FIRST_ID, person_id="nobody")
        await stub.RewrapKeys(pb.RewrapKeysRequest(active_kek_id=FIRST_ID, after=after))
    with refused(grpc.StatusCode.FAILED_PRECONDITION, f"This journal's active key is {FIRST_ID}"):
        await stub.RewrapKeys(pb.RewrapKeysRequest())


async def test_a_key_that_is_not_at_hand_is_told_to_the_operator(serving, both, alone, database_url, clock, refused):
    async with serving(active="first") as served:
        await served.spoken()
        await made(served.database, alone["second"], clock, 1, recognised=False)
        (both / "second").unlink()
        [first, second] = (await KeysServiceStub(served.channel).GetKeys(pb.GetKeysRequest())).keys
        assert (first.persons, second.persons, second.at_hand) == (1, 1, True)
    async with open_database(database_url, schema="journal") as database:
        rotation = Rotation(database, alone["first"], clock)
        [first, second] = await rotation.standings()
        assert (second.kek_id, second.name, second.at_hand, second.persons) == (SECOND_ID, "", False, 1)
