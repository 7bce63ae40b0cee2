"""The journal, as a conversation sees it: what is over is handed in at once and made durable in the background.

A journal that is away for a while costs nothing: turns wait in their order, audio waits unacknowledged, and both go on where they
stood. The longest call bounds how much can wait (16 KB a second of both tracks).
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

import grpc
import structlog
from google.protobuf.timestamp_pb2 import Timestamp

from chassis.errors import Unavailable
from chassis.rpc import trace_metadata
from daybook.journal.v1 import journal_pb2 as pb
from daybook.journal.v1.journal_pb2_grpc import JournalServiceStub
from voice_gateway.attempts import Attempt
from voice_gateway.exchange import Outcome, Purpose, Speaker, Turn
from voice_gateway.metrics import journal_retries
from voice_gateway.recording import Segment
from voice_gateway.two_way import writing

if TYPE_CHECKING:
    from daybook.journal.v1.journal_pb2_grpc import JournalServiceAsyncStub  # it exists for type checkers alone

log = structlog.get_logger()

RETRY_DELAYS_S = (0.1, 0.2, 0.5, 1.0, 2.0)
REQUEST_TIMEOUT_S = 5.0
ACKNOWLEDGED_WITHIN_S = 15.0
_TRANSIENT = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.UNKNOWN,
        grpc.StatusCode.INTERNAL,
    }
)
_SPEAKERS = {Speaker.PERSON: pb.SPEAKER_PERSON, Speaker.DAYBOOK: pb.SPEAKER_DAYBOOK}
_SPEAKER_NAMES = {number: speaker for speaker, number in _SPEAKERS.items()}
_OUTCOMES = {
    Outcome.COMPLETED: pb.SESSION_OUTCOME_COMPLETED,
    Outcome.CUT_SHORT: pb.SESSION_OUTCOME_CUT_SHORT,
    Outcome.SILENT: pb.SESSION_OUTCOME_SILENT,
    Outcome.OPTED_OUT: pb.SESSION_OUTCOME_OPTED_OUT,
    Outcome.VOICEMAIL: pb.SESSION_OUTCOME_VOICEMAIL,
}

ResponseT = TypeVar("ResponseT")


@dataclass(frozen=True)
class OpenedSession:
    """A session, with what is safe of it already: something only where a call goes on after a break."""

    session_id: str
    turns: Sequence[Turn]
    next_sequences: dict[Speaker, int]
    kept_ms: int
    finished: bool


class Journal:
    """A client of the journal's gRPC."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub: JournalServiceAsyncStub = JournalServiceStub(channel)

    async def open_session(
        self, attempt: Attempt, *, person_id: str, started_at: datetime, within_s: float
    ) -> OpenedSession:
        """Opens the session of an attempt's call, or finds it again.

        Raises:
            Unavailable: the journal did not answer within that time.
            grpc.aio.AioRpcError: it refused.
        """
        request = pb.StartSessionRequest(
            call_id=attempt.call_id,
            person_id=person_id,
            started_at=_timestamp(started_at),
            attempt_number=attempt.number,
        )
        try:
            async with asyncio.timeout(within_s):
                response = await _persistently("StartSession", lambda: self._stub.StartSession(request, timeout=2))
        except TimeoutError:
            raise Unavailable("The journal did not open a session in time. Is it running?") from None
        turns = [_turn(turn) for turn in response.turns]
        kept = [position.kept_ms for position in response.tracks] + [turn.ends_at_ms for turn in turns]
        return OpenedSession(
            session_id=response.session_id,
            turns=turns,
            next_sequences={_SPEAKER_NAMES[track.track]: track.next_sequence for track in response.tracks},
            kept_ms=max(kept, default=0),
            finished=response.finished,
        )

    @asynccontextmanager
    async def keeping(self, session_id: str) -> AsyncIterator["Keeper"]:
        """Keeps what is handed in while the block runs, and ends once all of it is durable."""
        keeper = Keeper(self._stub, session_id)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(keeper.send_turns())
            tasks.create_task(keeper.send_audio())
            try:
                yield keeper
            finally:
                keeper.close()


class Keeper:
    """Makes the turns and the audio of one session durable, each in its order. Made by `Journal.keeping`."""

    def __init__(self, stub: "JournalServiceAsyncStub", session_id: str) -> None:
        self._stub = stub
        self._session_id = session_id
        self._turns: deque[Turn] = deque()
        self._segments: deque[Segment] = deque()
        self._outgoing: asyncio.Queue[Segment | None] = asyncio.Queue()
        self._turns_waiting = asyncio.Event()
        self._turns_safe = asyncio.Event()
        self._turns_safe.set()
        self._audio_safe = asyncio.Event()
        self._audio_safe.set()
        self._closed = False

    def keep_turn(self, turn: Turn) -> None:
        self._turns.append(turn)
        self._turns_safe.clear()
        self._turns_waiting.set()

    def keep_audio(self, segments: Sequence[Segment]) -> None:
        for segment in segments:
            self._segments.append(segment)
            self._outgoing.put_nowait(segment)
            self._audio_safe.clear()

    async def turns_safe(self) -> None:
        """Returns once every turn handed in so far is durable."""
        await self._turns_safe.wait()

    async def finish(self, outcome: Outcome, ended_at: datetime) -> None:
        """Ends the session once everything is durable. It waits for the journal for as long as it takes."""
        await self._turns_safe.wait()
        await self._audio_safe.wait()
        request = pb.FinishSessionRequest(
            session_id=self._session_id, outcome=_OUTCOMES[outcome], ended_at=_timestamp(ended_at)
        )
        await _persistently("FinishSession", lambda: self._stub.FinishSession(request, timeout=REQUEST_TIMEOUT_S))

    def close(self) -> None:
        """Nothing more will be handed in."""
        self._closed = True
        self._turns_waiting.set()
        self._outgoing.put_nowait(None)

    async def send_turns(self) -> None:
        while True:
            await self._turns_waiting.wait()
            while self._turns:
                await self._send_turn(self._turns[0])
                self._turns.popleft()
            self._turns_safe.set()
            if self._closed:
                return
            self._turns_waiting.clear()

    async def _send_turn(self, turn: Turn) -> None:
        request = pb.AppendTurnRequest(
            session_id=self._session_id,
            turn=pb.Turn(
                sequence=turn.sequence,
                speaker=_SPEAKERS[turn.speaker],
                text=turn.text,
                purpose=turn.purpose or "",
                starts_at_ms=turn.starts_at_ms,
                ends_at_ms=turn.ends_at_ms,
            ),
        )
        try:
            await _persistently("AppendTurn", lambda: self._stub.AppendTurn(request, timeout=REQUEST_TIMEOUT_S))
        except grpc.aio.AioRpcError as error:
            log.error("turn.refused", sequence=turn.sequence, code=error.code().name)

    async def send_audio(self) -> None:
        """Streams the audio; whenever the stream breaks, what was not acknowledged is sent again on a new one."""
        tries = 0
        while not (self._closed and not self._segments):
            waiting = len(self._segments)
            code = await self._stream_audio()
            if code not in _TRANSIENT:
                log.error("audio.refused", code=code.name, segments=len(self._segments))
                self._segments.clear()
                self._audio_safe.set()
                return
            if not self._segments:
                continue
            tries = 0 if len(self._segments) < waiting else tries + 1
            journal_retries.labels("AppendAudio").inc()
            log.warning("audio.resent", code=code.name, segments=len(self._segments))
            await asyncio.sleep(RETRY_DELAYS_S[min(tries, len(RETRY_DELAYS_S) - 1)])

    async def _stream_audio(self) -> grpc.StatusCode:
        """Sends what waits and what comes on one stream, until that ends; returns by which code it did."""
        outgoing: asyncio.Queue[Segment | None] = asyncio.Queue()
        for segment in (*self._segments, *([None] if self._closed else [])):
            outgoing.put_nowait(segment)
        self._outgoing = outgoing
        call = self._stub.AppendAudio(None, metadata=trace_metadata())
        try:
            async with writing(call, self._audio_requests(outgoing)):
                while True:
                    async with asyncio.timeout(ACKNOWLEDGED_WITHIN_S):
                        answer = await call.read()
                    if not isinstance(answer, pb.AppendAudioResponse):
                        return grpc.StatusCode.UNAVAILABLE
                    self._acknowledge(_SPEAKER_NAMES[answer.position.track], answer.position.next_sequence)
        except grpc.aio.AioRpcError as error:
            return error.code()
        except TimeoutError:
            return grpc.StatusCode.DEADLINE_EXCEEDED

    async def _audio_requests(self, outgoing: "asyncio.Queue[Segment | None]") -> AsyncGenerator[pb.AppendAudioRequest]:
        while (segment := await outgoing.get()) is not None:
            yield pb.AppendAudioRequest(
                session_id=self._session_id,
                track=_SPEAKERS[segment.track],
                sequence=segment.sequence,
                starts_at_ms=segment.starts_at_ms,
                audio=segment.audio,
            )

    def _acknowledge(self, track: Speaker, next_sequence: int) -> None:
        waiting = [s for s in self._segments if s.track is not track or s.sequence >= next_sequence]
        self._segments = deque(waiting)
        if not waiting:
            self._audio_safe.set()


async def _persistently(request: str, send: Callable[[], Awaitable[ResponseT]]) -> ResponseT:
    """Sends until there is an answer.

    Raises:
        grpc.aio.AioRpcError: the journal refused for good.
    """
    tries = 0
    while True:
        try:
            return await send()
        except grpc.aio.AioRpcError as error:
            if error.code() not in _TRANSIENT:
                raise
            journal_retries.labels(request).inc()
            log.warning("journal.awaited", request=request, code=error.code().name)
        await asyncio.sleep(RETRY_DELAYS_S[min(tries, len(RETRY_DELAYS_S) - 1)])
        tries += 1


def _turn(turn: pb.Turn) -> Turn:
    return Turn(
        sequence=turn.sequence,
        speaker=_SPEAKER_NAMES[turn.speaker],
        text=turn.text,
        purpose=Purpose(turn.purpose) if turn.purpose else None,
        starts_at_ms=turn.starts_at_ms,
        ends_at_ms=turn.ends_at_ms,
    )


def _timestamp(moment: datetime) -> Timestamp:
    timestamp = Timestamp()
    timestamp.FromDatetime(moment)
    return timestamp
