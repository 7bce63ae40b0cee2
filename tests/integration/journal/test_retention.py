"""Retention removes what was kept for as long as its person wished, and nothing else."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, timedelta
from uuid import UUID

import grpc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from daybook.journal.v1 import journal_pb2 as journal
from daybook.journal.v1 import keeping_pb2 as pb
from daybook.journal.v1.keeping_pb2_grpc import KeepingServiceStub
from journal import deletion_store, keeping_store, retention_store, store
from journal.entries import Entries
from journal.envelope import Kind, Place, unseal, unwrap
from journal.errors import AudioRemoved, ObjectStoreUnavailable
from journal.fsck import BEGINNING as FIRST_SESSION
from journal.fsck import Fsck
from journal.objects import open_objects
from journal.recordings import Recordings
from journal.records import Deletion, Keeping, Range
from journal.retention import BEGINNING, Retention
from journal.retention_rules import Beyond, beyond

NOT_FOUND = grpc.StatusCode.NOT_FOUND
A_DAY = timedelta(days=1)
UNTIL_THE_END = timedelta(minutes=2)
"""From when the clock stands still until the sessions of these tests end."""


@pytest.fixture
def objects(served):
    return open_objects(served.folder.as_uri())


@pytest.fixture
def retention(served, objects, clock):
    return Retention(served.database, served.keyring, objects, clock, page=2)


@pytest.fixture
def found(served, objects, clock):
    """What fsck finds in all of the journal, opening everything."""
    fsck = Fsck(served.database, served.keyring, objects, clock)

    async def faults(*, mend=False):
        sessions = await fsck.sessions(FIRST_SESSION, deep=True, mend=mend)
        recordings = [fault async for page in fsck.recordings(mend=mend) for fault in page.faults]
        return [(fault.kind, fault.mended) for fault in (*sessions.faults, *recordings)]

    return faults


async def keep(served, conversation, **keeping):
    request = pb.SetKeepingRequest(person_id=conversation.person_id, keeping=pb.Keeping(**keeping))
    await KeepingServiceStub(served.channel).SetKeeping(request)


async def execute(served, statement, **values):
    async with served.database.transaction() as connection:
        return await connection.execute(text(statement), values)


async def test_audio_goes_after_its_days_and_the_words_stay(served, retention, found, clock, refused):
    conversation, entry = await served.spoken("It was a long day.", "Then it rained.")
    _, newer = await served.spoken("Good night.", person_id=conversation.person_id)
    other, kept = await served.spoken()
    await keep(served, conversation, audio_days=30)
    before = await conversation.read(entry.entry_id)
    clock.advance(UNTIL_THE_END + 30 * A_DAY - timedelta(microseconds=1))
    assert (await retention.run()).recordings == 0
    assert len(served.objects()) == 3
    clock.advance(timedelta(microseconds=1))

    run = await retention.run()

    assert (run.recordings, run.entries, run.unopened) == (2, 0, 0)
    assert len(served.objects()) == 1
    read = await conversation.read(entry.entry_id)
    assert read.turns == before.turns
    assert read.summary.recording_ms == 0
    assert read.summary.audio_removed_at.ToDatetime(tzinfo=UTC) == clock.now()
    for each in (entry, newer):
        with refused(NOT_FOUND, "was removed on 2026-12-24, 30 days after the call, as its person had set"):
            await conversation.hear(each.entry_id)
    assert not (await other.read(kept.entry_id)).summary.HasField("audio_removed_at")
    assert len(await other.hear(kept.entry_id)) == 58 + 16_000
    assert await found() == []
    assert (await retention.run()).recordings == 0


async def test_the_inventory_says_when_and_why(served, retention, clock):
    conversation, entry = await served.spoken()
    await keep(served, conversation, audio_days=1)
    clock.advance(UNTIL_THE_END + A_DAY)
    await retention.run()
    async with served.database.transaction() as connection:
        session = await store.session(connection, UUID(conversation.session_id))
        sealed = await store.inventory(connection, UUID(entry.entry_id))
    person_key = await served.keyring.key_of(session.person_id)
    place = Place(session.person_id, session.session_id, Kind.SESSION_KEY)
    session_key = unwrap(person_key, place, session.wrapped_key)
    inventory = json.loads(unseal(session_key, replace(place, kind=Kind.INVENTORY), sealed))
    assert inventory["audio_removed"] == {"at": clock.now().isoformat(), "kept_days": 1}
    assert inventory["tracks"] == {"person": [], "daybook": []}
    assert session.recording.wrapped_key is None


async def test_entries_go_whole_after_theirs(served, retention, found, clock, refused):
    conversation, entry = await served.spoken()
    other, kept = await served.spoken()
    await keep(served, conversation, audio_days=1, entry_days=2)
    await keep(served, other, entry_days=36_500)
    clock.advance(UNTIL_THE_END + 2 * A_DAY)
    run = await retention.run()
    assert (run.recordings, run.entries) == (0, 1)
    with refused(NOT_FOUND, "The person has no entry"):
        await conversation.read(entry.entry_id)
    for table in ("entries", "sessions", "recordings", "turns"):
        assert (await execute(served, f"SELECT count(*) FROM {table}")).scalar_one() == 1
    assert len(served.objects()) == 1
    assert (await other.read(kept.entry_id)).summary == kept
    assert await found() == []


async def test_an_entry_is_deleted_while_the_object_store_is_away_and_retention_takes_the_rest(
    served, retention, found, refused
):
    conversation, entry = await served.spoken()
    folder = served.folder / "recordings"
    away = folder.rename(served.folder / "away")
    folder.write_bytes(b"")
    await served.stub.DeleteEntry(journal.DeleteEntryRequest(person_id=conversation.person_id, entry_id=entry.entry_id))
    with refused(NOT_FOUND, "The person has no entry"):
        await conversation.read(entry.entry_id)
    folder.unlink()
    away.rename(folder)
    assert len(served.objects()) == 1
    assert await found() == []
    await retention.run()
    assert served.objects() == []


async def test_what_was_removed_is_removed_with_its_entry_later(served, retention, found, clock):
    conversation, _ = await served.spoken()
    await keep(served, conversation, audio_days=1, entry_days=2)
    clock.advance(UNTIL_THE_END + A_DAY)
    assert (await retention.run()).recordings == 1
    clock.advance(A_DAY)
    assert (await retention.run()).entries == 1
    assert await found() == []
    assert served.objects() == []


async def test_a_session_that_runs_is_not_touched(served, retention, clock):
    running = await served.begun()
    await running.say(0, "It was a long day.")
    await running.record(running.segment(0))
    await keep(served, running, audio_days=1, entry_days=1)
    clock.advance(100 * A_DAY)
    run = await retention.run()
    assert (run.recordings, run.entries) == (0, 0)
    await running.say(1, "It is not over.")
    await running.record(running.segment(1))
    entry = (await running.finish(ended_at=clock.now())).entry
    assert (entry.turns, entry.recording_ms) == (2, 2000)


async def test_a_longer_limit_saves_what_is_there(served, retention, clock):
    conversation, entry = await served.spoken()
    await keep(served, conversation, audio_days=1)
    clock.advance(UNTIL_THE_END + A_DAY)
    await keep(served, conversation, audio_days=0)
    assert (await retention.run()).recordings == 0
    assert len(await conversation.hear(entry.entry_id)) == 58 + 16_000


async def test_what_does_not_open_is_left_told_and_no_reason_to_leave_the_rest(served, retention, clock, refused):
    spoken = [await served.spoken() for _ in range(3)]
    for conversation, _ in spoken:
        await keep(served, conversation, audio_days=1)
    clock.advance(UNTIL_THE_END + A_DAY)
    broken = spoken[1][1].entry_id
    await execute(served, "UPDATE entries SET inventory = set_byte(inventory, 30, 0) WHERE entry_id = :id", id=broken)
    await execute(served, "UPDATE entries SET inventory = inventory || 'x' WHERE entry_id = :id", id=broken)
    run = await retention.run()
    assert (run.recordings, run.unopened) == (2, 1)
    assert len(served.objects()) == 1
    async with served.database.transaction() as connection:
        assert await retention_store.last_run(connection) == run
    with refused(grpc.StatusCode.DATA_LOSS, "The inventory 0"):
        await spoken[1][0].hear(broken)


async def test_a_row_cannot_tell_unnoticed_that_audio_was_removed_or_is_there(served, retention, clock, refused):
    conversation, entry = await served.spoken()
    removed, silent = await served.spoken()
    await keep(served, removed, audio_days=1)
    clock.advance(UNTIL_THE_END + A_DAY)
    await retention.run()
    await execute(
        served,
        "UPDATE entries SET audio_removed_at = now(), audio_kept_days = 1 WHERE entry_id = :id",
        id=entry.entry_id,
    )
    await execute(
        served, "UPDATE entries SET audio_kept_days = audio_kept_days + 1 WHERE entry_id = :id", id=silent.entry_id
    )
    for each, its in ((conversation, entry), (removed, silent)):
        with refused(grpc.StatusCode.DATA_LOSS, "what its entry tells was changed"):
            await each.hear(its.entry_id)
        with refused(grpc.StatusCode.DATA_LOSS, "what its entry tells was changed"):
            await each.read(its.entry_id)


async def test_a_key_that_is_gone_from_a_recording_that_was_not_removed_is_damage(served, found, clock, refused):
    conversation, entry = await served.spoken()
    clock.advance(UNTIL_THE_END + A_DAY)
    await execute(served, "UPDATE recordings SET wrapped_key = NULL")
    with refused(grpc.StatusCode.DATA_LOSS, "it was destroyed"):
        await conversation.hear(entry.entry_id)
    assert await found(mend=True) == [("damaged", False)]
    assert len(served.objects()) == 1


async def test_where_the_object_store_is_away_the_next_run_goes_on(served, retention, found, clock, tmp_path):
    for _ in range(3):
        conversation, _ = await served.spoken()
        await keep(served, conversation, audio_days=1)
    clock.advance(UNTIL_THE_END + A_DAY)
    away = tmp_path / "away"
    away.mkdir()
    (away / "recordings").write_bytes(b"")
    without = Retention(served.database, served.keyring, open_objects(away.as_uri()), clock, page=2)
    with pytest.raises(ObjectStoreUnavailable):
        await without.run()
    async with served.database.transaction() as connection:
        assert await retention_store.last_run(connection) is None
    assert len(served.objects()) == 3
    assert await found(mend=True) == []
    assert (await retention.run()).recordings == 1
    assert served.objects() == []
    assert await found() == []


async def test_fsck_deletes_what_comes_to_a_recording_that_was_removed(served, retention, found, clock):
    conversation, _ = await served.spoken()
    [kept] = served.objects()
    content = kept.read_bytes()
    await keep(served, conversation, audio_days=1)
    clock.advance(UNTIL_THE_END + A_DAY)
    await retention.run()
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(content)
    assert await found() == [("leftover", False)]
    assert await found(mend=True) == [("leftover", True)]
    assert served.objects() == []
    assert await found() == []


async def test_who_listens_while_it_goes_is_told_that_it_went(served, retention, objects, clock):
    conversation = await served.begun()
    await conversation.say(0, "It was a long day.")
    await conversation.record(*(conversation.segment(number) for number in range(20)))
    entry = (await conversation.finish()).entry
    await keep(served, conversation, audio_days=1)
    clock.advance(UNTIL_THE_END + A_DAY)
    recordings = Recordings(served.database, served.keyring, objects)
    entries = Entries(served.database, served.keyring, recordings, clock)
    person_id, entry_id = UUID(conversation.person_id), UUID(entry.entry_id)
    _, pieces = await entries.audio(person_id, entry_id, Range(0, None))
    assert len(await anext(pieces)) == 58
    await retention.run()
    with pytest.raises(AudioRemoved, match="1 day after the call"):
        await anext(pieces)


async def test_two_runs_at_once_remove_each_once(served, objects, retention, found, clock):
    for number in range(6):
        conversation, _ = await served.spoken()
        await keep(served, conversation, audio_days=number % 2, entry_days=1 - number % 2)
    clock.advance(UNTIL_THE_END + A_DAY)
    another = Retention(served.database, served.keyring, objects, clock, page=3)
    runs = await asyncio.gather(retention.run(), another.run())
    assert (sum(run.recordings for run in runs), sum(run.entries for run in runs)) == (3, 3)
    assert (await execute(served, "SELECT count(*) FROM entries WHERE audio_removed_at IS NULL")).scalar_one() == 0
    assert (await execute(served, "SELECT count(*) FROM entries")).scalar_one() == 3
    assert served.objects() == []
    assert await found() == []


@settings(max_examples=12, database=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_the_database_finds_what_the_rule_says(serving, clock, data):
    """Of some persons with entries of several ages, each with other limits."""
    days = st.integers(0, 3)
    ages = st.lists(st.integers(0, 4 * 24 * 60), min_size=1, max_size=3)
    persons = data.draw(st.lists(st.tuples(days, days, ages), min_size=1, max_size=4))

    async def check():
        async with serving() as served:
            await execute(served, "TRUNCATE sessions, keeping CASCADE")
            end = clock.now() + 10 * A_DAY
            for audio_days, entry_days, minutes in persons:
                conversation = served.conversation()
                for age in minutes:
                    each = served.conversation(conversation.person_id)
                    await each.start()
                    await each.say(0, "It was a long day.")
                    await each.finish(ended_at=end - timedelta(minutes=age))
                async with served.database.transaction() as connection:
                    keeping = Keeping(audio_days, entry_days)
                    await keeping_store.set_keeping(connection, UUID(conversation.person_id), keeping)
            async with served.database.transaction() as connection:
                found = {
                    what: {each.session_id for each in await find(connection, end, after=BEGINNING, limit=100)}
                    for what, find in (
                        (Beyond.ENTRY, retention_store.entries_beyond),
                        (Beyond.AUDIO, retention_store.audio_beyond),
                    )
                }
                sessions = await connection.execute(text("SELECT session_id FROM sessions"))
                for (session_id,) in sessions.all():
                    entry = await store.entry_of_session(connection, session_id)
                    keeping = await keeping_store.keeping(connection, entry.person_id)
                    is_beyond = beyond(keeping, entry, end)
                    assert (session_id in found[Beyond.ENTRY]) == (is_beyond is Beyond.ENTRY)
                    # what goes whole has lost its entry by the time at which audio is looked for
                    assert (session_id in found[Beyond.AUDIO] - found[Beyond.ENTRY]) == (is_beyond is Beyond.AUDIO)

    asyncio.run(check())


async def test_what_a_deletion_that_was_cut_off_has_left_of_a_person_goes_too(served, retention, found, clock):
    """Their key is destroyed and nothing else was done yet."""
    conversation, _ = await served.spoken()
    await served.spoken(person_id=conversation.person_id)
    running = await served.begun(conversation.person_id)
    await running.record(running.segment(0))
    _, kept = await served.spoken()
    person_id = UUID(conversation.person_id)
    async with served.database.transaction() as connection:
        await store.destroy_person_key(connection, person_id, clock.now())
        await deletion_store.add_deletion(connection, Deletion(person_id, clock.now(), 2, 3, "", 0, b""))
    run = await retention.run()
    assert (run.recordings, run.entries, run.unopened) == (0, 0, 0)
    assert (await execute(served, "SELECT entry_id FROM entries")).scalars().all() == [UUID(kept.entry_id)]
    assert (await execute(served, "SELECT count(*) FROM sessions")).scalar_one() == 1
    assert len(served.objects()) == 1
    assert await found() == []


async def test_a_person_who_was_deleted_is_none_of_its_business(served, retention, clock):
    conversation, _ = await served.spoken()
    await keep(served, conversation, audio_days=1)
    await served.stub.DeletePerson(journal.DeletePersonRequest(person_id=conversation.person_id))
    clock.advance(UNTIL_THE_END + A_DAY)
    run = await retention.run()
    assert (run.recordings, run.entries, run.unopened) == (0, 0, 0)
