"""All SQL of imports. Every function works inside the caller's transaction and commits nothing itself."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


async def begin(connection: AsyncConnection, recording_id: UUID, person_id: UUID, now: datetime) -> None:
    """Remembers that objects of a recording are on their way, and its row is not there yet."""
    await connection.execute(
        text(
            "INSERT INTO imports (recording_id, person_id, started_at) VALUES (:recording_id, :person_id, :started_at)"
        ),
        {"recording_id": recording_id, "person_id": person_id, "started_at": now},
    )


async def end(connection: AsyncConnection, recording_id: UUID) -> bool:
    """Forgets that an import is under way; False where it was given up before."""
    ended = await connection.execute(
        text("DELETE FROM imports WHERE recording_id = :recording_id RETURNING recording_id"),
        {"recording_id": recording_id},
    )
    return ended.first() is not None


async def give_up(connection: AsyncConnection, *, before: datetime) -> None:
    """Has imports that began before that moment not end any more: their objects may be deleted."""
    await connection.execute(text("DELETE FROM imports WHERE started_at < :before"), {"before": before})
