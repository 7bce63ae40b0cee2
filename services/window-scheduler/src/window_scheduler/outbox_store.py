"""The outbox in PostgreSQL: what was stored together with a call, and is to be told to the others."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from window_scheduler.tables import outbox


@dataclass(frozen=True)
class Announcement:
    """One event that is not published yet. `event_id` is the same at every try."""

    event_id: str
    call_id: UUID
    payload: bytes


async def claim_unpublished(connection: AsyncConnection, *, limit: int) -> Sequence[Announcement]:
    """Locks announcements that nobody has published, the oldest first; those that another process holds are left to it."""
    found = await connection.execute(
        select(outbox.c.event_id, outbox.c.call_id, outbox.c.payload)
        .where(outbox.c.published_at.is_(None))
        .order_by(outbox.c.created_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [Announcement(row.event_id, row.call_id, row.payload) for row in found]


async def mark_published(connection: AsyncConnection, event_ids: Collection[str], *, now: datetime) -> None:
    await connection.execute(update(outbox).where(outbox.c.event_id.in_(event_ids)).values(published_at=now))


async def unpublished(connection: AsyncConnection) -> tuple[int, datetime | None]:
    """How many announcements nobody has published yet, and since when the oldest waits."""
    found = await connection.execute(
        select(func.count(), func.min(outbox.c.created_at)).where(outbox.c.published_at.is_(None))
    )
    count, oldest = found.one()
    return int(count), oldest


async def forget_published(connection: AsyncConnection, *, before: datetime) -> None:
    await connection.execute(delete(outbox).where(outbox.c.published_at < before))
