"""All SQL of the journal but what has a store of its own (each `…_store` beside this one).

Every function works inside the caller's transaction and commits nothing itself.

Whoever adds to a session locks its row first (`lock_session`), whoever ends it does too: a session has one order of events.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from journal.errors import NoSuchSession
from journal.records import (
    Entry,
    Outcome,
    PagePosition,
    PersonKey,
    Recording,
    SealedTurn,
    Session,
    Speaker,
)

_SESSION = """
    SELECT session_id, call_id, person_id, attempt_number, started_at, ended_at, outcome, closing, sessions.wrapped_key,
           recording_id, recordings.wrapped_key AS wrapped_recording_key
    FROM sessions JOIN recordings USING (session_id)
"""
_ENTRY = """
    SELECT entry_id, session_id, person_id, call_id, started_at, ended_at, outcome, turns, recording_ms, cut_off,
           audio_removed_at, audio_kept_days, imported_from
    FROM entries
"""


async def at_one_moment(connection: AsyncConnection) -> None:
    """Whatever this transaction reads is of one moment, though it asks several times. To be called before anything else."""
    await connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))


async def person_key(connection: AsyncConnection, person_id: UUID) -> PersonKey | None:
    found = await connection.execute(
        text("SELECT person_id, kek_id, wrapped FROM person_keys WHERE person_id = :person_id"),
        {"person_id": person_id},
    )
    row = found.one_or_none()
    return None if row is None else PersonKey(row.person_id, row.kek_id, row.wrapped)


async def add_person_key(
    connection: AsyncConnection, person_id: UUID, kek_id: str, wrapped: bytes, now: datetime
) -> None:
    """Adds a person's key, unless they have one or had one."""
    await connection.execute(
        text(
            "INSERT INTO person_keys (person_id, kek_id, wrapped, created_at) VALUES (:person_id, :kek_id, :wrapped, :now) "
            "ON CONFLICT DO NOTHING"
        ),
        {"person_id": person_id, "kek_id": kek_id, "wrapped": wrapped, "now": now},
    )


async def hold_person_key(connection: AsyncConnection, person_id: UUID) -> bool:
    """Keeps a person's key from being destroyed until the transaction ends; False where it is gone already."""
    found = await connection.execute(
        text("SELECT 1 FROM person_keys WHERE person_id = :person_id AND wrapped IS NOT NULL FOR SHARE"),
        {"person_id": person_id},
    )
    return found.first() is not None


async def destroy_person_key(connection: AsyncConnection, person_id: UUID, now: datetime) -> bytes | None:
    """Destroys a person's key and remembers that, so that no late call makes them a new one.

    Returns:
        The wrapped key that was destroyed; None where they had none, or it was destroyed before.
    """
    found = await connection.execute(
        text("SELECT wrapped FROM person_keys WHERE person_id = :person_id FOR UPDATE"), {"person_id": person_id}
    )
    wrapped = found.scalar_one_or_none()
    await connection.execute(
        text(
            "INSERT INTO person_keys (person_id, kek_id, created_at, destroyed_at) VALUES (:person_id, '', :now, :now) "
            "ON CONFLICT (person_id) DO UPDATE "
            "SET wrapped = NULL, destroyed_at = COALESCE(person_keys.destroyed_at, :now)"
        ),
        {"person_id": person_id, "now": now},
    )
    return wrapped


async def add_session(connection: AsyncConnection, session: Session) -> bool:
    """Adds a session with its recording; False where its call has one already."""
    added = await connection.execute(
        text(
            "INSERT INTO sessions (session_id, call_id, person_id, attempt_number, started_at, wrapped_key) "
            "VALUES (:session_id, :call_id, :person_id, :attempt_number, :started_at, :wrapped_key) "
            "ON CONFLICT (call_id) DO NOTHING RETURNING session_id"
        ),
        {
            "session_id": session.session_id,
            "call_id": session.call_id,
            "person_id": session.person_id,
            "attempt_number": session.attempt_number,
            "started_at": session.started_at,
            "wrapped_key": session.wrapped_key,
        },
    )
    if added.first() is None:
        return False
    await connection.execute(
        text(
            "INSERT INTO recordings (recording_id, session_id, wrapped_key) VALUES (:recording_id, :session_id, :wrapped_key)"
        ),
        {
            "recording_id": session.recording.recording_id,
            "session_id": session.session_id,
            "wrapped_key": session.recording.wrapped_key,
        },
    )
    return True


async def session(connection: AsyncConnection, session_id: UUID) -> Session:
    """
    Raises:
        NoSuchSession: there is none of this id.
    """
    found = await connection.execute(text(f"{_SESSION} WHERE session_id = :session_id"), {"session_id": session_id})
    row = found.one_or_none()
    if row is None:
        raise NoSuchSession(session_id)
    return _session(row)


async def session_of_call(connection: AsyncConnection, call_id: UUID) -> Session | None:
    found = await connection.execute(text(f"{_SESSION} WHERE call_id = :call_id"), {"call_id": call_id})
    row = found.one_or_none()
    return None if row is None else _session(row)


async def lock_session(connection: AsyncConnection, session_id: UUID) -> Session:
    """A session that nobody else adds to or ends until the transaction does.

    Raises:
        NoSuchSession: there is none of this id.
    """
    found = await connection.execute(
        text(f"{_SESSION} WHERE session_id = :session_id FOR UPDATE OF sessions"), {"session_id": session_id}
    )
    row = found.one_or_none()
    if row is None:
        raise NoSuchSession(session_id)
    return _session(row)


async def recordings_of_person(connection: AsyncConnection, person_id: UUID) -> Sequence[UUID]:
    rows = await connection.execute(
        text("SELECT recording_id FROM recordings JOIN sessions USING (session_id) WHERE person_id = :person_id"),
        {"person_id": person_id},
    )
    return [row.recording_id for row in rows]


async def take_over_session(connection: AsyncConnection, call_id: UUID, person_id: UUID, attempt_number: int) -> None:
    """Has the session of a person's call, while it runs, held by a later attempt, which has last words of its own."""
    await connection.execute(
        text(
            "UPDATE sessions SET attempt_number = :attempt_number, closing = NULL "
            "WHERE call_id = :call_id AND person_id = :person_id "
            "AND ended_at IS NULL AND attempt_number < :attempt_number"
        ),
        {"call_id": call_id, "person_id": person_id, "attempt_number": attempt_number},
    )


async def begin_closing(connection: AsyncConnection, session_id: UUID, outcome: Outcome) -> None:
    await connection.execute(
        text("UPDATE sessions SET closing = :outcome WHERE session_id = :session_id"),
        {"session_id": session_id, "outcome": outcome},
    )


async def end_session(connection: AsyncConnection, session_id: UUID, outcome: Outcome, ended_at: datetime) -> None:
    await connection.execute(
        text("UPDATE sessions SET outcome = :outcome, ended_at = :ended_at WHERE session_id = :session_id"),
        {"session_id": session_id, "outcome": outcome, "ended_at": ended_at},
    )


async def end_sessions_of_person(connection: AsyncConnection, person_id: UUID, now: datetime) -> None:
    await connection.execute(
        text(
            "UPDATE sessions SET outcome = 'cut_short', ended_at = :now WHERE person_id = :person_id AND ended_at IS NULL"
        ),
        {"person_id": person_id, "now": now},
    )


async def delete_sessions_of_person(connection: AsyncConnection, person_id: UUID) -> int:
    """Deletes a person's sessions with all that hangs on them.

    Returns:
        How many entries went with them.
    """
    entries = await count_entries(connection, person_id)
    await connection.execute(text("DELETE FROM sessions WHERE person_id = :person_id"), {"person_id": person_id})
    return entries


async def delete_session(connection: AsyncConnection, session_id: UUID) -> None:
    """Deletes a session with its turns, its recording's rows and its entry."""
    await connection.execute(text("DELETE FROM sessions WHERE session_id = :session_id"), {"session_id": session_id})


async def ended_sessions(
    connection: AsyncConnection, *, after: UUID, before: datetime, limit: int
) -> Sequence[Session]:
    """Sessions that ended before that moment, in the order of their ids."""
    rows = await connection.execute(
        text(f"{_SESSION} WHERE ended_at < :before AND session_id > :after ORDER BY session_id LIMIT :limit"),
        {"before": before, "after": after, "limit": limit},
    )
    return [_session(row) for row in rows]


async def known_recordings(
    connection: AsyncConnection, recording_ids: Sequence[UUID], *, importing_since: datetime
) -> set[UUID]:
    """Those of these that there is a row of, that are known to be unwanted, or that are being imported since then or later."""
    # one statement: an import that ends meanwhile is seen as the one or as the other
    rows = await connection.execute(
        text(
            "SELECT recording_id FROM recordings WHERE recording_id = ANY(:recording_ids) UNION "
            "SELECT recording_id FROM unwanted_recordings WHERE recording_id = ANY(:recording_ids) UNION "
            "SELECT recording_id FROM imports WHERE recording_id = ANY(:recording_ids) AND started_at >= :since"
        ),
        {"recording_ids": list(recording_ids), "since": importing_since},
    )
    return {row.recording_id for row in rows}


async def delete_turns(connection: AsyncConnection, session_id: UUID) -> None:
    """Deletes a session's turns; that the call had a session is remembered."""
    await connection.execute(text("DELETE FROM turns WHERE session_id = :session_id"), {"session_id": session_id})


async def add_turn(connection: AsyncConnection, turn: SealedTurn) -> None:
    await connection.execute(
        text(
            "INSERT INTO turns (session_id, sequence, speaker, sealed) VALUES (:session_id, :sequence, :speaker, :sealed)"
        ),
        {"session_id": turn.session_id, "sequence": turn.sequence, "speaker": turn.speaker, "sealed": turn.sealed},
    )


async def turns(connection: AsyncConnection, session_id: UUID) -> Sequence[SealedTurn]:
    """A session's turns in their order."""
    rows = await connection.execute(
        text("SELECT sequence, speaker, sealed FROM turns WHERE session_id = :session_id ORDER BY sequence"),
        {"session_id": session_id},
    )
    return [SealedTurn(session_id, row.sequence, Speaker(row.speaker), row.sealed) for row in rows]


async def turn(connection: AsyncConnection, session_id: UUID, sequence: int) -> SealedTurn | None:
    found = await connection.execute(
        text("SELECT speaker, sealed FROM turns WHERE session_id = :session_id AND sequence = :sequence"),
        {"session_id": session_id, "sequence": sequence},
    )
    row = found.one_or_none()
    return None if row is None else SealedTurn(session_id, sequence, Speaker(row.speaker), row.sealed)


async def next_sequence(connection: AsyncConnection, session_id: UUID) -> int:
    """The number of the turn that is to come next. Of a locked session it stays that until the transaction ends."""
    found = await connection.execute(
        text("SELECT coalesce(max(sequence) + 1, 0) FROM turns WHERE session_id = :session_id"),
        {"session_id": session_id},
    )
    return int(found.scalar_one())


async def count_turns(connection: AsyncConnection, session_id: UUID) -> dict[Speaker, int]:
    """How many turns each speaker has."""
    rows = await connection.execute(
        text("SELECT speaker, count(*) AS turns FROM turns WHERE session_id = :session_id GROUP BY speaker"),
        {"session_id": session_id},
    )
    counted = {row.speaker: int(row.turns) for row in rows}
    return {speaker: counted.get(speaker, 0) for speaker in Speaker}


async def add_entry(connection: AsyncConnection, entry: Entry, inventory: bytes) -> None:
    await connection.execute(
        text(
            "INSERT INTO entries (entry_id, session_id, person_id, call_id, started_at, ended_at, outcome, turns, recording_ms, "
            "cut_off, imported_from, inventory) VALUES (:entry_id, :session_id, :person_id, :call_id, :started_at, :ended_at, "
            ":outcome, :turns, :recording_ms, :cut_off, :imported_from, :inventory)"
        ),
        {**vars(entry), "inventory": inventory},
    )


async def replace_inventory(connection: AsyncConnection, entry: Entry, inventory: bytes, *, former: bytes) -> None:
    """Lets more belong to an entry than before, unless what belongs to it was changed since it was read."""
    await connection.execute(
        text(
            "UPDATE entries SET recording_ms = :recording_ms, inventory = :inventory "
            "WHERE entry_id = :entry_id AND inventory = :former"
        ),
        {
            "entry_id": entry.entry_id,
            "recording_ms": entry.recording_ms,
            "inventory": inventory,
            "former": former,
        },
    )


async def inventory(connection: AsyncConnection, entry_id: UUID) -> bytes:
    """What belongs to an entry, sealed."""
    found = await connection.execute(
        text("SELECT inventory FROM entries WHERE entry_id = :entry_id"), {"entry_id": entry_id}
    )
    return bytes(found.scalar_one())


async def entry_of_session(connection: AsyncConnection, session_id: UUID) -> Entry | None:
    found = await connection.execute(text(f"{_ENTRY} WHERE session_id = :session_id"), {"session_id": session_id})
    row = found.one_or_none()
    return None if row is None else _entry(row)


async def entry(connection: AsyncConnection, person_id: UUID, entry_id: UUID) -> Entry | None:
    """A person's entry; None also where it is another person's."""
    found = await connection.execute(
        text(f"{_ENTRY} WHERE entry_id = :entry_id AND person_id = :person_id"),
        {"entry_id": entry_id, "person_id": person_id},
    )
    row = found.one_or_none()
    return None if row is None else _entry(row)


async def count_entries(connection: AsyncConnection, person_id: UUID) -> int:
    counted = await connection.execute(
        text("SELECT count(*) FROM entries WHERE person_id = :person_id"), {"person_id": person_id}
    )
    return int(counted.scalar_one())


async def entries(
    connection: AsyncConnection, person_id: UUID, *, after: PagePosition | None, limit: int
) -> Sequence[Entry]:
    """A person's entries, the newest first."""
    beyond = "" if after is None else "AND (started_at, entry_id) < (:started_at, :entry_id)"
    rows = await connection.execute(
        text(f"{_ENTRY} WHERE person_id = :person_id {beyond} ORDER BY started_at DESC, entry_id DESC LIMIT :limit"),
        {"person_id": person_id, "limit": limit, **({} if after is None else vars(after))},
    )
    return [_entry(row) for row in rows]


def _session(row: Row[Any]) -> Session:
    return Session(
        session_id=row.session_id,
        call_id=row.call_id,
        person_id=row.person_id,
        attempt_number=row.attempt_number,
        started_at=row.started_at,
        ended_at=row.ended_at,
        outcome=Outcome(row.outcome) if row.outcome else None,
        closing=Outcome(row.closing) if row.closing else None,
        wrapped_key=row.wrapped_key,
        recording=Recording(row.recording_id, row.wrapped_recording_key),
    )


def _entry(row: Row[Any]) -> Entry:
    return Entry(**{**row._asdict(), "outcome": Outcome(row.outcome)})
