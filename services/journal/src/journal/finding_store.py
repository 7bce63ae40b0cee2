"""All SQL by which entries are found. Every function works inside the caller's transaction and commits nothing itself.

What belongs to an entry comes with it in one statement: one that is deleted meanwhile is seen as a whole, or not at all.
"""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from journal.local_days import Call
from journal.records import (
    Author,
    Entry,
    Outcome,
    PagePosition,
    SealedEntry,
    SealedRevision,
    SealedTurn,
    Speaker,
    SpokenEntry,
)

_OF_ENTRY = [field.name for field in fields(Entry)]
_COLUMNS = ", ".join(f"entries.{name}" for name in _OF_ENTRY) + ", wrapped_key, number, author, made_at, newest.sealed"
_FROM = """
    FROM entries JOIN sessions USING (session_id) LEFT JOIN LATERAL (
        SELECT number, author, made_at, sealed FROM revisions WHERE session_id = entries.session_id ORDER BY number DESC LIMIT 1
    ) newest ON true
"""
_TURNS = """
    CROSS JOIN LATERAL (
        SELECT array_agg(sequence ORDER BY sequence) AS sequences, array_agg(speaker ORDER BY sequence) AS speakers,
               array_agg(sealed ORDER BY sequence) AS sealed_turns
        FROM turns WHERE session_id = entries.session_id
    ) spoken
"""
_NEWEST_FIRST = "ORDER BY entries.started_at DESC, entry_id DESC LIMIT :limit"


async def spoken_entries(
    connection: AsyncConnection, person_id: UUID, *, after: PagePosition | None, limit: int
) -> Sequence[SpokenEntry]:
    """A person's entries with all that was said in them, the newest first."""
    rows = await connection.execute(
        text(
            f"SELECT {_COLUMNS}, sequences, speakers, sealed_turns {_FROM} {_TURNS} "
            f"WHERE entries.person_id = :person_id {_beyond(after)} {_NEWEST_FIRST}"
        ),
        {"person_id": person_id, "limit": limit, **_position(after)},
    )
    return [SpokenEntry(**vars(_sealed(row)), turns=_turns(row)) for row in rows]


async def sealed_entries(
    connection: AsyncConnection,
    person_id: UUID,
    *,
    after: PagePosition | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
) -> Sequence[SealedEntry]:
    """A person's entries that began between two instants, None being no bound; the newest first."""
    bounds = "AND entries.started_at >= :since " if since else ""
    bounds += "AND entries.started_at <= :until" if until else ""
    given = {name: value for name, value in (("since", since), ("until", until)) if value}
    rows = await connection.execute(
        text(
            f"SELECT {_COLUMNS} {_FROM} WHERE entries.person_id = :person_id {bounds} {_beyond(after)} {_NEWEST_FIRST}"
        ),
        {"person_id": person_id, "limit": limit, **given, **_position(after)},
    )
    return [_sealed(row) for row in rows]


async def calls(connection: AsyncConnection, person_id: UUID) -> Sequence[Call]:
    """When the calls of a person's entries began, and how long their recordings are."""
    rows = await connection.execute(
        text("SELECT started_at, recording_ms FROM entries WHERE person_id = :person_id"), {"person_id": person_id}
    )
    return [Call(row.started_at, row.recording_ms) for row in rows]


def _beyond(after: PagePosition | None) -> str:
    return "" if after is None else "AND (entries.started_at, entry_id) < (:started_at, :entry_id)"


def _position(after: PagePosition | None) -> dict[str, object]:
    return {} if after is None else dict(vars(after))


def _sealed(row: Row[Any]) -> SealedEntry:
    told = {name: getattr(row, name) for name in _OF_ENTRY}
    entry = Entry(**{**told, "outcome": Outcome(row.outcome)})
    revision = (
        SealedRevision(row.session_id, row.number, Author(row.author), row.made_at, row.sealed) if row.number else None
    )
    return SealedEntry(entry, row.wrapped_key, revision)


def _turns(row: Row[Any]) -> Sequence[SealedTurn]:
    turns = zip(row.sequences or (), row.speakers or (), row.sealed_turns or (), strict=True)
    return [SealedTurn(row.session_id, sequence, Speaker(speaker), sealed) for sequence, speaker, sealed in turns]
