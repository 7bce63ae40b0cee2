"""Compares what the journal keeps: rows, objects and keys of sessions that have ended. Mends what nothing is lost by.

What belongs to an entry is what its inventory names. An object beside it that opens is a segment which came too late: it was
spoken in that session, so it becomes part of the entry. What does not open, and what nobody knows, is deleted.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

import structlog

from chassis.clock import Clock
from chassis.database import Database
from journal import import_store, retention_store, revision_store, store, wav
from journal.consistency import Fault, FaultKind, compare
from journal.damage import tell_damage
from journal.envelope import Key
from journal.errors import IntegrityError, NoSuchSession, PersonErased
from journal.keyring import Keyring
from journal.objects import Objects
from journal.records import Entry, KeptSegment, Session
from journal.sealing import RecordingSeal, SessionSeal

log = structlog.get_logger()

PAGE = 100
STILL_FOR = timedelta(minutes=10)
"""How long a session has ended before it is looked at: until then something may be under way."""
IMPORT_TAKES = timedelta(hours=1)
"""How long an import may be under way. Beyond that it was broken off, and what it left is nobody's."""
BEGINNING = UUID(int=0)


@dataclass(frozen=True)
class Checked:
    """
    Attributes:
        records: how many sessions, or recordings, were looked at.
        objects: how many objects they have.
        reached: the last of them, where there may be more.
    """

    records: int
    objects: int
    faults: Sequence[Fault]
    reached: UUID | None


@dataclass(frozen=True)
class _Kept:
    """An entry, opened.

    Attributes:
        recording: None once its audio was removed.
        inventory: as it rests.
        named: the segments that belong to it.
    """

    session: Session
    entry: Entry
    seal: SessionSeal
    recording: RecordingSeal | None
    inventory: bytes
    named: Sequence[KeptSegment]


class Fsck:
    """
    Args:
        page: how many sessions, or recordings, are looked at in one go.
    """

    def __init__(
        self, database: Database, keyring: Keyring, objects: Objects, clock: Clock, *, page: int = PAGE
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._objects = objects
        self._clock = clock
        self._page = page

    async def sessions(self, after: UUID, *, deep: bool, mend: bool) -> Checked:
        """Looks at sessions beyond that one; `deep` opens every segment."""
        async with self._database.transaction() as connection:
            before = self._clock.now() - STILL_FOR
            sessions = await store.ended_sessions(connection, after=after, before=before, limit=self._page)
        faults, objects = list[Fault](), 0
        for session in sessions:
            there = await self._objects.segments(session.recording.recording_id)
            objects += len(there)
            faults += await self._session(session, there, deep=deep, mend=mend)
        reached = sessions[-1].session_id if len(sessions) == self._page else None
        return Checked(len(sessions), objects, _logged(faults), reached)

    async def recordings(self, *, mend: bool) -> AsyncIterator[Checked]:
        """Looks at all recordings that have objects, some at a time: whether a session knows each."""
        importing_since = self._clock.now() - IMPORT_TAKES
        if mend:
            async with self._database.transaction() as connection:
                await import_store.give_up(connection, before=importing_since)
        found = await self._objects.recordings()
        for first in range(0, len(found), self._page):
            page = found[first : first + self._page]
            async with self._database.transaction() as connection:
                known = await store.known_recordings(connection, page, importing_since=importing_since)
            unknown = [each for each in page if each not in known and await self._objects.has_any_of(each)]
            for recording_id in unknown if mend else ():
                await self._objects.delete_recording(recording_id)
            detail = "there are objects of this recording, and no session knows it"
            faults = [Fault(FaultKind.STRAY_OBJECT, recording_id, detail, mended=mend) for recording_id in unknown]
            yield Checked(len(page), 0, _logged(faults), None)

    async def _session(self, session: Session, there: Sequence[KeptSegment], *, deep: bool, mend: bool) -> list[Fault]:
        async with self._database.transaction() as connection:
            await store.at_one_moment(connection)
            try:
                session = await store.session(connection, session.session_id)
            except NoSuchSession:
                return []  # it was deleted meanwhile
            entry = await store.entry_of_session(connection, session.session_id)
            turns = await store.turns(connection, session.session_id)
            inventory = await store.inventory(connection, entry.entry_id) if entry else b""
        try:
            key = await self._keyring.key_of(session.person_id)
            if entry is None:
                return await self._leftover(session, turns or there, mend=mend)
            kept = _opened(session, entry, key, inventory)
        except PersonErased:
            return await self._erased(session, mend=mend)
        except IntegrityError as error:
            return [_damaged(session, error)]
        compared = compare(kept.named, there)
        faults = [Fault(FaultKind.OBJECT_MISSING, session.session_id, _which(each)) for each in compared.missing]
        try:
            kept.seal.open_all(turns, entry.turns)
        except IntegrityError as error:
            faults.append(_damaged(session, error))
        faults += await self._revisions(kept)
        if kept.recording is None:
            return faults + await self._unwanted(session, mend=mend)
        if deep:
            faults += await self._sealed_otherwise(kept, kept.recording, except_for=compared.missing)
        return faults + await self._beside(kept, kept.recording, compared.beside, mend=mend)

    async def _leftover(self, session: Session, left: Sequence[object], *, mend: bool) -> list[Fault]:
        """Of a session that left no entry; that its call had one is remembered."""
        if not left:
            return []
        if mend:
            await self._objects.delete_recording(session.recording.recording_id)
            async with self._database.transaction() as connection:
                await store.delete_turns(connection, session.session_id)
        return [Fault(FaultKind.LEFTOVER, session.session_id, "it left no entry, and something is there", mended=mend)]

    async def _erased(self, session: Session, *, mend: bool) -> list[Fault]:
        if mend:
            await self._objects.delete_recording(session.recording.recording_id)
            async with self._database.transaction() as connection:
                await store.delete_session(connection, session.session_id)
        return [Fault(FaultKind.LEFTOVER, session.session_id, "its person was deleted, and it is there", mended=mend)]

    async def _revisions(self, kept: _Kept) -> list[Fault]:
        session, faults = kept.session, list[Fault]()
        async with self._database.transaction() as connection:
            numbers = await revision_store.numbers(connection, session.session_id)
        try:
            kept.seal.check_numbers(numbers)
        except IntegrityError as error:
            faults.append(_damaged(session, error))
        for number in numbers:
            async with self._database.transaction() as connection:
                sealed = await revision_store.revision(connection, session.session_id, number)
            try:
                if sealed is not None:  # else its entry was deleted meanwhile
                    kept.seal.open_revision(sealed)
            except IntegrityError as error:
                faults.append(_damaged(session, error))
        return faults

    async def _unwanted(self, session: Session, *, mend: bool) -> list[Fault]:
        """Of an entry whose audio was removed; what retention has yet to delete is no fault."""
        recording_id = session.recording.recording_id
        async with self._database.transaction() as connection:
            expected = await retention_store.is_unwanted(connection, recording_id)
        if expected or not await self._objects.has_any_of(recording_id):
            return []
        if mend:
            await self._objects.delete_recording(recording_id)
        return [Fault(FaultKind.LEFTOVER, session.session_id, "its audio was removed, and some is there", mended=mend)]

    async def _sealed_otherwise(
        self, kept: _Kept, recording: RecordingSeal, *, except_for: Sequence[KeptSegment]
    ) -> list[Fault]:
        faults = list[Fault]()
        for segment in kept.named:
            if segment not in except_for:
                try:
                    await self._open(recording, segment)
                except IntegrityError as error:
                    faults.append(_damaged(kept.session, error))
        return faults

    async def _beside(
        self, kept: _Kept, recording: RecordingSeal, beside: Sequence[KeptSegment], *, mend: bool
    ) -> list[Fault]:
        faults, late = list[Fault](), list[KeptSegment]()
        for segment in beside:
            try:
                await self._open(recording, segment)
            except IntegrityError:
                if mend:
                    await self._objects.delete(recording.recording_id, segment)
                faults.append(Fault(FaultKind.STRAY_OBJECT, kept.session.session_id, _which(segment), mended=mend))
            else:
                faults.append(Fault(FaultKind.LATE_SEGMENT, kept.session.session_id, _which(segment), mended=mend))
                late.append(segment)
        if late and mend:
            await self._take_in(kept, late)
        return faults

    async def _open(self, recording: RecordingSeal, segment: KeptSegment) -> None:
        sealed = await self._objects.get(recording.recording_id, segment)
        if sealed is not None:  # else its entry, or its audio, was removed meanwhile
            recording.open(segment, sealed)

    async def _take_in(self, kept: _Kept, late: Sequence[KeptSegment]) -> None:
        segments = [*kept.named, *late]
        longer = replace(kept.entry, recording_ms=wav.duration_ms(segments))
        async with self._database.transaction() as connection:
            inventory = kept.seal.seal_inventory(longer, segments)
            await store.replace_inventory(connection, longer, inventory, former=kept.inventory)


def _opened(session: Session, entry: Entry, key: Key, inventory: bytes) -> _Kept:
    """
    Raises:
        IntegrityError: the inventory, or the key of the session or of the recording, does not open.
    """
    seal = SessionSeal(key, session)
    named = seal.open_inventory(entry, inventory)
    recording = None if entry.audio_removed_at is not None else RecordingSeal(key, session.person_id, session.recording)
    return _Kept(session, entry, seal, recording, inventory, named)


def _which(segment: KeptSegment) -> str:
    return f"{segment.track} {segment.sequence}, at {segment.starts_at_ms} ms"


def _damaged(session: Session, error: IntegrityError) -> Fault:
    tell_damage(error)
    return Fault(FaultKind.DAMAGED, session.session_id, str(error))


def _logged(faults: Iterable[Fault]) -> list[Fault]:
    told = list(faults)
    for fault in told:
        log.warning("fsck.fault", kind=fault.kind, record_id=str(fault.record_id), mended=fault.mended)
    return told
