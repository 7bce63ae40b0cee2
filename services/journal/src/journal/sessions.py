"""Reflection sessions: begun, filled turn by turn while the call runs, and ended; each once, whatever is sent twice."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.clock import Clock
from chassis.database import Database
from daybook.events.v1 import events_pb2 as events
from daybook.journal.v1.journal_pb2 import Turn
from journal import description_store, metrics, store, wav
from journal.closing import makes_an_entry, outcome_of_abandoned
from journal.errors import CallTaken, ContentDiffers, GatewayMayStillSpeak, PersonErased, SequenceGap, SessionOver
from journal.keyring import Keyring
from journal.recordings import Recordings, positions_of
from journal.records import (
    Entry,
    KeptSegment,
    Outcome,
    SealedTurn,
    Session,
    Speaker,
    TrackPosition,
)
from journal.sealing import SessionSeal, new_recording, new_session_key

log = structlog.get_logger()


@dataclass(frozen=True)
class KeptSession:
    """A session with what is safe of it.

    Attributes:
        turns: opened, in order.
        entry: what was made of it; None while it runs, and where nothing was kept.
    """

    session: Session
    turns: list[Turn]
    entry: Entry | None


@dataclass(frozen=True)
class Ending:
    """How a session ends, and when; `cut_off` where no gateway came back to end it."""

    outcome: Outcome
    ended_at: datetime
    cut_off: bool


class Sessions:
    """
    Args:
        grace: how long after a call's end its gateway may still write. A session that is open longer was abandoned.
        made: set whenever an entry was made.
    """

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        recordings: Recordings,
        clock: Clock,
        *,
        grace: timedelta,
        made: asyncio.Event,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._recordings = recordings
        self._clock = clock
        self._grace = grace
        self._made = made

    async def start(
        self, call_id: UUID, person_id: UUID, attempt_number: int, started_at: datetime
    ) -> tuple[KeptSession, list[TrackPosition]]:
        """Begins the session of a call, or finds it with what is safe of it.

        Where an earlier attempt reached somebody and nothing was said, a later one begins the session anew. The same attempt
        does not: its gateway, or another, only asks again whether it is over.

        Raises:
            PersonErased: the person was deleted.
            CallTaken: the call's session is another person's.
            IntegrityError: a kept turn cannot be opened.
        """
        person_key = await self._keyring.key_of_caller(person_id)
        session_id = uuid4()
        session = Session(
            session_id=session_id,
            call_id=call_id,
            person_id=person_id,
            attempt_number=attempt_number,
            started_at=started_at,
            ended_at=None,
            outcome=None,
            closing=None,
            wrapped_key=new_session_key(person_key, person_id, session_id),
            recording=new_recording(person_key, person_id, uuid4()),
        )
        await self._forget_empty(call_id, attempt_number)
        async with self._database.transaction() as connection:
            if not await store.hold_person_key(connection, person_id):
                raise PersonErased(person_id)
            added = await store.add_session(connection, session)
            if not added:
                await store.take_over_session(connection, call_id, person_id, attempt_number)
        kept = await self.of_call(person_id, call_id)
        if kept is None:
            raise CallTaken(call_id)
        if added:
            metrics.sessions_started.inc()
        segments = [] if added else await self._recordings.kept(kept.session.recording.recording_id)
        log.info(
            "session.started" if added else "session.resumed",
            session_id=str(kept.session.session_id),
            call_id=str(call_id),
            person_id=str(person_id),
            turns=len(kept.turns),
            segments=len(segments),
        )
        return kept, list(positions_of(segments).values())

    async def _forget_empty(self, call_id: UUID, attempt_number: int) -> None:
        """Removes the session of a call that ended with nothing kept in an attempt before this one."""
        async with self._database.transaction() as connection:
            session = await store.session_of_call(connection, call_id)
            if session is None or session.ended_at is None or session.attempt_number >= attempt_number:
                return
            if await store.entry_of_session(connection, session.session_id) is not None:
                return
        await self._empty(session)
        async with self._database.transaction() as connection:
            await store.delete_session(connection, session.session_id)

    async def of_call(self, person_id: UUID, call_id: UUID) -> KeptSession | None:
        """The session of a person's call; None where it has none, or another person's.

        Raises:
            PersonErased: the person was deleted a moment ago.
            IntegrityError: a kept turn cannot be opened.
        """
        async with self._database.transaction() as connection:
            session = await store.session_of_call(connection, call_id)
            if session is None or session.person_id != person_id:
                return None
            sealed_turns = await store.turns(connection, session.session_id)
            entry = await store.entry_of_session(connection, session.session_id)
        seal = SessionSeal(await self._keyring.key_of(person_id), session)
        return KeptSession(session, [seal.open(sealed) for sealed in sealed_turns], entry)

    async def keep_turn(self, session_id: UUID, turn: Turn) -> None:
        """Keeps one turn: committed when this returns. The same turn again changes nothing.

        Raises:
            NoSuchSession: there is none of this id.
            SessionOver: it has ended.
            SequenceGap: an earlier turn is missing.
            ContentDiffers: the number is taken by another turn.
        """
        async with self._database.transaction() as connection:
            session = await store.lock_session(connection, session_id)
            person_key = await self._keyring.opened_key_of(connection, session.person_id)
            if person_key is not None:
                added = await _add_unless_kept(connection, session, SessionSeal(person_key, session), turn)
        if person_key is None:
            # a key management service may take its time: nothing is held meanwhile
            seal = SessionSeal(await self._keyring.key_of(session.person_id), session)
            async with self._database.transaction() as connection:
                session = await store.lock_session(connection, session_id)
                added = await _add_unless_kept(connection, session, seal, turn)
        if added is not None:
            metrics.turns_kept.labels(added.speaker).inc()
            log.info("turn.kept", session_id=str(session_id), sequence=added.sequence, speaker=added.speaker)

    async def begin_closing(self, session_id: UUID, outcome: Outcome) -> None:
        """Remembers that a session's last words are about to be said, and how it will end.

        Raises:
            NoSuchSession: there is none of this id.
            SessionOver: it has ended.
        """
        async with self._database.transaction() as connection:
            session = await store.lock_session(connection, session_id)
            if session.ended_at is not None:
                raise SessionOver(session_id)
            await store.begin_closing(connection, session_id, outcome)

    async def finish(self, session_id: UUID, outcome: Outcome, ended_at: datetime) -> Entry | None:
        """Ends a session and makes its entry, if it holds anything of the person. Ending it again returns the same.

        Raises:
            NoSuchSession: there is none of this id.
        """
        return await self._finish(session_id, Ending(outcome, ended_at, cut_off=False))

    async def _finish(self, session_id: UUID, ending: Ending) -> Entry | None:
        async with self._database.transaction() as connection:
            session = await store.session(connection, session_id)
            entry = await store.entry_of_session(connection, session_id)
        if session.ended_at is None:
            seal = SessionSeal(await self._keyring.key_of(session.person_id), session)
            async with (
                self._recordings.ending(session.recording.recording_id) as segments,
                self._database.transaction() as connection,
            ):
                session = await store.lock_session(connection, session_id)
                if session.ended_at is None:
                    await _end(connection, session, ending, segments, seal, self._clock.now())
                entry = await store.entry_of_session(connection, session_id)
            if session.ended_at is None:
                _tell_end(session, ending.outcome, entry)
                self._made.set()
        if entry is None:
            await self._empty(session)
        return entry

    async def _empty(self, session: Session) -> None:
        """Deletes what a session without an entry left. A crash in the middle is mended when the session is ended again."""
        await self._recordings.delete(session.recording.recording_id)
        async with self._database.transaction() as connection:
            await store.delete_turns(connection, session.session_id)
        log.info("session.emptied", session_id=str(session.session_id))

    async def close_abandoned(self, call_id: UUID, outcome: events.CallOutcome.ValueType, ended_at: datetime) -> None:
        """Ends the session of a call that is over, where no gateway did. A call may never have had a session.

        Raises:
            GatewayMayStillSpeak: the call ended a moment ago; ask again later.
        """
        async with self._database.transaction() as connection:
            session = await store.session_of_call(connection, call_id)
            if session is None:
                return
            turns = await store.count_turns(connection, session.session_id)
        if session.ended_at is None:
            if self._clock.now() < ended_at + self._grace:
                raise GatewayMayStillSpeak(
                    f"The call {call_id} has just ended and its session has not. It is looked at again in a while."
                )
            log.warning("session.abandoned", session_id=str(session.session_id), call_id=str(call_id))
        abandoned = outcome_of_abandoned(outcome, session.closing, turns_of_person=turns[Speaker.PERSON])
        await self._finish(session.session_id, Ending(abandoned, ended_at, cut_off=True))


async def _add_unless_kept(
    connection: AsyncConnection, session: Session, seal: SessionSeal, turn: Turn
) -> SealedTurn | None:
    """Adds a turn to a locked session; None where it is kept already.

    Raises:
        SessionOver, SequenceGap, ContentDiffers: see Sessions.keep_turn.
        IntegrityError: the one that bears its number cannot be opened.
    """
    expected = await store.next_sequence(connection, session.session_id)
    if turn.sequence < expected:
        kept = await store.turn(connection, session.session_id, turn.sequence)
        if kept is not None:
            if seal.open(kept) != turn:
                raise ContentDiffers(turn.sequence)
            return None
    if session.ended_at is not None:
        raise SessionOver(session.session_id)
    if turn.sequence != expected:
        raise SequenceGap("turn", got=turn.sequence, expected=expected)
    sealed = seal.seal(turn)
    await store.add_turn(connection, sealed)
    return sealed


async def _end(
    connection: AsyncConnection,
    session: Session,
    ending: Ending,
    segments: Sequence[KeptSegment],
    seal: SessionSeal,
    now: datetime,
) -> None:
    """Ends a locked session and makes its entry, if there is to be one."""
    # two machines' clocks never agree: a session does not end before it began
    ended_at = max(ending.ended_at, session.started_at)
    await store.end_session(connection, session.session_id, ending.outcome, ended_at)
    turns = await store.count_turns(connection, session.session_id)
    samples_of_person = sum(segment.samples for segment in segments if segment.track is Speaker.PERSON)
    if not makes_an_entry(ending.outcome, turns_of_person=turns[Speaker.PERSON], samples_of_person=samples_of_person):
        return
    entry = Entry(
        entry_id=uuid4(),
        session_id=session.session_id,
        person_id=session.person_id,
        call_id=session.call_id,
        started_at=session.started_at,
        ended_at=ended_at,
        outcome=ending.outcome,
        turns=sum(turns.values()),
        recording_ms=wav.duration_ms(segments),
        cut_off=ending.cut_off,
    )
    await store.add_entry(connection, entry, seal.seal_inventory(entry, segments))
    if turns[Speaker.PERSON]:
        await description_store.put_down(connection, entry.entry_id, now)


def _tell_end(session: Session, outcome: Outcome, entry: Entry | None) -> None:
    metrics.sessions_ended.labels(outcome).inc()
    log.info("session.finished", session_id=str(session.session_id), call_id=str(session.call_id), outcome=outcome)
    if entry is not None:
        metrics.entries_made.inc()
        log.info(
            "entry.created",
            entry_id=str(entry.entry_id),
            call_id=str(entry.call_id),
            person_id=str(entry.person_id),
            turns=entry.turns,
            recording_ms=entry.recording_ms,
        )
