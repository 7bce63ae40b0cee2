"""Entries: listed, read, heard, and deleted for good."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.clock import Clock
from chassis.database import Database
from daybook.journal.v1.journal_pb2 import Turn
from daybook.journal.v1.revisions_pb2 import Revision
from journal import deletion_store, keeping_store, metrics, retention_store, revision_store, store, wav
from journal.audit_chain import AuditPosition
from journal.contract import Page
from journal.errors import AudioRemoved, IntegrityError, NoSuchEntry, ObjectStoreUnavailable
from journal.keyring import Keyring
from journal.recordings import Miss, Recordings
from journal.records import Deletion, Entry, Range, Session
from journal.sealing import RecordingSeal, SessionSeal

log = structlog.get_logger()


@dataclass(frozen=True)
class OpenedEntry:
    """An entry with its words; the newest revision, where there is one."""

    entry: Entry
    turns: list[Turn]
    revision: Revision | None


@dataclass(frozen=True)
class Erased:
    """What went with a person this time, and what their receipt says."""

    entries: int
    recordings: int
    deletion: Deletion


class Entries:
    def __init__(self, database: Database, keyring: Keyring, recordings: Recordings, clock: Clock) -> None:
        self._database = database
        self._keyring = keyring
        self._recordings = recordings
        self._clock = clock

    async def page(self, person_id: UUID, page: Page) -> tuple[Sequence[Entry], Entry | None]:
        """A page of a person's entries, the newest first, and the entry after which the next goes on; None where none is."""
        async with self._database.transaction() as connection:
            entries = await store.entries(connection, person_id, after=page.after, limit=page.size + 1)
        shown = entries[: page.size]
        return shown, shown[-1] if len(entries) > page.size else None

    async def read(self, person_id: UUID, entry_id: UUID) -> OpenedEntry:
        """An entry, opened for its person; see `open`."""
        opened = await self.open(person_id, entry_id)
        log.info("entry.read", entry_id=str(entry_id), person_id=str(person_id))
        return opened

    async def open(self, person_id: UUID, entry_id: UUID) -> OpenedEntry:
        """An entry with its words.

        Raises:
            NoSuchEntry: the person has none of this id.
            IntegrityError: a turn or the newest revision cannot be opened, or one is gone; or what is told of the entry was
                changed.
        """
        async with self._database.transaction() as connection:
            await store.at_one_moment(connection)
            entry, session = await entry_of_person(connection, person_id, entry_id)
            inventory = await store.inventory(connection, entry_id)
            turns = await store.turns(connection, entry.session_id)
            numbers = await revision_store.numbers(connection, entry.session_id)
            newest = await revision_store.newest(connection, entry.session_id)
        seal = SessionSeal(await self._keyring.key_of(person_id), session)
        seal.open_inventory(entry, inventory)
        seal.check_numbers(numbers)
        revision = None if newest is None else seal.open_revision(newest)
        return OpenedEntry(entry, seal.open_all(turns, entry.turns), revision)

    async def audio(
        self, person_id: UUID, entry_id: UUID, part: Range, *, miss: Miss | None = None
    ) -> tuple[int, AsyncIterator[bytes]]:
        """A part of an entry's recording as a WAV file: how long the whole file is, and that part piece by piece.

        Who gives `miss` is told of a segment that cannot be opened, and hears silence in its place.

        Raises:
            NoSuchEntry: the person has none of this id.
            AudioRemoved: it was kept for as long as its person wished.
            IntegrityError: a segment cannot be opened, or is gone, unless there is `miss`; or what is told of the entry was
                changed.
        """
        async with self._database.transaction() as connection:
            await store.at_one_moment(connection)
            entry, session = await entry_of_person(connection, person_id, entry_id)
            inventory = await store.inventory(connection, entry_id)
        log.info("recording.read", entry_id=str(entry_id), person_id=str(person_id))
        key = await self._keyring.key_of(person_id)
        segments = SessionSeal(key, session).open_inventory(entry, inventory)
        _check_audio(entry)
        tracks = wav.tracks_of(segments)
        seal = RecordingSeal(key, person_id, session.recording)
        pieces = self._recordings.as_wav(seal, tracks, part, miss)
        return wav.size(wav.length(*tracks)), self._unless_removed(entry, pieces)

    async def _unless_removed(self, entry: Entry, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The pieces of a recording; where it is removed while it is read, that is told, and not that its objects are gone."""
        try:
            async for piece in pieces:
                yield piece
        except IntegrityError:
            async with self._database.transaction() as connection:
                _check_audio((await entry_of_person(connection, entry.person_id, entry.entry_id))[0])
            raise

    async def delete(self, person_id: UUID, entry_id: UUID) -> None:
        """Deletes an entry with its turns, its recording and their keys.

        Its rows and keys go first, so that it is gone as a whole. What a crash or the object store leaves of the objects opens
        with no key, and the next run of retention takes it (ADR 0024).

        Raises:
            NoSuchEntry: the person has none of this id.
        """
        async with self._database.transaction() as connection:
            _, session = await entry_of_person(connection, person_id, entry_id)
            recording_id = session.recording.recording_id
            await store.delete_session(connection, session.session_id)
            await retention_store.add_unwanted(connection, recording_id)
        try:
            await self._recordings.delete(recording_id)
        except ObjectStoreUnavailable:
            log.warning("recording.left_over", recording_id=str(recording_id))
        else:
            async with self._database.transaction() as connection:
                await retention_store.forget_unwanted(connection, recording_id)
        metrics.entries_deleted.inc()
        log.info("entry.deleted", entry_id=str(entry_id), person_id=str(person_id))

    async def erase_person(self, person_id: UUID, noted_at: AuditPosition | None) -> Erased:
        """Destroys a person's key, then all that it kept secret; also of a person who never had a session.

        Once the key is destroyed nothing can be read, and nothing is added any more: sessions that run are ended. After a
        crash in the middle, erasing again takes the rest. What the receipt says is kept in the transaction that destroys the key.

        Args:
            person_id: whose.
            noted_at: where the audit log says that this was asked for.
        """
        async with self._database.transaction() as connection:
            deletion = await _destroy_key(connection, person_id, self._clock.now(), noted_at)
            await store.end_sessions_of_person(connection, person_id, self._clock.now())
            await keeping_store.forget_keeping(connection, person_id)
        self._keyring.forget(person_id)
        async with self._database.transaction() as connection:
            recordings = await store.recordings_of_person(connection, person_id)
        for recording_id in recordings:
            await self._recordings.delete(recording_id)
        async with self._database.transaction() as connection:
            entries = await store.delete_sessions_of_person(connection, person_id)
        metrics.persons_erased.inc()
        log.info("person.erased", person_id=str(person_id), entries=entries, recordings=len(recordings))
        return Erased(entries, len(recordings), deletion)


async def _destroy_key(
    connection: AsyncConnection, person_id: UUID, now: datetime, noted_at: AuditPosition | None
) -> Deletion:
    wrapped = await store.destroy_person_key(connection, person_id, now)
    if (known := await deletion_store.deletion(connection, person_id)) is not None:
        return known
    entries, recordings = await deletion_store.count_entries_and_recordings(connection, person_id)
    fingerprint = "" if wrapped is None else hashlib.sha256(wrapped).hexdigest()
    sequence, hash_ = (noted_at.sequence, noted_at.hash) if noted_at else (0, b"")
    deletion = Deletion(person_id, now, entries, recordings, fingerprint, sequence, hash_)
    await deletion_store.add_deletion(connection, deletion)
    return deletion


async def entry_of_person(connection: AsyncConnection, person_id: UUID, entry_id: UUID) -> tuple[Entry, Session]:
    """
    Raises:
        NoSuchEntry: there is none of this id, or it is another person's.
    """
    entry = await store.entry(connection, person_id, entry_id)
    if entry is None:
        raise NoSuchEntry(entry_id)
    return entry, await store.session(connection, entry.session_id)


def _check_audio(entry: Entry) -> None:
    """
    Raises:
        AudioRemoved: it was kept for as long as its person wished.
    """
    if entry.audio_removed_at is not None and entry.audio_kept_days is not None:
        raise AudioRemoved(entry.entry_id, entry.audio_removed_at, entry.audio_kept_days)
