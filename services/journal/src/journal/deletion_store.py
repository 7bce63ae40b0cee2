"""The SQL of what the receipts of deleted persons say. As in `store`, nothing is committed here."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from journal.records import Deletion


async def deletion(connection: AsyncConnection, person_id: UUID) -> Deletion | None:
    """What the receipt of a person says; None where they were not deleted."""
    found = await connection.execute(
        text(
            "SELECT person_id, destroyed_at, entries, recordings, key_fingerprint, audit_sequence, audit_hash "
            "FROM deletions WHERE person_id = :person_id"
        ),
        {"person_id": person_id},
    )
    row = found.one_or_none()
    return None if row is None else Deletion(**row._asdict())


async def add_deletion(connection: AsyncConnection, deletion: Deletion) -> None:
    """To be called in the transaction that destroys the key, which it holds."""
    await connection.execute(
        text(
            "INSERT INTO deletions (person_id, destroyed_at, entries, recordings, key_fingerprint, audit_sequence, audit_hash) "
            "VALUES (:person_id, :destroyed_at, :entries, :recordings, :key_fingerprint, :audit_sequence, :audit_hash)"
        ),
        vars(deletion),
    )


async def count_entries_and_recordings(connection: AsyncConnection, person_id: UUID) -> tuple[int, int]:
    found = await connection.execute(
        text(
            "SELECT count(entries.entry_id) AS entries, count(wrapped_key_of_audio) AS recordings FROM ("
            "  SELECT session_id, recordings.wrapped_key AS wrapped_key_of_audio"
            "  FROM sessions JOIN recordings USING (session_id) WHERE sessions.person_id = :person_id"
            ") AS theirs LEFT JOIN entries USING (session_id)"
        ),
        {"person_id": person_id},
    )
    row = found.one()
    return int(row.entries), int(row.recordings)
