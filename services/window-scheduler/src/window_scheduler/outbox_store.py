"""What was stored together with a call, or when it was taken back, and is to be told to the others. What was told is deleted.

There are two outboxes, `outbox` of calls that are scheduled or moved and `withdrawal_outbox` of calls that are withdrawn: the
release before publishes all that the first holds as scheduled calls.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Table, func, select, text, union_all
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from window_scheduler.tables import outbox, withdrawal_outbox


@dataclass(frozen=True)
class Announcement:
    """One event that is not published yet. `event_id` is the same at every try."""

    event_id: str
    call_id: UUID
    payload: bytes


_CLAIM = """
    SELECT event_id, call_id, payload FROM {outbox}
    WHERE event_id <> ALL(CAST(:leaving AS text[]))
    ORDER BY created_at LIMIT :limit
    FOR UPDATE SKIP LOCKED
    """
_REMOVE = "DELETE FROM {outbox} WHERE event_id = ANY(CAST(:event_ids AS text[]))"
_STATEMENTS: Mapping[Table, tuple[str, str]] = {
    table: (_CLAIM.format(outbox=table.name), _REMOVE.format(outbox=table.name))
    for table in (outbox, withdrawal_outbox)
}


async def add_announcements(
    connection: AsyncConnection, table: Table, announcements: Collection[Announcement], *, now: datetime
) -> None:
    """Puts announcements in an outbox. What waits there already under the same event id says the same."""
    if announcements:
        rows = [
            {"event_id": each.event_id, "call_id": each.call_id, "payload": each.payload, "created_at": now}
            for each in announcements
        ]
        await connection.execute(insert(table).values(rows).on_conflict_do_nothing())


async def claim_unpublished(
    connection: AsyncConnection, table: Table, *, limit: int, leaving: Collection[str] = ()
) -> Sequence[Announcement]:
    """Locks announcements, the oldest first; those that another process holds are left to it, and so are `leaving`."""
    claim, _ = _STATEMENTS[table]
    found = await connection.execute(text(claim), {"limit": limit, "leaving": list(leaving)})
    return [Announcement(row.event_id, row.call_id, row.payload) for row in found]


async def remove_published(connection: AsyncConnection, table: Table, event_ids: Collection[str]) -> None:
    """Takes out what the stream has confirmed: the call's own row is the truth, and outlives it."""
    _, remove = _STATEMENTS[table]
    await connection.execute(text(remove), {"event_ids": list(event_ids)})


async def unpublished(connection: AsyncConnection) -> tuple[int, datetime | None]:
    """How many announcements nobody has published yet, and since when the oldest waits."""
    waiting = union_all(*(select(table.c.created_at) for table in _STATEMENTS)).subquery()
    found = await connection.execute(select(func.count(), func.min(waiting.c.created_at)))
    count, oldest = found.one()
    return int(count), oldest
