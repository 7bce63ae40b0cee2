"""Which key-encryption keys must be at hand: all that some person's key was wrapped by."""

import base64
from contextlib import contextmanager
from uuid import UUID

import pytest
from prometheus_client import REGISTRY
from rotations import FIRST, SECOND
from sqlalchemy import text

from chassis.database import open_database
from daybook.journal.v1 import journal_pb2 as pb
from journal import kek_store
from journal.envelope import Key
from journal.errors import KeyUnusable
from journal.keyring import Keyring
from journal.keys import find_keys
from journal.mounted_keys import MountedKeys


@pytest.fixture
def second(keks):
    """Puts a second key beside the first."""

    def put():
        (keks / "second").write_bytes(base64.b64encode(SECOND))

    return put


@contextmanager
def lacking(kek, persons):
    with pytest.raises(KeyUnusable, match=rf"are missing: {Key(kek).id} \(persons' keys that it wraps: {persons}\)"):
        yield


def readable():
    return REGISTRY.get_sample_value("daybook_journal_kek_readable") == 1


async def test_it_does_not_serve_without_a_key_that_wraps_somebodys(serving, keks, second):
    async with serving() as served:
        await served.spoken()
        await served.spoken()
    second()
    async with serving(active="second") as served:
        conversation, entry = await served.spoken()
    first = (keks / "first").read_bytes()
    (keks / "first").unlink()
    with lacking(FIRST, 2):
        async with serving():
            pytest.fail("it served")
    (keks / "first").write_bytes(first)
    (keks / "second").unlink()  # the canary's is there, and that is not enough
    with lacking(SECOND, 1):
        async with serving():
            pytest.fail("it served")
    second()
    async with serving(active="first") as served:
        reading = served.conversation(conversation.person_id)
        assert len((await reading.read(entry.entry_id)).turns) == 1


async def test_a_refused_start_leaves_no_canary(serving, keks, database_url):
    async with serving() as served:
        await served.spoken()
        async with served.database.transaction() as connection:
            await connection.execute(text("DELETE FROM canaries"))
    (keks / "first").write_bytes(base64.b64encode(SECOND))
    with lacking(FIRST, 1):
        async with serving():
            pytest.fail("it served")
    async with open_database(database_url, schema="journal") as database, database.transaction() as connection:
        assert await kek_store.canaries(connection) == []


async def test_a_process_is_not_ready_while_it_lacks_a_key_that_another_was_given(serving, tmp_path, clock):
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "second").write_bytes(base64.b64encode(SECOND))
    (theirs / "first").write_bytes(base64.b64encode(FIRST))
    async with serving() as served:
        ours = served.keyring
        await ours.check()
        assert readable()
        other = Keyring(served.database, await find_keys([MountedKeys(theirs)], "second"), clock)
        conversation = served.conversation()
        await other.key_of_caller(UUID(conversation.person_id))
        with lacking(SECOND, 1):
            await ours.check()
        assert not readable()
        (tmp_path / "keks" / "second").write_bytes(base64.b64encode(SECOND))
        found = await ours.key_of(UUID(conversation.person_id))
        assert found == await other.key_of(UUID(conversation.person_id))
        await ours.check()
        assert not readable(), "the next start would not know which of two is active"


async def test_a_key_that_is_taken_away_is_told_while_the_process_still_has_it(serving, keks):
    async with serving() as served:
        conversation, entry = await served.spoken()
        key = (keks / "first").read_bytes()
        (keks / "first").unlink()
        (keks / "other").write_bytes(base64.b64encode(SECOND))
        await served.keyring.check()
        assert not readable()
        assert len((await conversation.read(entry.entry_id)).turns) == 1
        (keks / "other").unlink()
        (keks / "first").write_bytes(key)
        await served.keyring.check()
        assert readable()


async def test_a_destroyed_key_needs_none(serving, keks, second):
    async with serving() as served:
        await served.spoken()
    second()
    async with serving(active="second") as served:
        conversation, _ = await served.spoken()
        await served.stub.DeletePerson(pb.DeletePersonRequest(person_id=conversation.person_id))
    (keks / "second").unlink()
    async with serving() as served:
        await served.keyring.check()
        assert readable()
