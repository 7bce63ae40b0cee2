"""The outbox: what was stored together with what it tells, and is to be told to the others.

Every function works on a connection inside a transaction that its caller opened, as in `store`.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from call_dispatcher.announcements import OutgoingEvent

_ADD_OUTGOING = text("""
    INSERT INTO outbox (event_id, call_id, subject, body, created_at)
    VALUES (:event_id, :call_id, :subject, :body, :at) ON CONFLICT (event_id) DO NOTHING
""")


async def add_outgoing(connection: AsyncConnection, event: OutgoingEvent, *, at: datetime) -> None:
    """Puts an event in the outbox, in the transaction of what it tells; a second one of the same id is dropped."""
    await connection.execute(_ADD_OUTGOING, {**asdict(event), "at": at})


_TAKE_OUTGOING = text("""
    SELECT event_id, call_id, subject, body FROM outbox WHERE published_at IS NULL
    ORDER BY position LIMIT :limit FOR UPDATE SKIP LOCKED
""")


async def take_outgoing(connection: AsyncConnection, *, limit: int) -> list[OutgoingEvent]:
    """The oldest events that are not published, their rows locked until the transaction ends."""
    taken = await connection.execute(_TAKE_OUTGOING, {"limit": limit})
    return [OutgoingEvent(row.event_id, row.call_id, row.subject, bytes(row.body)) for row in taken]


_MARK_PUBLISHED = text("UPDATE outbox SET published_at = :at WHERE event_id = ANY(:event_ids)")


async def mark_published(connection: AsyncConnection, event_ids: Sequence[str], *, at: datetime) -> None:
    await connection.execute(_MARK_PUBLISHED, {"event_ids": event_ids, "at": at})
