"""Entries: listed, read, heard, and deleted for good."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.clock import Clock
from chassis.database import Database
from daybook.journal.v1.journal_pb2 import Turn
from journal import metrics, store
from journal.contract import Page
from journal.errors import NoSuchEntry
from journal.keyring import Keyring
from journal.objects import Objects
from journal.recordings import Recordings
from journal.records import Entry, Session
from journal.sealing import TurnSeal

log = structlog.get_logger()


@dataclass(frozen=True)
class Erased:
    """What went with a person."""

    entries: int
    recordings: int


class Entries:
    def __init__(
        self, database: Database, keyring: Keyring, objects: Objects, recordings: Recordings, clock: Clock
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._objects = objects
        self._recordings = recordings
        self._clock = clock

    async def page(self, person_id: UUID, page: Page) -> tuple[Sequence[Entry], Entry | None]:
        """A page of a person's entries, the newest first, and the entry after which the next goes on; None where none is."""
        async with self._database.transaction() as connection:
            entries = await store.entries(connection, person_id, after=page.after, limit=page.size + 1)
        shown = entries[: page.size]
        return shown, shown[-1] if len(entries) > page.size else None

    async def read(self, person_id: UUID, entry_id: UUID) -> tuple[Entry, list[Turn]]:
        """An entry with its turns, opened.

        Raises:
            NoSuchEntry: the person has none of this id.
            IntegrityError: a turn cannot be opened.
        """
        async with self._database.transaction() as connection:
            entry, session = await _entry(connection, person_id, entry_id)
            sealed_turns = await store.turns(connection, entry.session_id)
        turn_seal = TurnSeal(await self._keyring.key_of(person_id), session)
        log.info("entry.read", entry_id=str(entry_id), person_id=str(person_id))
        return entry, [turn_seal.open(sealed) for sealed in sealed_turns]

    async def audio(self, person_id: UUID, entry_id: UUID) -> AsyncIterator[bytes]:
        """An entry's recording as a WAV file, piece by piece.

        Raises:
            NoSuchEntry: the person has none of this id.
            IntegrityError: a segment cannot be opened.
        """
        async with self._database.transaction() as connection:
            _, session = await _entry(connection, person_id, entry_id)
        log.info("recording.read", entry_id=str(entry_id), person_id=str(person_id))
        key = await self._keyring.key_of(person_id)
        async for piece in self._recordings.as_wav(key, person_id, session.recording):
            yield piece

    async def delete(self, person_id: UUID, entry_id: UUID) -> None:
        """Deletes an entry with its turns, its recording and their keys.

        Objects go first: after a crash in the middle the entry still stands, to be deleted again.

        Raises:
            NoSuchEntry: the person has none of this id.
        """
        async with self._database.transaction() as connection:
            _, session = await _entry(connection, person_id, entry_id)
        await self._objects.delete_recording(session.recording.recording_id)
        async with self._database.transaction() as connection:
            await store.delete_session(connection, session.session_id)
        metrics.entries_deleted.inc()
        log.info("entry.deleted", entry_id=str(entry_id), person_id=str(person_id))

    async def erase_person(self, person_id: UUID) -> Erased:
        """Destroys a person's key, then all that it kept secret; also of a person who never had a session.

        Once the key is destroyed nothing can be read, and nothing is added any more: sessions that run are ended. After a
        crash in the middle, erasing again takes the rest.
        """
        async with self._database.transaction() as connection:
            await store.destroy_person_key(connection, person_id, self._clock.now())
            await store.end_sessions_of_person(connection, person_id, self._clock.now())
        async with self._database.transaction() as connection:
            recordings = await store.recordings_of_person(connection, person_id)
        for recording_id in recordings:
            await self._objects.delete_recording(recording_id)
        async with self._database.transaction() as connection:
            entries = await store.delete_sessions_of_person(connection, person_id)
        metrics.persons_erased.inc()
        log.info("person.erased", person_id=str(person_id), entries=entries, recordings=len(recordings))
        return Erased(entries, len(recordings))


async def _entry(connection: AsyncConnection, person_id: UUID, entry_id: UUID) -> tuple[Entry, Session]:
    """
    Raises:
        NoSuchEntry: there is none of this id, or it is another person's.
    """
    entry = await store.entry(connection, person_id, entry_id)
    if entry is None:
        raise NoSuchEntry(entry_id)
    return entry, await store.session(connection, entry.session_id)
