"""Recordings: audio kept segment by segment while it is spoken, and given back as one WAV file.

A segment is sealed, put to the object store, and then answered. What is there is what is kept: no row speaks of it until the
session ends, when the inventory of its entry names all of it (`inventory`).

An object bears its segment's number and start. So a gateway that still sends its last audio while another has gone on in its
place can neither harm nor double what is kept, and nothing of either is lost.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import TypeAlias
from uuid import UUID
from weakref import WeakSet

from chassis.database import Database
from journal import metrics, store, wav
from journal.errors import IntegrityError, ObjectStoreUnavailable, SequenceGap, SessionOver
from journal.keyring import Keyring
from journal.objects import Objects
from journal.records import (
    SAMPLES_PER_S,
    KeptSegment,
    Range,
    Segment,
    Session,
    Speaker,
    Stretch,
    TrackPosition,
)
from journal.sealing import RecordingSeal

Miss: TypeAlias = Callable[[IntegrityError], None]
"""Is told of a segment that does not open, in the place of which silence is given."""

AT_REST_WITHIN_S = 1.0
"""How long a gateway that goes on with a call waits for the object store to have what another was sending."""
CHUNK_SAMPLES = 8 * SAMPLES_PER_S
"""How much of a recording is read at a time: some 20 segments at once, 128 kB of WAV."""


class RunningRecording:
    """The recording of one session, as one stream adds to it. Made by `Recordings.of_running`."""

    def __init__(self, objects: Objects, session: Session, seal: RecordingSeal) -> None:
        self._objects = objects
        self._session_id = session.session_id
        self.recording_id = session.recording.recording_id
        self._seal = seal
        self._kept: set[tuple[Speaker, int, int]] = set()
        self._positions = positions_of(())
        self._turn = asyncio.Lock()
        self._last: asyncio.Task[None] | None = None
        self._over = False

    def find(self, kept: Iterable[KeptSegment]) -> None:
        """What other streams have kept is known from now on."""
        for segment in kept:
            self._note(segment)

    async def at_rest(self) -> None:
        """Returns once what is being kept now is kept, also for a gateway that has gone meanwhile."""
        async with self._turn:
            pass
        await self._until_put_again()

    async def close(self) -> None:
        """The session ends: nothing is kept any more once this returns, and what is being kept now is."""
        async with self._turn:
            self._over = True
        await self._until_put_again()

    async def _until_put_again(self) -> None:
        if self._last is not None:
            await asyncio.wait([self._last])

    async def keep(self, segment: Segment) -> TrackPosition:
        """Keeps one segment: durable when this returns. A segment that is kept already changes nothing.

        Returns:
            How far its track is safe, in the numbers of who sent it.

        Raises:
            SequenceGap: an earlier segment of the track is missing.
            SessionOver: the session has ended.
        """
        expected = self._positions[segment.track].next_sequence
        if segment.sequence > expected:
            raise SequenceGap(f"segment of the track {segment.track}", got=segment.sequence, expected=expected)
        async with self._turn:
            if self._over:
                raise SessionOver(self._session_id)
            if (segment.track, segment.sequence, segment.starts_at_ms) not in self._kept:
                try:
                    await self._put(segment)
                except asyncio.CancelledError:
                    # whoever sent it has gone, and nobody knows whether it is written: put again, it is
                    self._last = asyncio.create_task(self._put_again(segment))
                    raise
                metrics.segments_kept.labels(segment.track).inc()
        return replace(self._positions[segment.track], next_sequence=segment.sequence + 1)

    async def _put(self, segment: Segment) -> None:
        """Under its number or, where another gateway's segment has that and begins at the same moment, a later one."""
        placed = KeptSegment(segment.track, segment.sequence, segment.starts_at_ms, len(segment.audio))
        while not await self._objects.put_new(self.recording_id, placed, self._seal.seal(placed, segment.audio)):
            if await self._is_kept(placed, segment.audio):
                break
            placed = replace(placed, sequence=placed.sequence + 1)
        self._note(placed)

    async def _put_again(self, segment: Segment) -> None:
        with suppress(ObjectStoreUnavailable):  # which is counted there, and was answered to nobody
            await self._put(segment)

    def _note(self, segment: KeptSegment) -> None:
        self._kept.add((segment.track, segment.sequence, segment.starts_at_ms))
        self._positions[segment.track] = _beyond(self._positions[segment.track], segment)

    async def _is_kept(self, placed: KeptSegment, audio: bytes) -> bool:
        """Whether it was kept before, and the answer was lost."""
        sealed = await self._objects.get(self.recording_id, placed)
        try:
            return sealed is not None and self._seal.open(placed, sealed) == audio
        except IntegrityError:
            return False


def positions_of(kept: Iterable[KeptSegment]) -> dict[Speaker, TrackPosition]:
    """How far each track is safe."""
    positions = {track: TrackPosition(track, 0, 0, 0) for track in Speaker}
    for segment in kept:
        positions[segment.track] = _beyond(positions[segment.track], segment)
    return positions


def _beyond(position: TrackPosition, segment: KeptSegment) -> TrackPosition:
    return TrackPosition(
        position.track,
        max(position.next_sequence, segment.sequence + 1),
        position.kept_samples + segment.samples,
        max(position.ends_at_ms, segment.ends_at_ms),
    )


class Recordings:
    def __init__(self, database: Database, keyring: Keyring, objects: Objects) -> None:
        self._database = database
        self._keyring = keyring
        self._objects = objects
        self._running: WeakSet[RunningRecording] = WeakSet()
        self._ending: set[UUID] = set()

    async def kept(self, recording_id: UUID) -> list[KeptSegment]:
        """What of a recording is safe, with what streams of this process are keeping just now, if that is done soon: of a gateway
        that has died it is the last, and who goes on with the call would not hear it again if it came to light only later.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(AT_REST_WITHIN_S):
                for running in self._running_of(recording_id):
                    await running.at_rest()
        return await self._objects.segments(recording_id)

    async def of_running(self, session_id: UUID) -> RunningRecording:
        """The recording of a session, to be added to where it stands.

        Raises:
            NoSuchSession: there is none of this id.
            SessionOver: it has ended.
            IntegrityError: the recording's key cannot be opened.
        """
        session, seal = await self._of_running_session(session_id)
        running = RunningRecording(self._objects, session, seal)
        self._running.add(running)
        running.find(await self._objects.segments(running.recording_id))
        # an end that closed the streams before this one was among them is still under way, or was committed before this is asked
        if running.recording_id in self._ending:
            raise SessionOver(session_id)
        await self._of_running_session(session_id)
        return running

    @asynccontextmanager
    async def ending(self, recording_id: UUID) -> AsyncIterator[list[KeptSegment]]:
        """All that is kept of a recording; while the block runs, and after it if its session has ended then, nothing is added by
        streams of this process. What another process still adds is in no entry.
        """
        self._ending.add(recording_id)
        try:
            await self._close(recording_id)
            yield await self._objects.segments(recording_id)
        finally:
            self._ending.discard(recording_id)

    async def _close(self, recording_id: UUID) -> None:
        for running in self._running_of(recording_id):
            await running.close()

    def _running_of(self, recording_id: UUID) -> list[RunningRecording]:
        return [running for running in self._running if running.recording_id == recording_id]

    async def delete(self, recording_id: UUID) -> None:
        """Deletes all that is kept of a recording whose session has ended."""
        await self._close(recording_id)
        await self._objects.delete_recording(recording_id)

    async def as_wav(
        self, seal: RecordingSeal, tracks: Sequence[wav.Track], part: Range, miss: Miss | None
    ) -> AsyncIterator[bytes]:
        """A part of the recording as a WAV file, piece by piece; never more than a few seconds of it are in memory.

        Args:
            seal: the recording's.
            tracks: the person's and Daybook's, laid out.
            part: which bytes of the file.
            miss: for who goes on beyond what does not open; None ends it there.

        Raises:
            IntegrityError: a segment was changed, moved, cut, or is gone, and `miss` is None. What came before it has been given.
        """
        samples = wav.length(*tracks)
        end = wav.size(samples) if part.end is None else min(part.end, wav.size(samples))
        if part.first < min(end, wav.HEADER_BYTES):
            yield wav.header(samples)[part.first : end]
        at = max(part.first, wav.HEADER_BYTES)
        while at < end:
            first = (at - wav.HEADER_BYTES) // wav.CHANNELS
            frames = await self._frames(seal, tracks, first, min(first + CHUNK_SAMPLES, samples), miss)
            piece = frames[at - wav.size(first) : end - wav.size(first)]
            yield piece
            at += len(piece)

    async def _frames(
        self, seal: RecordingSeal, tracks: Sequence[wav.Track], first: int, end: int, miss: Miss | None
    ) -> bytes:
        left, right = (wav.within(track, first, end) for track in tracks)
        spoken = await self._spoken(seal, [*left, *right], miss)
        return wav.interleave(
            wav.track_bytes(first, end, spoken[: len(left)]), wav.track_bytes(first, end, spoken[len(left) :])
        )

    async def running_track(self, session_id: UUID, stretch: Stretch) -> AsyncIterator[bytes]:
        """A stretch of one track of a session that runs, piece by piece, with silence where nothing is kept.

        Raises:
            NoSuchSession: there is none of this id.
            SessionOver: it has ended.
            IntegrityError: a segment was changed, moved, cut, or is gone.
        """
        session, seal = await self._of_running_session(session_id)
        kept = await self._objects.segments(session.recording.recording_id)
        track = wav.lay_out(segment for segment in kept if segment.track is stretch.track)
        for first in range(stretch.from_sample, stretch.to_sample, CHUNK_SAMPLES):
            end = min(first + CHUNK_SAMPLES, stretch.to_sample)
            spoken = await self._spoken(seal, wav.within(track, first, end), None)
            yield bytes(wav.track_bytes(first, end, spoken))

    async def _of_running_session(self, session_id: UUID) -> tuple[Session, RecordingSeal]:
        async with self._database.transaction() as connection:
            session = await store.session(connection, session_id)
        if session.ended_at is not None:
            raise SessionOver(session_id)
        return session, RecordingSeal(
            await self._keyring.key_of(session.person_id), session.person_id, session.recording
        )

    async def _spoken(
        self, seal: RecordingSeal, placements: Sequence[wav.Placement], miss: Miss | None
    ) -> list[tuple[wav.Placement, bytes]]:
        """Segments with their audio, fetched at once."""
        try:
            async with asyncio.TaskGroup() as tasks:
                fetching = [tasks.create_task(self._audio(seal, placement.segment, miss)) for placement in placements]
        except ExceptionGroup as failed:
            # one is enough to tell; the caller maps it to a status code
            raise failed.exceptions[0] from None
        return [(placement, task.result()) for placement, task in zip(placements, fetching, strict=True)]

    async def _audio(self, seal: RecordingSeal, segment: KeptSegment, miss: Miss | None) -> bytes:
        sealed = await self._objects.get(seal.recording_id, segment)
        try:
            if sealed is None:
                raise seal.place(segment).damaged("its object is gone")
            return seal.open(segment, sealed)
        except IntegrityError as error:
            if miss is None:
                raise
            miss(error)
            return wav.SILENCE * segment.samples
