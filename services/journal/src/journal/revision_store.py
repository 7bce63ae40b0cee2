"""All SQL of revisions. Every function works inside the caller's transaction and commits nothing itself.

Whoever adds a revision holds the lock of its session (`store.lock_session`): so their numbers have no gaps.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from journal.records import Author, SealedRevision

_REVISION = "SELECT session_id, number, author, made_at, sealed FROM revisions WHERE session_id = :session_id"


async def add_revision(connection: AsyncConnection, revision: SealedRevision) -> None:
    await connection.execute(
        text(
            "INSERT INTO revisions (session_id, number, author, made_at, sealed) "
            "VALUES (:session_id, :number, :author, :made_at, :sealed)"
        ),
        vars(revision),
    )


async def numbers(connection: AsyncConnection, session_id: UUID) -> Sequence[int]:
    """Of a session's revisions, in their order."""
    rows = await connection.execute(
        text("SELECT number FROM revisions WHERE session_id = :session_id ORDER BY number"),
        {"session_id": session_id},
    )
    return [int(row.number) for row in rows]


async def newest(connection: AsyncConnection, session_id: UUID) -> SealedRevision | None:
    found = await connection.execute(text(f"{_REVISION} ORDER BY number DESC LIMIT 1"), {"session_id": session_id})
    row = found.one_or_none()
    return None if row is None else _revision(row)


async def revision(connection: AsyncConnection, session_id: UUID, number: int) -> SealedRevision | None:
    found = await connection.execute(
        text(f"{_REVISION} AND number = :number"), {"session_id": session_id, "number": number}
    )
    row = found.one_or_none()
    return None if row is None else _revision(row)


def _revision(row: Row[Any]) -> SealedRevision:
    return SealedRevision(**{**row._asdict(), "author": Author(row.author)})
