"""The SQL of what is removed since it was kept long enough. As in `store`, nothing is committed here.

A recording is unwanted from the moment in which what told of it is gone, until its objects are.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from journal.records import Entry, EntryPosition, RetentionRun

_FOUND = """
    SELECT person_id, entries.session_id FROM keeping JOIN entries USING (person_id)
    WHERE keeping.person_id >= :person_id AND {days} > 0
    AND ended_at <= CAST(:now AS timestamptz) - {days} * interval '24 hours' AND {more}
    AND (keeping.person_id, entries.session_id) > (:person_id, :session_id) ORDER BY person_id, entries.session_id LIMIT :limit
"""
# no session ends before it begins: so the index by the start finds what ended long ago
_ENTRIES = text(
    _FOUND.format(days="entry_days", more="started_at <= CAST(:now AS timestamptz) - entry_days * interval '24 hours'")
)
_AUDIO = text(_FOUND.format(days="audio_days", more="audio_removed_at IS NULL"))


async def entries_beyond(
    connection: AsyncConnection, now: datetime, *, after: EntryPosition, limit: int
) -> Sequence[EntryPosition]:
    """Entries that were kept for as long as their persons wished, in the order of these."""
    rows = await connection.execute(_ENTRIES, {"now": now, "limit": limit, **vars(after)})
    return [EntryPosition(row.person_id, row.session_id) for row in rows]


async def audio_beyond(
    connection: AsyncConnection, now: datetime, *, after: EntryPosition, limit: int
) -> Sequence[EntryPosition]:
    """Entries whose audio was, and is there."""
    rows = await connection.execute(_AUDIO, {"now": now, "limit": limit, **vars(after)})
    return [EntryPosition(row.person_id, row.session_id) for row in rows]


async def recordings_of_deleted(connection: AsyncConnection, *, limit: int) -> Sequence[tuple[UUID, UUID]]:
    """Sessions of persons whose key was destroyed, each with its recording."""
    rows = await connection.execute(
        text(
            "SELECT session_id, recording_id FROM deletions JOIN sessions USING (person_id) JOIN recordings USING (session_id) "
            "ORDER BY session_id LIMIT :limit FOR UPDATE OF sessions SKIP LOCKED"
        ),
        {"limit": limit},
    )
    return [(row.session_id, row.recording_id) for row in rows]


async def remove_audio(connection: AsyncConnection, entry: Entry, inventory: bytes) -> None:
    """Destroys the key of an entry's recording, and lets the entry tell that it has none any more."""
    await connection.execute(
        text(
            "UPDATE entries SET recording_ms = :recording_ms, audio_removed_at = :audio_removed_at, "
            "audio_kept_days = :audio_kept_days, inventory = :inventory WHERE entry_id = :entry_id"
        ),
        {
            "entry_id": entry.entry_id,
            "recording_ms": entry.recording_ms,
            "audio_removed_at": entry.audio_removed_at,
            "audio_kept_days": entry.audio_kept_days,
            "inventory": inventory,
        },
    )
    await connection.execute(
        text("UPDATE recordings SET wrapped_key = NULL WHERE session_id = :session_id"),
        {"session_id": entry.session_id},
    )


async def add_unwanted(connection: AsyncConnection, recording_id: UUID) -> None:
    await connection.execute(
        text("INSERT INTO unwanted_recordings (recording_id) VALUES (:recording_id) ON CONFLICT DO NOTHING"),
        {"recording_id": recording_id},
    )


async def unwanted(connection: AsyncConnection, *, limit: int) -> Sequence[UUID]:
    rows = await connection.execute(
        text("SELECT recording_id FROM unwanted_recordings ORDER BY recording_id LIMIT :limit"), {"limit": limit}
    )
    return [row.recording_id for row in rows]


async def is_unwanted(connection: AsyncConnection, recording_id: UUID) -> bool:
    found = await connection.execute(
        text("SELECT 1 FROM unwanted_recordings WHERE recording_id = :recording_id"), {"recording_id": recording_id}
    )
    return found.first() is not None


async def forget_unwanted(connection: AsyncConnection, recording_id: UUID) -> None:
    await connection.execute(
        text("DELETE FROM unwanted_recordings WHERE recording_id = :recording_id"), {"recording_id": recording_id}
    )


async def add_run(connection: AsyncConnection, run: RetentionRun) -> None:
    await connection.execute(
        text(
            "INSERT INTO retention_runs (finished_at, started_at, recordings, entries, unopened) "
            "VALUES (:finished_at, :started_at, :recordings, :entries, :unopened) ON CONFLICT DO NOTHING"
        ),
        vars(run),
    )


async def last_run(connection: AsyncConnection) -> RetentionRun | None:
    """The run that came to its end last."""
    found = await connection.execute(
        text(
            "SELECT started_at, finished_at, recordings, entries, unopened FROM retention_runs "
            "ORDER BY finished_at DESC LIMIT 1"
        )
    )
    row = found.one_or_none()
    return None if row is None else RetentionRun(**row._asdict())
