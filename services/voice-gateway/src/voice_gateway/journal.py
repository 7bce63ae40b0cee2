"""The journal, as a conversation sees it: a session is opened, with what is safe of it already, and kept while it runs."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import grpc
import structlog

from chassis.errors import Unavailable
from chassis.rpc import Token
from daybook.journal.v1 import journal_pb2 as pb
from daybook.journal.v1.journal_pb2_grpc import JournalServiceStub
from voice_gateway.attempts import Attempt
from voice_gateway.exchange import Outcome, Purpose, Speaker, Turn
from voice_gateway.keeper import OUTCOME_NAMES, SPEAKER_NAMES, Keeper, persistently, timestamp
from voice_gateway.media import BYTES_PER_MS, SILENCE
from voice_gateway.spool import Room, Spool
from voice_gateway.standing import standing_after

if TYPE_CHECKING:
    from daybook.journal.v1.journal_pb2_grpc import JournalServiceAsyncStub  # it exists for type checkers alone

log = structlog.get_logger()

HEARD_AGAIN_MS = 240_000
"""No utterance is longer: a recogniser that hears one for so long is made to settle its words."""
HEARD_AGAIN_WITHIN_S = 10.0
"""How long what is said now waits for what was said before. Daybook hears nobody meanwhile."""
READ_TRIED_FOR_S = 5.0
READ_WITHIN_S = 1.0
START_TRIED_FOR_S = 4.0
"""A busy journal is not asked anew while it works on the answer."""
ENDS_AFTER_S = (0.05, 0.1, 0.2, 0.4)


@dataclass(frozen=True)
class OpenedSession:
    """A session, with what is safe of it already: something only where a call goes on after a break.

    Attributes:
        closing: how it was about to end, if its last words were due.
    """

    session_id: str
    turns: Sequence[Turn]
    next_sequences: dict[Speaker, int]
    kept_ms: int
    finished: bool
    closing: Outcome | None

    @property
    def settled_ms(self) -> int:
        """Up to where what the person said is in words, or lies too far back to be heard again."""
        said = [turn.ends_at_ms for turn in self.turns if turn.speaker is Speaker.PERSON]
        return min(self.kept_ms, max([0, self.kept_ms - HEARD_AGAIN_MS, *said]))


class Journal:
    """A client of the journal's gRPC.

    Args:
        room: for what waits while it is away.
        token: shown with streams of audio; other calls have it by the channel.
    """

    def __init__(self, channel: grpc.aio.Channel, room: Room, token: Token) -> None:
        self._token = token
        self._room = room
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
            started_at=timestamp(started_at),
            attempt_number=attempt.number,
        )
        try:
            async with asyncio.timeout(within_s):
                response = await persistently(
                    "StartSession", lambda: self._stub.StartSession(request, timeout=START_TRIED_FOR_S)
                )
        except TimeoutError:
            raise Unavailable("The journal did not open a session in time. Is it running?") from None
        turns = [_turn(turn) for turn in response.turns]
        # a journal of the release before tells no ends
        kept = [max(position.kept_ms, position.ends_at_ms) for position in response.tracks]
        kept += [turn.ends_at_ms for turn in turns]
        return OpenedSession(
            session_id=response.session_id,
            turns=turns,
            next_sequences={SPEAKER_NAMES[track.track]: track.next_sequence for track in response.tracks},
            kept_ms=max(kept, default=0),
            finished=response.finished,
            closing=OUTCOME_NAMES.get(response.closing),
        )

    async def is_over(self, call_id: str, person_id: str) -> bool:
        """Whether the session of a call has ended; False where the journal does not know, or does not say.

        After the last words were heard it is about to be, by the gateway that said them, unless that one is gone.
        """
        request = pb.ReadSessionRequest(call_id=call_id, person_id=person_id)
        for delay_s in (*ENDS_AFTER_S, None):
            try:
                session = await self._stub.ReadSession(request, timeout=READ_WITHIN_S)
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.NOT_FOUND:
                    log.warning("session.not_read", code=error.code().name)
                return False
            closed = standing_after([_turn(turn) for turn in session.turns]).closed
            if session.finished or not closed or delay_s is None:
                return session.finished
            await asyncio.sleep(delay_s)
        return False

    async def said_by_person(self, session_id: str, from_ms: int, to_ms: int) -> bytes:
        """What is kept of the person's track between two moments; silence where it cannot be had in time.

        A journal that is away is asked again until then: what that was would never become words.
        """
        request = pb.ReadTrackRequest(session_id=session_id, track=pb.SPEAKER_PERSON, from_ms=from_ms, to_ms=to_ms)
        audio = b""
        try:
            async with asyncio.timeout(HEARD_AGAIN_WITHIN_S):
                audio = await persistently("ReadTrack", lambda: self._track(request))
        except TimeoutError:
            log.warning("speech.not_heard_again", code="DEADLINE_EXCEEDED", from_ms=from_ms, to_ms=to_ms)
        except grpc.aio.AioRpcError as error:
            log.warning("speech.not_heard_again", code=error.code().name, from_ms=from_ms, to_ms=to_ms)
        return audio.ljust((to_ms - from_ms) * BYTES_PER_MS, SILENCE)

    async def _track(self, request: pb.ReadTrackRequest) -> bytes:
        return b"".join([response.audio async for response in self._stub.ReadTrack(request, timeout=READ_TRIED_FOR_S)])

    @asynccontextmanager
    async def keeping(self, session_id: str) -> AsyncIterator["Keeper"]:
        """Keeps what is handed in while the block runs, and ends once all of it is durable."""
        keeper = Keeper(self._stub, session_id, Spool(self._room), self._token)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(keeper.send_turns())
                tasks.create_task(keeper.send_audio())
                try:
                    yield keeper
                finally:
                    keeper.close()
        finally:
            keeper.account()


def _turn(turn: pb.Turn) -> Turn:
    return Turn(
        sequence=turn.sequence,
        speaker=SPEAKER_NAMES[turn.speaker],
        text=turn.text,
        purpose=Purpose(turn.purpose) if turn.purpose else None,
        starts_at_ms=turn.starts_at_ms,
        ends_at_ms=turn.ends_at_ms,
    )
