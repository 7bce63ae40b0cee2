"""All SQL of the audit log. Every function works inside the caller's transaction and commits nothing itself."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from journal.audit_chain import BEGINNING, Access, AuditPosition, AuditRecord

_RECORD = "SELECT sequence, at, caller, asked_for, method, person_id, record_id, refused_for, hash FROM audit_log"


async def lock_end(connection: AsyncConnection) -> AuditPosition:
    """The last position. Nobody else adds to the log until the transaction ends."""
    # who reads is not held up
    await connection.execute(text("LOCK TABLE audit_log IN SHARE ROW EXCLUSIVE MODE"))
    found = await connection.execute(text("SELECT sequence, hash FROM audit_log ORDER BY sequence DESC LIMIT 1"))
    row = found.one_or_none()
    return BEGINNING if row is None else AuditPosition(row.sequence, row.hash)


async def add(connection: AsyncConnection, records: Sequence[AuditRecord]) -> None:
    await connection.execute(
        text(
            "INSERT INTO audit_log (sequence, at, caller, asked_for, method, person_id, record_id, refused_for, hash) "
            "VALUES (:sequence, :at, :caller, :asked_for, :method, :person_id, :record_id, :refused_for, :hash)"
        ),
        [{**vars(record.position), **vars(record.access)} for record in records],
    )


async def records(connection: AsyncConnection, *, after: int, limit: int) -> Sequence[AuditRecord]:
    """The records after that number, in order."""
    rows = await connection.execute(
        text(f"{_RECORD} WHERE sequence > :after ORDER BY sequence LIMIT :limit"), {"after": after, "limit": limit}
    )
    return [_record(row) for row in rows]


async def records_of_person(
    connection: AsyncConnection, person_id: UUID, *, before: int | None, limit: int
) -> Sequence[AuditRecord]:
    """What was asked of a person's records before that number, the newest first."""
    beyond = "" if before is None else "AND sequence < :before"
    rows = await connection.execute(
        text(f"{_RECORD} WHERE person_id = :person_id {beyond} ORDER BY sequence DESC LIMIT :limit"),
        {"person_id": person_id, "limit": limit, **({} if before is None else {"before": before})},
    )
    return [_record(row) for row in rows]


def _record(row: Row[Any]) -> AuditRecord:
    access = Access(
        at=row.at,
        caller=row.caller,
        asked_for=row.asked_for,
        method=row.method,
        person_id=row.person_id,
        record_id=row.record_id,
        refused_for=row.refused_for,
    )
    return AuditRecord(AuditPosition(row.sequence, row.hash), access)
