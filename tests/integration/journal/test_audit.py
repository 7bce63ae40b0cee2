"""The audit log: written by many at once, never changed, and what was done to it by force is found."""

import asyncio
from uuid import uuid4

import grpc
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs

from chassis.database import DatabaseUnavailable, open_database
from daybook.journal.v1 import audit_pb2 as pb
from daybook.journal.v1.audit_pb2_grpc import AuditServiceStub
from journal.audit import Audit
from journal.audit_chain import Access
from journal.audit_service import AT_ONCE

MANY = 60


def an_access(clock, person_id=None, method="ReadEntry"):
    return Access(
        at=clock.now(),
        caller="portal",
        asked_for=person_id,
        method=method,
        person_id=person_id,
        record_id=uuid4(),
        refused_for="",
    )


@pytest.fixture
def log(served, clock):
    audit = Audit(served.database)

    async def add(count=MANY, person_id=None):
        return await asyncio.gather(*(audit.add(an_access(clock, person_id)) for _ in range(count)))

    return add


async def verified(served, *expected):
    """What the last answer says."""
    request = pb.VerifyAuditRequest(expected=expected)
    answers = [answer async for answer in AuditServiceStub(served.channel).VerifyAudit(request)]
    return answers[-1]


async def by_force(served, statement):
    """As the owner of the database can."""
    async with served.database.transaction() as connection:
        await connection.execute(text("ALTER TABLE audit_log DISABLE TRIGGER keep_audit_log"))
        await connection.execute(text(statement))
        await connection.execute(text("ALTER TABLE audit_log ENABLE TRIGGER keep_audit_log"))


def noted(position):
    return pb.AuditPosition(sequence=position.sequence, hash=position.hash)


async def test_all_who_ask_at_once_of_several_processes_stand_in_one_chain(served, database_url, clock):
    async with open_database(database_url, schema="journal") as another:
        logs = [Audit(served.database), Audit(another)]
        positions = await asyncio.gather(*(logs[each % 2].add(an_access(clock)) for each in range(MANY)))
    assert sorted(position.sequence for position in positions) == list(range(1, MANY + 1))
    answer = await verified(served, *map(noted, positions))
    # asking is a record of its own
    assert (answer.fault, answer.reached.sequence) == (pb.AUDIT_FAULT_UNSPECIFIED, MANY + 1)


async def test_those_who_wait_for_its_end_are_written_together(served, log):
    with capture_logs() as lines:
        await log()
    # the first one alone, and all who came meanwhile
    assert [line["records"] for line in lines if line["event"] == "audit.added"] == [1, MANY - 1]


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_log SET caller = 'nobody'", "DELETE FROM audit_log", "TRUNCATE audit_log"],
)
async def test_it_is_only_added_to(served, log, statement):
    await log(2)
    with pytest.raises(DBAPIError, match="The audit log is only added to"):
        async with served.database.transaction() as connection:
            await connection.execute(text(statement))
    assert (await verified(served)).fault == pb.AUDIT_FAULT_UNSPECIFIED


@pytest.mark.parametrize(
    ("statement", "fault", "sequence"),
    [
        ("UPDATE audit_log SET caller = 'nobody' WHERE sequence = 5", pb.AUDIT_FAULT_CHANGED, 5),
        ("UPDATE audit_log SET at = at + interval '1 microsecond' WHERE sequence = 7", pb.AUDIT_FAULT_CHANGED, 7),
        ("UPDATE audit_log SET hash = sha256('x') WHERE sequence = 9", pb.AUDIT_FAULT_CHANGED, 9),
        ("DELETE FROM audit_log WHERE sequence BETWEEN 3 AND 4", pb.AUDIT_FAULT_MISSING, 3),
        ("DELETE FROM audit_log WHERE sequence = 1", pb.AUDIT_FAULT_MISSING, 1),
    ],
)
async def test_what_was_done_to_it_by_force_is_found(served, log, statement, fault, sequence):
    await log()
    await by_force(served, statement)
    answer = await verified(served)
    assert (answer.fault, answer.fault_sequence) == (fault, sequence)
    assert answer.reached.sequence == sequence - 1


async def test_an_end_that_was_cut_off_is_missed_by_who_noted_it(served, log):
    positions = await log()
    await by_force(served, "DELETE FROM audit_log WHERE sequence > 50")
    assert (await verified(served)).fault == pb.AUDIT_FAULT_UNSPECIFIED
    answer = await verified(served, noted(max(positions, key=lambda position: position.sequence)))
    # two who asked stand after the end; then the chain goes on from another record 51
    assert (answer.fault, answer.fault_sequence) == (pb.AUDIT_FAULT_CUT_OFF, MANY)


async def test_a_log_that_was_written_anew_is_missed_by_who_noted_a_position(served, log, clock):
    positions = await log(3)
    await by_force(served, "DELETE FROM audit_log")
    await log(3)
    assert (await verified(served)).fault == pb.AUDIT_FAULT_UNSPECIFIED
    answer = await verified(served, *map(noted, positions))
    assert (answer.fault, answer.fault_sequence) == (pb.AUDIT_FAULT_REWRITTEN, 1)


@pytest.mark.parametrize(
    "position", [pb.AuditPosition(hash=bytes(32)), pb.AuditPosition(sequence=1, hash=b"short"), pb.AuditPosition()]
)
async def test_what_is_no_position_is_refused(served, refused, position):
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "expected: must be positions of the log"):
        await verified(served, position)


async def test_too_many_positions_are_refused(served, refused):
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "expected: must be at most 100 positions."):
        await verified(served, *(pb.AuditPosition(sequence=each, hash=bytes(32)) for each in range(1, 102)))


async def test_a_long_log_is_followed_piece_by_piece(served, log):
    await log(AT_ONCE + 1)
    answers = [answer async for answer in AuditServiceStub(served.channel).VerifyAudit(pb.VerifyAuditRequest())]
    assert [answer.reached.sequence for answer in answers] == [AT_ONCE, AT_ONCE + 2]
    assert not any(answer.fault for answer in answers)


async def test_who_is_cancelled_while_others_wait_takes_nobody_with_them(served, clock):
    audit = Audit(served.database)
    async with served.database.transaction() as connection:
        await connection.execute(text("LOCK TABLE audit_log IN EXCLUSIVE MODE"))
        first = asyncio.create_task(audit.add(an_access(clock)))
        others = [asyncio.create_task(audit.add(an_access(clock))) for _ in range(3)]
        # until the first one waits for the table
        while not (await connection.execute(text("SELECT 1 FROM pg_locks WHERE NOT granted"))).all():
            pass
        first.cancel()
        await asyncio.wait([first])
    assert first.cancelled()
    assert sorted(position.sequence for position in await asyncio.gather(*others)) == [1, 2, 3]


async def test_who_cannot_be_logged_is_told_so(clock):
    async with open_database("postgresql://nobody@127.0.0.1:1/none", schema="journal") as nowhere:
        audit = Audit(nowhere)
        results = await asyncio.gather(*(audit.add(an_access(clock)) for _ in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [DatabaseUnavailable] * 3


async def test_a_persons_accesses_come_by_pages_the_newest_first(served, log, clock):
    person_id = uuid4()
    await log(5, person_id)
    await log(2, uuid4())
    stub = AuditServiceStub(served.channel)
    request = pb.ListAccessesRequest(person_id=str(person_id), page_size=4)
    first = (await stub.ListAccesses(request)).accesses
    assert [access.method for access in first] == ["ListAccesses", *["ReadEntry"] * 3]
    request.before_sequence = first[-1].position.sequence
    rest = (await stub.ListAccesses(request)).accesses
    assert [access.position.sequence for access in rest] == [2, 1]
