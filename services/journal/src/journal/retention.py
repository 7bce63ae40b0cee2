"""Retention: what a person has wished to be kept no longer is removed, once a day (`python -m journal retain`).

First the rows, then the objects. One transaction decides for one entry: it holds the person's wish, looks whether the limit is
still passed, destroys the key of the recording, seals an inventory that names no audio (or takes the entry away), and
remembers that the recording is unwanted. Only then are the objects deleted, and only then is that forgotten. Killed at any
moment, an entry has all of its audio, or tells that it has none; what still lies there opens with no key, is expected by fsck,
and goes with the next run. The other way round, a kill would leave an entry whose audio is half gone, which nobody could tell
from damage (ADR 0024).
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.clock import Clock
from chassis.database import Database
from journal import keeping_store, retention_store, store
from journal.damage import tell_damage
from journal.errors import IntegrityError, NoSuchSession, PersonErased
from journal.keyring import Keyring
from journal.objects import Objects
from journal.records import Entry, EntryPosition, Keeping, RetentionRun, Session
from journal.retention_rules import Beyond, beyond
from journal.sealing import SessionSeal

log = structlog.get_logger()

PAGE = 100
BEGINNING = EntryPosition(UUID(int=0), UUID(int=0))


@dataclass(frozen=True)
class _Held:
    """An entry that nobody changes until the transaction ends, as nobody does its person's wish."""

    keeping: Keeping
    session: Session
    entry: Entry


class _Find(Protocol):
    async def __call__(
        self, connection: AsyncConnection, now: datetime, *, after: EntryPosition, limit: int
    ) -> Sequence[EntryPosition]: ...


class Retention:
    """
    Args:
        page: how many entries are looked for at a time. Each is removed in a transaction of its own.
    """

    def __init__(
        self, database: Database, keyring: Keyring, objects: Objects, clock: Clock, *, page: int = PAGE
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._objects = objects
        self._clock = clock
        self._page = page

    async def run(self) -> RetentionRun:
        """Removes all that is beyond its limit, and what earlier runs, and deletions that were cut off, have left.

        Raises:
            ObjectStoreUnavailable: the objects stay unwanted; the next run goes on.
            KeyUnusable, KmsUnavailable: some audio stays as it is; the next run goes on.
        """
        started_at = self._clock.now()
        await self._finish_deletions()
        await self._collect()
        entries, _ = await self._each(retention_store.entries_beyond, started_at, self._remove_entry)
        recordings, unopened = await self._each(retention_store.audio_beyond, started_at, self._remove_audio)
        run = RetentionRun(started_at, self._clock.now(), recordings, entries, unopened)
        async with self._database.transaction() as connection:
            await retention_store.add_run(connection, run)
        log.info("retention.done", recordings=recordings, entries=entries, unopened=unopened)
        return run

    async def _each(
        self, find: _Find, now: datetime, remove: Callable[[EntryPosition, datetime], Awaitable[bool]]
    ) -> tuple[int, int]:
        """Removes from each entry that is found.

        Returns:
            From how many, and how many did not open and stay as they are.
        """
        removed, unopened, after = 0, 0, BEGINNING
        while True:
            async with self._database.transaction() as connection:
                page = await find(connection, now, after=after, limit=self._page)
            for position in page:
                try:
                    removed += await remove(position, now)
                except IntegrityError as error:
                    tell_damage(error)
                    unopened += 1
            await self._collect()
            if len(page) < self._page:
                return removed, unopened
            after = page[-1]

    async def _remove_entry(self, position: EntryPosition, now: datetime) -> bool:
        """Removes an entry with all that belongs to it; False where that is not to be any more."""
        async with self._database.transaction() as connection:
            held = await _held(connection, position, Beyond.ENTRY, now)
            if held is None:
                return False
            await store.delete_session(connection, position.session_id)
            await retention_store.add_unwanted(connection, held.session.recording.recording_id)
        log.info("entry.expired", entry_id=str(held.entry.entry_id), person_id=str(position.person_id))
        return True

    async def _remove_audio(self, position: EntryPosition, now: datetime) -> bool:
        """Removes the audio of an entry; False where that is not to be any more.

        Raises:
            IntegrityError: what belongs to the entry does not open.
        """
        try:
            key = await self._keyring.key_of(position.person_id)
        except PersonErased:
            return False
        async with self._database.transaction() as connection:
            held = await _held(connection, position, Beyond.AUDIO, now)
            if held is None:
                return False
            entry, seal = held.entry, SessionSeal(key, held.session)
            # a damaged one is not put right by this: what it named would be forgotten
            seal.open_inventory(entry, await store.inventory(connection, entry.entry_id))
            silent = replace(entry, recording_ms=0, audio_removed_at=now, audio_kept_days=held.keeping.audio_days)
            await retention_store.remove_audio(connection, silent, seal.seal_inventory(silent, ()))
            await retention_store.add_unwanted(connection, held.session.recording.recording_id)
        log.info("recording.expired", entry_id=str(entry.entry_id), person_id=str(position.person_id))
        return True

    async def _finish_deletions(self) -> None:
        """Takes away what is left of persons whose key was destroyed: whoever deleted them was cut off."""
        while True:
            async with self._database.transaction() as connection:
                left = await retention_store.recordings_of_deleted(connection, limit=self._page)
                for session_id, recording_id in left:
                    await store.delete_session(connection, session_id)
                    await retention_store.add_unwanted(connection, recording_id)
            if len(left) < self._page:
                return

    async def _collect(self) -> None:
        """Deletes the objects of unwanted recordings."""
        while True:
            async with self._database.transaction() as connection:
                page = await retention_store.unwanted(connection, limit=self._page)
            for recording_id in page:
                await self._objects.delete_recording(recording_id)
                async with self._database.transaction() as connection:
                    await retention_store.forget_unwanted(connection, recording_id)
            if len(page) < self._page:
                return


async def _held(connection: AsyncConnection, position: EntryPosition, what: Beyond, now: datetime) -> _Held | None:
    """An entry of which that is still beyond its limit; None where it is not any more."""
    keeping = await keeping_store.hold_keeping(connection, position.person_id)
    try:
        session = await store.lock_session(connection, position.session_id)
    except NoSuchSession:
        return None
    entry = await store.entry_of_session(connection, position.session_id)
    if entry is None or beyond(keeping, entry, now) is not what:
        return None
    return _Held(keeping, session, entry)
