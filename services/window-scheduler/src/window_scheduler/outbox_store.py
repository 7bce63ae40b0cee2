"""The outbox in PostgreSQL: what was stored together with a call, and is to be told to the others. What was told is deleted."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from window_scheduler.tables import outbox


@dataclass(frozen=True)
class Announcement:
    """One event that is not published yet. `event_id` is the same at every try."""

    event_id: str
    call_id: UUID
    payload: bytes


_CLAIM = text(
    """
    SELECT event_id, call_id, payload FROM outbox
    WHERE event_id <> ALL(CAST(:leaving AS text[]))
    ORDER BY created_at LIMIT :limit
    FOR UPDATE SKIP LOCKED
    """
)
_REMOVE = text("DELETE FROM outbox WHERE event_id = ANY(CAST(:event_ids AS text[]))")


async def claim_unpublished(
    connection: AsyncConnection, *, limit: int, leaving: Collection[str] = ()
) -> Sequence[Announcement]:
    """Locks announcements, the oldest first; those that another process holds are left to it, and so are `leaving`."""
    found = await connection.execute(_CLAIM, {"limit": limit, "leaving": list(leaving)})
    return [Announcement(row.event_id, row.call_id, row.payload) for row in found]


async def remove_published(connection: AsyncConnection, event_ids: Collection[str]) -> None:
    """Takes out what the stream has confirmed: the call's own row is the truth, and outlives it."""
    await connection.execute(_REMOVE, {"event_ids": list(event_ids)})


async def unpublished(connection: AsyncConnection) -> tuple[int, datetime | None]:
    """How many announcements nobody has published yet, and since when the oldest waits."""
    found = await connection.execute(select(func.count(), func.min(outbox.c.created_at)))
    count, oldest = found.one()
    return int(count), oldest
