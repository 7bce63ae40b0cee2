"""The SQL of which entries are to be described, and when. As in `store`, nothing is committed here.

`entries.describe_at` says when an entry is to be described next; NULL: never any more, or it was not to be.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from journal.records import ToDescribe


async def put_down(connection: AsyncConnection, entry_id: UUID, now: datetime) -> None:
    """Has an entry described as soon as can be."""
    await connection.execute(
        text("UPDATE entries SET describe_at = :now WHERE entry_id = :entry_id"), {"entry_id": entry_id, "now": now}
    )


async def take_due(connection: AsyncConnection, now: datetime) -> ToDescribe | None:
    """The entry that is due longest, held until the transaction ends; None where none is that nobody else holds."""
    found = await connection.execute(
        text(
            "SELECT entry_id, session_id, person_id, call_id, describe_tries AS tries FROM entries WHERE describe_at <= :now "
            "ORDER BY describe_at LIMIT 1 FOR UPDATE SKIP LOCKED"
        ),
        {"now": now},
    )
    row = found.one_or_none()
    return None if row is None else ToDescribe(**row._asdict())


async def count_try(connection: AsyncConnection, entry_id: UUID, again_at: datetime) -> None:
    """Counts a try that begins, and puts the next one down for the case that this one comes to nothing."""
    await connection.execute(
        text(
            "UPDATE entries SET describe_tries = describe_tries + 1, describe_at = :again_at WHERE entry_id = :entry_id"
        ),
        {"entry_id": entry_id, "again_at": again_at},
    )


async def settle(connection: AsyncConnection, entry_id: UUID) -> None:
    """Has an entry not described any more."""
    await connection.execute(
        text("UPDATE entries SET describe_at = NULL WHERE entry_id = :entry_id"), {"entry_id": entry_id}
    )
