"""Entries that come from an archive: kept as if they had been spoken here, but for the call. What has no title is described too.

Objects are there before the rows that know them, and rows come in one transaction: an entry is here as a whole or not at all.
While objects come, a row of `imports` tells fsck that they are no leftovers. Whoever deletes that row decides: the import that
ends, or fsck, which gives up one that was broken off.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID, uuid4

import structlog

from chassis.clock import Clock
from chassis.database import Database
from chassis.errors import Unavailable
from daybook.journal.v1.journal_pb2 import Turn
from daybook.journal.v1.revisions_pb2 import Revision
from journal import description_store, import_store, metrics, revision_store, store, wav
from journal.archive_contract import Arrival, Part
from journal.envelope import Key
from journal.errors import ImportGivenUp, PersonErased
from journal.keyring import Keyring
from journal.objects import Objects
from journal.records import Entry, KeptSegment, SealedRevision, SealedTurn, Segment, Session, Speaker
from journal.sealing import RecordingSeal, SessionSeal, new_recording, new_session_key

log = structlog.get_logger()

AT_ONCE = 16
"""Segments that are put to the object store side by side: 128 kB."""


@dataclass(frozen=True)
class _Taken:
    """What has come of an entry, sealed; its segments are objects."""

    turns: Sequence[SealedTurn]
    revisions: Sequence[SealedRevision]
    segments: Sequence[KeptSegment]

    @property
    def to_be_described(self) -> bool:
        """Whether the person said something that nobody has told in short: neither a model nor they themselves."""
        return not self.revisions and any(turn.speaker is Speaker.PERSON for turn in self.turns)


class Imports:
    """
    Args:
        made: set whenever an entry came that is to be described.
    """

    def __init__(
        self, database: Database, keyring: Keyring, objects: Objects, clock: Clock, *, made: asyncio.Event
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._objects = objects
        self._clock = clock
        self._made = made

    async def find(self, arrival: Arrival) -> UUID | None:
        """The entry's id here, where it came before or was made here."""
        async with self._database.transaction() as connection:
            for entry_id in (arrival.entry_id, arrival.imported_from):
                if await store.entry(connection, arrival.person_id, entry_id) is not None:
                    return entry_id
        return None

    async def keep(self, arrival: Arrival, parts: AsyncIterator[Part]) -> tuple[UUID, bool]:
        """Keeps an entry of these turns, revisions and audio, in that order; durable when this returns.

        Where the entry is here already, nothing of that is asked for.

        Returns:
            Its id here, and whether it was here before.

        Raises:
            PersonErased: the person was deleted.
            InvalidInput: by `parts`; nothing is kept.
            ImportGivenUp: it took too long; nothing is kept.
        """
        if kept := await self.find(arrival):
            return kept, True
        person_id = arrival.person_id
        person_key = await self._keyring.key_of_caller(person_id)
        session = _session(arrival, person_key)
        recording_id = session.recording.recording_id
        async with self._database.transaction() as connection:
            await import_store.begin(connection, recording_id, person_id, self._clock.now())
        added = False
        try:
            seal = SessionSeal(person_key, session)
            taken = await self._put(parts, seal, RecordingSeal(person_key, person_id, session.recording))
            entry = _entry(arrival, session, taken)
            added = await self._add(session, entry, taken, seal.seal_inventory(entry, taken.segments))
        finally:
            if not added:
                await self._clear(recording_id)
        if added:
            metrics.entries_imported.inc()
            log.info("entry.imported", entry_id=str(entry.entry_id), person_id=str(person_id), turns=entry.turns)
            if taken.to_be_described:
                self._made.set()
        return entry.entry_id, not added

    async def _put(self, parts: AsyncIterator[Part], seal: SessionSeal, recording: RecordingSeal) -> _Taken:
        turns, history, segments, waiting = list[SealedTurn](), list[Revision](), list[KeptSegment](), list[Segment]()
        async for part in parts:
            match part:
                case Turn():
                    turns.append(seal.seal(part))
                case Revision():
                    history.append(part)
                case Segment():
                    waiting.append(part)
            if len(waiting) == AT_ONCE:
                segments += await self._put_all(waiting, recording)
                waiting.clear()
        segments += await self._put_all(waiting, recording)
        return _Taken(turns, [seal.seal_revision(each) for each in _numbered(history)], segments)

    async def _put_all(self, segments: Sequence[Segment], seal: RecordingSeal) -> list[KeptSegment]:
        placed = [
            KeptSegment(segment.track, segment.sequence, segment.starts_at_ms, len(segment.audio))
            for segment in segments
        ]
        try:
            async with asyncio.TaskGroup() as tasks:
                for place, segment in zip(placed, segments, strict=True):
                    tasks.create_task(self._objects.put_new(seal.recording_id, place, seal.seal(place, segment.audio)))
        except ExceptionGroup as failed:
            # one is enough to tell; the caller maps it to a status code
            raise failed.exceptions[0] from None
        return placed

    async def _add(self, session: Session, entry: Entry, taken: _Taken, inventory: bytes) -> bool:
        """Adds all rows of an entry; False where another stream was faster with it."""
        async with self._database.transaction() as connection:
            if not await store.hold_person_key(connection, session.person_id):
                raise PersonErased(session.person_id)
            if not await store.add_session(connection, session):
                return False
            if not await import_store.end(connection, session.recording.recording_id):
                raise ImportGivenUp
            for turn in taken.turns:
                await store.add_turn(connection, turn)
            for revision in taken.revisions:
                await revision_store.add_revision(connection, revision)
            await store.end_session(connection, session.session_id, entry.outcome, entry.ended_at)
            await store.add_entry(connection, entry, inventory)
            if taken.to_be_described:
                await description_store.put_down(connection, entry.entry_id, self._clock.now())
            return True

    async def _clear(self, recording_id: UUID) -> None:
        """Takes back what was put, unless its rows came after all. Where that fails too, fsck does it."""
        with suppress(Unavailable):
            async with self._database.transaction() as connection:
                never_to_end = await import_store.end(connection, recording_id)
            if never_to_end:
                await self._objects.delete_recording(recording_id)


def _session(arrival: Arrival, person_key: Key) -> Session:
    session_id = uuid4()
    return Session(
        session_id=session_id,
        call_id=arrival.call_id,
        person_id=arrival.person_id,
        attempt_number=1,
        started_at=arrival.started_at,
        ended_at=None,
        outcome=None,
        closing=None,
        wrapped_key=new_session_key(person_key, arrival.person_id, session_id),
        recording=new_recording(person_key, arrival.person_id, uuid4()),
    )


def _entry(arrival: Arrival, session: Session, taken: _Taken) -> Entry:
    return Entry(
        entry_id=arrival.entry_id,
        session_id=session.session_id,
        person_id=arrival.person_id,
        call_id=arrival.call_id,
        started_at=arrival.started_at,
        ended_at=arrival.ended_at,
        outcome=arrival.outcome,
        turns=len(taken.turns),
        recording_ms=wav.duration_ms(taken.segments),
        cut_off=arrival.cut_off,
        imported_from=arrival.imported_from,
    )


def _numbered(history: Sequence[Revision]) -> Iterator[Revision]:
    """Revisions, the newest first, with numbers from 1 without gaps: where one was damaged, it is not in the archive."""
    for number, revision in zip(range(len(history), 0, -1), history, strict=True):
        numbered = Revision()
        numbered.CopyFrom(revision)
        numbered.number = number
        yield numbered
