"""The keeper of one session: makes its turns and its audio durable in the journal, in the background.

A journal that is away costs nothing for a while: what was handed in waits, sealed, in the session's spool, and goes on where
it stood. The keeper does not give up while its process lives. What is lost because the process had to go, or because the
journal refused it, is counted and told.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

import grpc
import structlog
from google.protobuf.timestamp_pb2 import Timestamp

from chassis.rpc import Token, call_metadata
from daybook.journal.v1 import journal_pb2 as pb
from voice_gateway.exchange import Outcome, Speaker, Turn
from voice_gateway.metrics import journal_retries, lost_s, lost_turns
from voice_gateway.recording import Segment
from voice_gateway.spool import Spool
from voice_gateway.two_way import writing

if TYPE_CHECKING:
    from daybook.journal.v1.journal_pb2_grpc import JournalServiceAsyncStub  # it exists for type checkers alone

log = structlog.get_logger()

RETRY_DELAYS_S = (0.1, 0.2, 0.5, 1.0, 2.0)
REQUEST_TIMEOUT_S = 5.0
ACKNOWLEDGED_WITHIN_S = 15.0
TURNS_OF_ANOTHER = 3
"""So many turns another gateway, which had the call before, may have kept after this one had read them."""
SPEAKERS = {Speaker.PERSON: pb.SPEAKER_PERSON, Speaker.DAYBOOK: pb.SPEAKER_DAYBOOK}
SPEAKER_NAMES = {number: speaker for speaker, number in SPEAKERS.items()}
_TRANSIENT = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.UNKNOWN,
        grpc.StatusCode.INTERNAL,
    }
)
_OUTCOMES = {
    Outcome.COMPLETED: pb.SESSION_OUTCOME_COMPLETED,
    Outcome.CUT_SHORT: pb.SESSION_OUTCOME_CUT_SHORT,
    Outcome.SILENT: pb.SESSION_OUTCOME_SILENT,
    Outcome.OPTED_OUT: pb.SESSION_OUTCOME_OPTED_OUT,
    Outcome.VOICEMAIL: pb.SESSION_OUTCOME_VOICEMAIL,
}

OUTCOME_NAMES = {number: outcome for outcome, number in _OUTCOMES.items()}

ResponseT = TypeVar("ResponseT")


class Keeper:
    """Makes the turns and the audio of one session durable, each in its order. Made by `Journal.keeping`."""

    def __init__(self, stub: "JournalServiceAsyncStub", session_id: str, spool: Spool, token: Token) -> None:
        self._stub = stub
        self._token = token
        self._session_id = session_id
        self._spool = spool
        self._turns_waiting = asyncio.Event()
        self._turns_safe = asyncio.Event()
        self._turns_safe.set()
        self._audio_waiting = asyncio.Event()
        self._audio_safe = asyncio.Event()
        self._audio_safe.set()
        self._to_end = asyncio.Event()
        self._turns_of_another = 0
        self._closing: Outcome | None = None
        self._closed = False

    def keep_turn(self, turn: Turn) -> None:
        self._spool.add_turn(turn)
        self._turns_safe.clear()
        self._turns_waiting.set()

    def begin_closing(self, outcome: Outcome) -> None:
        """The last words come next: that is to be durable as a turn is, before they are said."""
        self._closing = outcome
        self._turns_safe.clear()
        self._turns_waiting.set()

    def keep_audio(self, segments: Sequence[Segment]) -> None:
        for segment in segments:
            if self._spool.add_audio(segment):
                self._audio_safe.clear()
                self._audio_waiting.set()
        if self._spool.is_to_end and not self._to_end.is_set():
            log.error("spool.filling", session_id=self._session_id, segments=self._spool.segments)
            self._to_end.set()

    async def turns_safe(self) -> None:
        """Returns once every turn handed in so far is durable."""
        await self._turns_safe.wait()

    async def until_to_end(self) -> None:
        """Returns once the call is to be ended: the journal is away, and soon there would be no room for what is said."""
        await self._to_end.wait()

    async def finish(self, outcome: Outcome, ended_at: datetime) -> None:
        """Ends the session once everything is durable. It waits for the journal for as long as it takes."""
        await self._turns_safe.wait()
        await self._audio_safe.wait()
        request = pb.FinishSessionRequest(
            session_id=self._session_id, outcome=_OUTCOMES[outcome], ended_at=timestamp(ended_at)
        )
        await persistently("FinishSession", lambda: self._stub.FinishSession(request, timeout=REQUEST_TIMEOUT_S))

    def close(self) -> None:
        """Nothing more will be handed in."""
        self._closed = True
        self._spool.ends()
        self._turns_waiting.set()
        self._audio_waiting.set()

    def account(self) -> None:
        """Nothing more will be sent: tells what is lost, if anything is."""
        lost = self._spool.remainder()
        self._spool.give_up()
        if not lost:
            return
        for track, audio_ms in lost.audio_ms.items():
            lost_s.labels(track).inc(audio_ms / 1000)
        lost_turns.inc(lost.turns)
        log.error(
            "session.lost_some",
            session_id=self._session_id,
            turns=lost.turns,
            **{f"{track}_audio_s": audio_ms / 1000 for track, audio_ms in lost.audio_ms.items()},
        )

    async def send_turns(self) -> None:
        while True:
            await self._turns_waiting.wait()
            while not self._turns_safe.is_set():
                await self._send_what_waits()
            if self._closed:
                return
            self._turns_waiting.clear()

    async def _send_what_waits(self) -> None:
        while (turn := self._spool.first_turn()) is not None:
            if await self._send_turn(turn):
                self._spool.acknowledge_turn()
            else:
                self._spool.give_up_turn()
        if self._closing is None:
            self._turns_safe.set()
            return
        outcome, self._closing = self._closing, None
        await self._send_closing(outcome)

    async def _send_closing(self, outcome: Outcome) -> None:
        request = pb.BeginClosingRequest(session_id=self._session_id, outcome=_OUTCOMES[outcome])
        try:
            await persistently("BeginClosing", lambda: self._stub.BeginClosing(request, timeout=REQUEST_TIMEOUT_S))
        except grpc.aio.AioRpcError as error:
            log.error("closing.refused", session_id=self._session_id, code=error.code().name)

    async def _send_turn(self, turn: Turn) -> bool:
        """Whether it is durable, under its number or, where another gateway's turn has that, a later one."""
        for ahead in range(self._turns_of_another, TURNS_OF_ANOTHER + 1):
            code = await self._append_turn(replace(turn, sequence=turn.sequence + ahead))
            if code is grpc.StatusCode.OK:
                self._turns_of_another = ahead
                return True
            log.error("turn.refused", sequence=turn.sequence + ahead, code=code.name)
            if code is not grpc.StatusCode.FAILED_PRECONDITION:
                break
        return False

    async def _append_turn(self, turn: Turn) -> grpc.StatusCode:
        request = pb.AppendTurnRequest(
            session_id=self._session_id,
            turn=pb.Turn(
                sequence=turn.sequence,
                speaker=SPEAKERS[turn.speaker],
                text=turn.text,
                purpose=turn.purpose or "",
                starts_at_ms=turn.starts_at_ms,
                ends_at_ms=turn.ends_at_ms,
            ),
        )
        try:
            await persistently("AppendTurn", lambda: self._stub.AppendTurn(request, timeout=REQUEST_TIMEOUT_S))
        except grpc.aio.AioRpcError as error:
            return error.code()
        return grpc.StatusCode.OK

    async def send_audio(self) -> None:
        """Streams the audio; whenever the stream breaks, what was not acknowledged is sent again on a new one."""
        tries = 0
        while not (self._closed and not self._spool.segments):
            waiting = self._spool.segments
            code = await self._stream_audio()
            if code not in _TRANSIENT:
                log.error("audio.refused", code=code.name, segments=self._spool.segments)
                self._spool.give_up_audio()
                self._audio_safe.set()
                return
            if not self._spool.segments:
                continue
            tries = 0 if self._spool.segments < waiting else tries + 1
            journal_retries.labels("AppendAudio").inc()
            log.warning("audio.resent", code=code.name, segments=self._spool.segments)
            await asyncio.sleep(RETRY_DELAYS_S[min(tries, len(RETRY_DELAYS_S) - 1)])

    async def _stream_audio(self) -> grpc.StatusCode:
        """Sends what waits and what comes on one stream, until that ends; returns by which code it did."""
        call = self._stub.AppendAudio(None, metadata=call_metadata(self._token))
        try:
            async with writing(call, self._audio_requests()):
                while True:
                    async with asyncio.timeout(ACKNOWLEDGED_WITHIN_S):
                        answer = await call.read()
                    if not isinstance(answer, pb.AppendAudioResponse):
                        return grpc.StatusCode.UNAVAILABLE
                    self._acknowledge(SPEAKER_NAMES[answer.position.track], answer.position.next_sequence)
        except grpc.aio.AioRpcError as error:
            return error.code()
        except TimeoutError:
            return grpc.StatusCode.DEADLINE_EXCEEDED

    async def _audio_requests(self) -> AsyncGenerator[pb.AppendAudioRequest]:
        """What waits, then what comes, each opened at the moment it is written; ends once nothing more will come."""
        sent: dict[Speaker, int] = {}
        while True:
            self._audio_waiting.clear()
            while (segment := self._spool.audio_after(sent)) is not None:
                sent[segment.track] = segment.sequence
                yield pb.AppendAudioRequest(
                    session_id=self._session_id,
                    track=SPEAKERS[segment.track],
                    sequence=segment.sequence,
                    starts_at_ms=segment.starts_at_ms,
                    audio=segment.audio,
                )
            if self._closed:
                return
            await self._audio_waiting.wait()

    def _acknowledge(self, track: Speaker, next_sequence: int) -> None:
        self._spool.acknowledge(track, next_sequence)
        if not self._spool.segments:
            self._audio_safe.set()


async def persistently(request: str, send: Callable[[], Awaitable[ResponseT]]) -> ResponseT:
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


def timestamp(moment: datetime) -> Timestamp:
    written = Timestamp()
    written.FromDatetime(moment)
    return written
