"""fsck finds what does not belong together, and mends what nothing is lost by."""

from datetime import timedelta
from uuid import UUID, uuid4

import grpc
import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text

from daybook.journal.v1 import consistency_pb2 as pb
from daybook.journal.v1 import journal_pb2 as journal
from daybook.journal.v1.consistency_pb2_grpc import ConsistencyServiceStub
from journal.fsck import STILL_FOR

LONG_AFTER = timedelta(minutes=2) + STILL_FOR + timedelta(seconds=1)


@pytest.fixture(autouse=True)
def long_after(clock):
    clock.advance(LONG_AFTER)


@pytest.fixture
def check(served):
    """The faults of the whole journal: kind, record, mended."""
    stub = ConsistencyServiceStub(served.channel)

    async def checked(*, mend=False, deep=False):
        faults, request = [], pb.CheckSessionsRequest(mend=mend, deep=deep)
        while True:
            page = await stub.CheckSessions(request)
            faults += page.faults
            if not page.next_after_session_id:
                break
            request.after_session_id = page.next_after_session_id
        async for found in stub.CheckObjects(pb.CheckObjectsRequest(mend=mend)):
            faults += found.faults
        return [
            (pb.FaultKind.Name(it.kind).removeprefix("FAULT_KIND_").lower(), it.record_id, it.mended) for it in faults
        ]

    return checked


async def execute(served, statement, **values):
    async with served.database.transaction() as connection:
        await connection.execute(text(statement), values)


async def test_where_all_belongs_together_it_finds_nothing(served, check):
    for number in range(7):
        conversation, entry = await served.spoken()
        await served.edit(conversation, entry, title=f"Day {number}")
    await (await served.begun()).finish(journal.SESSION_OUTCOME_SILENT)
    running = await served.begun()
    await running.record(running.segment(0))
    assert await check(deep=True, mend=True) == []
    assert len(served.objects()) == 8


async def test_a_session_that_ended_a_moment_ago_is_left_alone(served, check, clock):
    conversation, _ = await served.spoken()
    served.objects()[0].unlink()
    clock.advance(-LONG_AFTER)
    assert await check(mend=True) == []
    clock.advance(LONG_AFTER)
    assert await check(mend=True) == [("object_missing", conversation.session_id, False)]


async def test_a_segment_that_came_late_becomes_part_of_its_entry(serving, tmp_path, check, served):
    """The journal that ended the session, and another one that a replaced gateway still speaks to."""
    conversation = await served.begun()
    await conversation.say(0, "It was a long day.")
    await conversation.record(conversation.segment(0, b"\x01" * 8000))
    async with serving() as another:
        late = another.stub.AppendAudio()
        await late.write(conversation.segment(0, b"\x01" * 8000))
        await late.read()
        entry = (await conversation.finish()).entry
        await late.write(conversation.segment(1, b"\x02" * 8000))
        await late.read()
        await late.done_writing()
    assert await check() == [("late_segment", conversation.session_id, False)]
    assert (await conversation.hear(entry.entry_id))[58:] == b"\x01\xff" * 8000
    assert await check(mend=True) == [("late_segment", conversation.session_id, True)]
    assert (await conversation.hear(entry.entry_id))[58:] == b"\x01\xff" * 8000 + b"\x02\xff" * 8000
    assert (await conversation.read(entry.entry_id)).summary.recording_ms == 2000
    assert await check() == []


async def test_what_is_no_segment_is_deleted(served, check):
    conversation, entry = await served.spoken()
    [kept] = served.objects()
    stray = kept.parent / "00000007-00007000"
    stray.write_bytes(kept.read_bytes())
    assert await check() == [("stray_object", conversation.session_id, False)]
    assert await check(mend=True) == [("stray_object", conversation.session_id, True)]
    assert served.objects() == [kept]
    assert len(await conversation.hear(entry.entry_id)) == 58 + 16_000


async def test_objects_that_no_session_knows_are_deleted(served, check):
    await served.spoken()
    [kept] = served.objects()
    unknown = str(uuid4())
    folder = served.folder / "recordings" / unknown / "person"
    folder.mkdir(parents=True)
    (folder / kept.name).write_bytes(kept.read_bytes())
    (served.folder / "recordings" / "notes").mkdir()
    assert await check() == [("stray_object", unknown, False)]
    assert await check(mend=True) == [("stray_object", unknown, True)]
    assert served.objects() == [kept]
    assert await check() == []


async def test_what_a_session_without_an_entry_left_is_deleted(served, check):
    conversation, _ = await served.spoken()
    await execute(served, "DELETE FROM entries")
    assert await check(mend=True) == [("leftover", conversation.session_id, True)]
    assert served.objects() == []
    started = await conversation.start()
    assert (started.finished, list(started.turns)) == (True, [])


async def test_what_is_left_of_somebody_who_was_deleted_is_deleted(served, check):
    conversation, _ = await served.spoken()
    await execute(served, "UPDATE person_keys SET wrapped = NULL, destroyed_at = now()")
    assert await check(mend=True) == [("leftover", conversation.session_id, True)]
    assert served.objects() == []
    assert await check() == []


async def test_damage_is_told_and_nothing_is_touched(served, check):
    for table, column in (("turns", "sealed"), ("entries", "inventory"), ("recordings", "wrapped_key")):
        conversation, _ = await served.spoken()
        await execute(
            served,
            f"UPDATE {table} SET {column} = set_byte({column}, 30, get_byte({column}, 30) # 1) WHERE session_id = :id",
            id=conversation.session_id,
        )
        assert ("damaged", conversation.session_id, False) in await check(mend=True)
    assert len(served.objects()) == 3


async def test_only_a_deep_look_opens_the_audio(served, check):
    conversation, _ = await served.spoken()
    [kept] = served.objects()
    content = bytearray(kept.read_bytes())
    content[100] ^= 1
    kept.write_bytes(content)
    assert await check() == []
    assert await check(deep=True, mend=True) == [("damaged", conversation.session_id, False)]
    assert kept.exists()


async def test_an_object_that_was_cut_is_missing_and_what_is_left_of_it_stays(served, check):
    conversation, _ = await served.spoken()
    [kept] = served.objects()
    kept.write_bytes(kept.read_bytes()[:-1])
    assert await check(deep=True, mend=True) == [("object_missing", conversation.session_id, False)]
    assert kept.exists()


async def test_damage_that_it_finds_is_counted_for_the_alert(served, check):
    def damaged():
        return REGISTRY.get_sample_value("daybook_journal_records_damaged_total", {"kind": "turn"}) or 0

    before, (conversation, _) = damaged(), await served.spoken()
    await execute(served, "UPDATE turns SET sealed = sealed || 'x' WHERE session_id = :id", id=conversation.session_id)
    await check()
    assert damaged() == before + 1


async def test_an_operator_is_told_which_key_is_missing(served, check, refused):
    conversation, _ = await served.spoken()
    await execute(served, "UPDATE person_keys SET kek_id = '00000000'")
    served.keyring.forget(UUID(conversation.person_id))
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "The key-encryption key 00000000 is not at hand"):
        await check()


async def test_revisions_that_do_not_open_or_are_gone_are_damage(served, check):
    changed, entry = await served.spoken()
    lacking, other_entry = await served.spoken()
    for conversation, edited in ((changed, entry), (lacking, other_entry)):
        for number in range(3):
            await served.edit(conversation, edited, number, title=f"Edit {number}")
    await execute(
        served,
        "UPDATE revisions SET sealed = sealed || '\\x00' WHERE session_id = :id AND number < 3",
        id=UUID(changed.session_id),
    )
    await execute(served, "DELETE FROM revisions WHERE session_id = :id AND number = 2", id=UUID(lacking.session_id))
    damaged = [("damaged", changed.session_id, False)] * 2 + [("damaged", lacking.session_id, False)]
    assert sorted(await check(mend=True)) == sorted(damaged)
