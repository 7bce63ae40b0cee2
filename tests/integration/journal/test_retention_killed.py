"""A run of retention, killed at any step: no wanted audio is lost, no damage is ever told, and the next run does the rest."""

import asyncio
from datetime import timedelta
from uuid import UUID

import asyncpg
import grpc
from interleaving import WHERE_THEY_ARE_KILLED, kill_after, steppable
from sqlalchemy import text

from journal import keeping_store, retention_store
from journal.fsck import BEGINNING, Fsck
from journal.keyring import Keyring
from journal.keys import find_keys
from journal.mounted_keys import MountedKeys
from journal.objects import open_objects
from journal.records import Keeping
from journal.retention import Retention

MOST_STEPS = 2000
EVERY = 5
A_DAY = timedelta(days=1)

pytestmark = WHERE_THEY_ARE_KILLED


async def test_killed_after_any_step_it_loses_no_wanted_audio_and_goes_on(served, database_url, keks, clock, tmp_path):
    asyncio.get_running_loop().set_task_factory(steppable)
    control = await asyncpg.connect(database_url)
    url = (tmp_path / "objects").as_uri()
    keys = await find_keys([MountedKeys(keks)])
    fsck = Fsck(served.database, served.keyring, open_objects(url), clock)
    wanted, wanted_entry = await served.spoken("This stays.")
    sound = await wanted.hear(wanted_entry.entry_id)

    def retention(database):
        return Retention(database, Keyring(database, keys, clock), open_objects(url), clock, page=2)

    async def with_limits(keeping):
        """A new entry of a new person, a day old, with the sound that all entries here have."""
        conversation, entry = await served.spoken()
        async with served.database.transaction() as connection:
            await keeping_store.set_keeping(connection, UUID(conversation.person_id), keeping)
        return conversation, entry

    async def faults():
        sessions = await fsck.sessions(BEGINNING, deep=True, mend=False)
        return [*sessions.faults, *[fault async for page in fsck.recordings(mend=False) for fault in page.faults]]

    clock.advance(timedelta(minutes=2) + A_DAY)
    ended, killed_between = False, 0
    for steps in range(0, MOST_STEPS, EVERY):
        silent, silent_entry = await with_limits(Keeping(audio_days=1))
        gone, gone_entry = await with_limits(Keeping(audio_days=1, entry_days=1))
        ended = await kill_after(
            steps, lambda process: retention(process).run(), url=database_url, schema="journal", control=control
        )
        assert await faults() == []
        assert await wanted.hear(wanted_entry.entry_id) == sound
        assert [turn.text for turn in (await silent.read(silent_entry.entry_id)).turns] == ["It was a long day."]
        await whole_or_not_found(silent, silent_entry, sound)
        await whole_or_not_found(gone, gone_entry, sound)
        async with served.database.transaction() as connection:
            killed_between += bool(await retention_store.unwanted(connection, limit=1))

        await retention(served.database).run()

        assert await faults() == []
        assert len(served.objects()) == 1
        async with served.database.transaction() as connection:
            kept = await connection.execute(text("SELECT entry_id FROM entries WHERE audio_removed_at IS NULL"))
            assert [str(entry_id) for (entry_id,) in kept] == [wanted_entry.entry_id]
            assert await retention_store.unwanted(connection, limit=1) == []
        if ended:
            break
    assert ended, "it was given too few steps to come to its end"
    assert killed_between, "it was never killed between the rows and the objects"
    await control.close()


async def whole_or_not_found(conversation, entry, sound):
    """An entry's audio is there to the last sample, or it is told that it went."""
    try:
        heard = await conversation.hear(entry.entry_id)
    except grpc.aio.AioRpcError as error:
        if error.code() is not grpc.StatusCode.NOT_FOUND:
            raise
    else:
        assert heard == sound
