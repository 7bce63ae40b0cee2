"""A deleted person: the receipt, and what an old backup is still good for."""

import hashlib
import runpy
import shutil
from datetime import UTC, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import grpc
import pytest
from cryptography.exceptions import InvalidTag
from independent_reader import open_envelope, place
from sqlalchemy import text

import journal
from daybook.journal.v1 import audit_pb2 as audit
from daybook.journal.v1 import journal_pb2 as pb
from daybook.journal.v1.audit_pb2_grpc import AuditServiceStub
from journal.fsck import BEGINNING, Fsck
from journal.objects import open_objects

CONFLICT = grpc.StatusCode.FAILED_PRECONDITION
KEK = b"k" * 32
KEPT_SECRET = ("sessions", "recordings", "turns", "entries")


async def execute(served, statement, **values):
    async with served.database.transaction() as connection:
        return await connection.execute(text(statement), values)


async def delete(served, person_id):
    return await served.stub.DeletePerson(pb.DeletePersonRequest(person_id=person_id))


async def wrapped_key(served, person_id):
    return (
        await execute(served, "SELECT wrapped FROM person_keys WHERE person_id = :id", id=UUID(person_id))
    ).scalar_one()


async def test_the_receipt_says_which_key_was_destroyed_when_and_what_it_kept_secret(served, clock):
    conversation, _ = await served.spoken()
    await served.spoken(person_id=conversation.person_id)
    running = await served.begun(conversation.person_id)
    await running.record(running.segment(0))
    await served.spoken()
    wrapped = await wrapped_key(served, conversation.person_id)

    receipt = (await delete(served, conversation.person_id)).receipt

    assert (receipt.person_id, receipt.entries, receipt.recordings) == (conversation.person_id, 2, 3)
    assert receipt.destroyed_at.ToDatetime(tzinfo=UTC) == clock.now()
    assert receipt.key_fingerprint == hashlib.sha256(wrapped).hexdigest()


async def test_deleting_again_gives_the_same_receipt(served, clock):
    conversation, _ = await served.spoken()
    first = await delete(served, conversation.person_id)
    clock.advance(timedelta(days=3))
    again = await delete(served, conversation.person_id)
    assert again.receipt == first.receipt
    assert (again.entries, again.recordings) == (0, 0)


async def test_the_receipt_leads_to_the_audit_log_which_vouches_for_it(served, clock):
    conversation, entry = await served.spoken()
    await conversation.read(entry.entry_id)
    receipt = (await delete(served, conversation.person_id)).receipt
    assert (await delete(served, conversation.person_id)).receipt == receipt
    stub = AuditServiceStub(served.channel)

    async def faults(**position):
        request = audit.VerifyAuditRequest(expected=[audit.AuditPosition(**position)])
        return [answer.fault async for answer in stub.VerifyAudit(request) if answer.fault]

    assert await faults(sequence=receipt.audit_sequence, hash=receipt.audit_hash) == []
    assert await faults(sequence=receipt.audit_sequence, hash=bytes(32)) == [audit.AUDIT_FAULT_REWRITTEN]
    asked = await execute(
        served, "SELECT method, person_id FROM audit_log WHERE sequence = :number", number=receipt.audit_sequence
    )
    assert asked.one() == ("DeletePerson", UUID(conversation.person_id))


async def test_who_had_no_key_has_a_receipt_too_and_none_can_be_made_after_it(served, clock, refused):
    conversation = served.conversation()
    receipt = (await delete(served, conversation.person_id)).receipt
    assert (receipt.entries, receipt.recordings, receipt.key_fingerprint) == (0, 0, "")
    assert receipt.destroyed_at.ToDatetime(tzinfo=UTC) == clock.now()
    with refused(CONFLICT, "was deleted from the journal"):
        await conversation.start()


async def test_who_was_deleted_before_there_were_receipts_has_the_moment_in_it(served):
    person_id = str(uuid4())
    await delete(served, person_id)
    await execute(served, "DELETE FROM deletions")
    before = (await execute(served, "UPDATE person_keys SET destroyed_at = now() RETURNING destroyed_at")).scalar_one()
    [migration] = (Path(journal.__file__).parent / "migrations").glob("*_deletions.py")
    await execute(served, runpy.run_path(str(migration))["STATEMENTS"][1])
    receipt = (await delete(served, person_id)).receipt
    assert receipt.destroyed_at.ToDatetime(tzinfo=UTC) == before


async def test_rows_and_objects_of_an_old_backup_open_with_nothing_once_the_key_is_destroyed(
    served, clock, tmp_path, refused
):
    """All of the backup but the row of the key is restored beside the journal that destroyed it."""
    conversation, entry = await served.spoken("Nobody reads this again.")
    kept, kept_entry = await served.spoken("This one stays.")
    for table in KEPT_SECRET:
        await execute(served, f"CREATE TABLE backup_{table} AS SELECT * FROM {table}")
    shutil.copytree(served.folder, tmp_path / "backup")
    wrapped = await wrapped_key(served, conversation.person_id)
    receipt = (await delete(served, conversation.person_id)).receipt
    for table in KEPT_SECRET:
        await execute(served, f"INSERT INTO {table} SELECT * FROM backup_{table} ON CONFLICT DO NOTHING")
    shutil.copytree(tmp_path / "backup", served.folder, dirs_exist_ok=True)

    for reading in (conversation.read, conversation.hear):
        with refused(CONFLICT, "was deleted from the journal"):
            await reading(entry.entry_id)
    # with the key-encryption key at hand, and every row that there is, no key opens the session's
    person, session = UUID(conversation.person_id), UUID(conversation.session_id)
    found = await execute(served, "SELECT wrapped FROM person_keys WHERE wrapped IS NOT NULL")
    left = [
        open_envelope(KEK, place(UUID(kept.person_id), UUID(kept.person_id), "person-key"), row.wrapped)
        for row in found
    ]
    sealed = (await execute(served, "SELECT wrapped_key FROM sessions WHERE session_id = :id", id=session)).scalar_one()
    assert len(left) == 1
    for key in (KEK, *left):
        with pytest.raises((AssertionError, InvalidTag)):
            open_envelope(key, place(person, session, "session-key"), sealed)
    # only the row of the key in the backup would, and the receipt tells which that is
    assert hashlib.sha256(wrapped).hexdigest() == receipt.key_fingerprint
    key = open_envelope(KEK, place(person, person, "person-key"), wrapped)
    assert len(open_envelope(key, place(person, session, "session-key"), sealed)) == 32

    assert [turn.text for turn in (await kept.read(kept_entry.entry_id)).turns] == ["This one stays."]
    clock.advance(timedelta(hours=1))
    fsck = Fsck(served.database, served.keyring, open_objects(served.folder.as_uri()), clock)
    mended = await fsck.sessions(BEGINNING, deep=False, mend=True)
    assert [(fault.kind, fault.mended) for fault in mended.faults] == [("leftover", True)]
    assert len(served.objects()) == 1
