"""Recordings: audio kept segment by segment while it is spoken, and given back as one WAV file.

A segment is sealed, then put to the object store, then remembered by a row, and only then answered: what has a row has its
object, and an object that has a row is never written again. So a gateway that still sends its last audio while another has
gone on in its place can neither harm nor double what is kept.

An object without a row is one whose answer never came. The segment comes again under the same number and takes its place, or
goes with its recording.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database import Database
from journal import metrics, store, wav
from journal.envelope import Key
from journal.errors import IntegrityError, NoSuchSession, SequenceGap, SessionOver
from journal.keyring import Keyring
from journal.objects import Objects
from journal.records import KeptSegment, Recording, Segment, Session, Speaker, TrackPosition
from journal.sealing import RecordingSeal

CHUNK_SAMPLES = 8 * wav.SAMPLES_PER_S
"""How much of a recording is read at a time: some 16 segments at once, 128 kB of WAV."""


class RunningRecording:
    """The recording of one session, as one stream adds to it. Made by `Recordings.of_running`."""

    def __init__(
        self,
        database: Database,
        objects: Objects,
        session: Session,
        seal: RecordingSeal,
        positions: dict[Speaker, TrackPosition],
    ) -> None:
        self._database = database
        self._objects = objects
        self._session = session
        self._recording_id = session.recording.recording_id
        self._seal = seal
        self._positions = positions

    async def keep(self, segment: Segment) -> TrackPosition:
        """Keeps one segment: durable when this returns. A segment that is kept already changes nothing.

        Returns:
            How far its track is safe.

        Raises:
            SequenceGap: an earlier segment of the track is missing.
            SessionOver: the session has ended.
            NoSuchSession: it was deleted meanwhile.
        """
        position = self._positions[segment.track]
        if segment.sequence < position.next_sequence:
            return position
        if self._session.ended_at is not None:
            raise SessionOver(self._session.session_id)
        if segment.sequence > position.next_sequence:
            raise SequenceGap(
                f"segment of the track {segment.track}", got=segment.sequence, expected=position.next_sequence
            )
        sealed = self._seal.seal(segment.track, segment.sequence, segment.audio)
        if await self._objects.put_new(self._recording_id, segment.track, segment.sequence, sealed):
            await self._remember(segment)
        else:
            await self._take_place(segment, sealed)
        kept = TrackPosition(segment.track, segment.sequence + 1, position.kept_samples + len(segment.audio))
        self._positions[segment.track] = kept
        metrics.segments_kept.labels(segment.track).inc()
        return kept

    async def _remember(self, segment: Segment) -> None:
        """Writes the row of a segment whose object was just put."""
        try:
            async with self._database.transaction() as connection:
                if await self._is_awaited(connection, segment):
                    await store.add_segment(connection, self._recording_id, _kept(segment))
        except (SessionOver, NoSuchSession):
            # it came too late to be part of anything, and is not to outlive what was deleted
            await self._objects.delete(self._recording_id, segment.track, segment.sequence)
            raise

    async def _take_place(self, segment: Segment, sealed: bytes) -> None:
        """Keeps a segment of whose number there is an object: another stream's, or one without a row.

        The session is locked while the object is written, so that none gets a row meanwhile.
        """
        async with self._database.transaction() as connection:
            if await self._is_awaited(connection, segment):
                await self._objects.replace(self._recording_id, segment.track, segment.sequence, sealed)
                await store.add_segment(connection, self._recording_id, _kept(segment))

    async def _is_awaited(self, connection: AsyncConnection, segment: Segment) -> bool:
        """Locks the session, and tells whether the segment has no row yet.

        Raises:
            SessionOver, NoSuchSession: and so it gets none.
        """
        session = await store.lock_session(connection, self._session.session_id)
        if await store.has_segment(connection, self._recording_id, segment.track, segment.sequence):
            return False
        if session.ended_at is not None:
            raise SessionOver(session.session_id)
        return True


def _kept(segment: Segment) -> KeptSegment:
    return KeptSegment(segment.track, segment.sequence, segment.starts_at_ms, len(segment.audio))


class Recordings:
    def __init__(self, database: Database, keyring: Keyring, objects: Objects) -> None:
        self._database = database
        self._keyring = keyring
        self._objects = objects

    async def of_running(self, session_id: UUID) -> RunningRecording:
        """The recording of a session, to be added to where it stands.

        Raises:
            NoSuchSession: there is none of this id.
            IntegrityError: the recording's key cannot be opened.
        """
        async with self._database.transaction() as connection:
            session = await store.session(connection, session_id)
            positions = await store.track_positions(connection, session.recording.recording_id)
        seal = RecordingSeal(await self._keyring.key_of(session.person_id), session.person_id, session.recording)
        return RunningRecording(self._database, self._objects, session, seal, positions)

    async def as_wav(self, person_key: Key, person_id: UUID, recording: Recording) -> AsyncIterator[bytes]:
        """The recording as a WAV file, piece by piece; never more than a few seconds of it are in memory.

        Raises:
            IntegrityError: a segment was changed, moved, cut, or is gone. What came before it has been given.
        """
        seal = RecordingSeal(person_key, person_id, recording)
        async with self._database.transaction() as connection:
            segments = await store.segments(connection, recording.recording_id)
        person, daybook = (
            wav.lay_out(segment for segment in segments if segment.track is track)
            for track in (Speaker.PERSON, Speaker.DAYBOOK)
        )
        samples = wav.length(person, daybook)
        yield wav.header(samples)
        for first in range(0, samples, CHUNK_SAMPLES):
            end = min(first + CHUNK_SAMPLES, samples)
            left, right = wav.within(person, first, end), wav.within(daybook, first, end)
            spoken = await self._spoken(seal, recording, [*left, *right])
            yield wav.interleave(
                wav.track_bytes(first, end, spoken[: len(left)]), wav.track_bytes(first, end, spoken[len(left) :])
            )

    async def _spoken(
        self, seal: RecordingSeal, recording: Recording, placements: Sequence[wav.Placement]
    ) -> list[tuple[wav.Placement, bytes]]:
        """Segments with their audio, fetched at once."""
        try:
            async with asyncio.TaskGroup() as tasks:
                fetching = [
                    tasks.create_task(self._audio(seal, recording, placement.segment)) for placement in placements
                ]
        except ExceptionGroup as failed:
            # one is enough to tell; the caller maps it to a status code
            raise failed.exceptions[0] from None
        return [(placement, task.result()) for placement, task in zip(placements, fetching, strict=True)]

    async def _audio(self, seal: RecordingSeal, recording: Recording, segment: KeptSegment) -> bytes:
        place = seal.place(segment.track, segment.sequence)
        sealed = await self._objects.get(recording.recording_id, segment.track, segment.sequence)
        if sealed is None:
            raise IntegrityError(place.kind, place.sequence, place.record_id, "its object is gone")
        audio = seal.open(segment.track, segment.sequence, sealed)
        if len(audio) != segment.samples:
            reason = f"it holds {len(audio)} samples, and {segment.samples} were kept"
            raise IntegrityError(place.kind, place.sequence, place.record_id, reason)
        return audio
