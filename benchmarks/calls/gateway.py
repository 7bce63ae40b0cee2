"""The gateway's way of a media stream, with all of ours and none of the services: from the websocket through line, session,
conversation and recording, to an ear, a voice, a judge and a keeper that cost next to nothing.

It prints its port once it serves.
"""

import asyncio
import gc
import logging
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
import uvloop
from starlette.applications import Starlette

from benchmarks.calls.one_core import take_the_servers
from benchmarks.calls.scene import PIECE_MS, REPLY_MS, SENTENCE_MS
from benchmarks.calls.understanding import Understanding
from chassis.program import serving_http
from voice_gateway.conversation import Conversation
from voice_gateway.exchange import AskVerdict, Heard, Hearing, Outcome, SpeechBegan, SpeechEnded, Turn, Verdict
from voice_gateway.line import Line
from voice_gateway.media import BYTES_PER_MS
from voice_gateway.pace import Pace
from voice_gateway.programme_files import programme_for
from voice_gateway.programmes import Programme
from voice_gateway.recording import Recording, Segment
from voice_gateway.session import Senses, Session
from voice_gateway.speech_to_text import Ear, SpeechEvent
from voice_gateway.text_to_speech import TextToSpeech
from voice_gateway.verdict import Judge
from voice_gateway.wire import media_sockets

PIECE = b"\x55" * (PIECE_MS * BYTES_PER_MS)
LONGEST_CALL_MS = 3_600_000


class DummyEar:
    """Hears the same sentence at the end of every cycle."""

    def __init__(self) -> None:
        self._understanding = Understanding()
        self._speaking = False
        self._events: asyncio.Queue[SpeechEvent | None] = asyncio.Queue()

    def feed(self, audio: bytes, *, is_sound: bool = False) -> None:  # noqa: ARG002 - the sentence comes anyway
        for told in self._understanding.feed(len(audio) // BYTES_PER_MS):
            if not self._speaking:
                self._events.put_nowait(SpeechBegan(told.at_ms))
            self._speaking = not told.is_final
            if told.is_final:
                self._events.put_nowait(SpeechEnded(told.at_ms))
                self._events.put_nowait(Heard(told.text, told.at_ms - SENTENCE_MS, told.at_ms))
            else:
                self._events.put_nowait(Hearing(told.text, told.at_ms))

    def finish(self) -> None:
        self._events.put_nowait(None)

    async def events(self) -> AsyncGenerator[SpeechEvent]:
        while (event := await self._events.get()) is not None:
            yield event


class DummyVoice:
    """Has everything ready, at one length."""

    async def speak(self, text: str, locale: str) -> AsyncGenerator[bytes]:  # noqa: ARG002 - whatever it is
        for _ in range(0, REPLY_MS, PIECE_MS):
            yield PIECE

    speak_once = speak

    async def prepare(self, text: str, locale: str) -> None:
        pass

    async def learn(self, prompts: Sequence[tuple[str, str]]) -> None:
        pass


class DummyJudge:
    """Has each sentence answered by one of Daybook's, without end."""

    async def judge(self, asked: AskVerdict, programme: Sequence[str]) -> Verdict | None:  # noqa: ARG002
        return Verdict.ASKS_SOMETHING

    async def check(self) -> None:
        pass

    async def connect(self) -> None:
        pass


class DummyKeeper:
    """Keeps nothing."""

    def keep_turn(self, turn: Turn) -> None:
        pass

    def begin_closing(self, outcome: Outcome) -> None:
        pass

    def keep_audio(self, segments: Sequence[Segment]) -> None:
        pass

    async def turns_safe(self) -> None:
        pass

    async def until_to_end(self) -> None:
        await asyncio.Event().wait()

    async def finish(self, outcome: Outcome, ended_at: datetime) -> None:
        pass


@dataclass(frozen=True)
class Parts:
    """What one call is held with."""

    programme: Programme
    ear: Ear
    voice: TextToSpeech
    judge: Judge
    keeper: DummyKeeper


class Streams:
    """Holds a conversation on every line.

    Args:
        parts: makes those of a call.
    """

    def __init__(self, parts: Callable[[], Parts]) -> None:
        self._parts = parts

    def admits(self, signature: str | None) -> bool:  # noqa: ARG002 - no call is let in by its signature here
        return True

    async def serve(self, line: Line) -> None:
        await line.await_start(5)
        parts = self._parts()
        session = Session(
            line,
            Conversation(parts.programme, greeting=parts.programme.greeting_for(""), max_ms=LONGEST_CALL_MS),
            Recording(starts_at_ms=0, next_sequences={}),
            Senses(parts.programme, parts.ear, 0, parts.voice, parts.judge),
            parts.keeper,  # type: ignore[arg-type]  # the real one has no interface of its own
            Pace(3, time.monotonic()),
            on_opt_out=_nothing,
            on_hang_up=_nothing,
            on_no_speech=_nothing_of,
            started_s=time.monotonic(),
        )
        await session.run()


def _nothing() -> None:
    pass


def _nothing_of(_reason: str) -> None:
    pass


def begin_as_a_program() -> None:
    """What `run_program` does with every service of Daybook's before it serves, but that it logs errors alone."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    gc.collect()
    gc.freeze()


async def serve(parts: Callable[[], Parts]) -> None:
    """Serves until the process ends."""
    async with serving_http(Starlette(), "127.0.0.1", 0, websockets=media_sockets(Streams(parts))) as port:
        print(port, flush=True)
        await asyncio.Event().wait()


def dummies() -> Parts:
    return Parts(programme_for("en-US", "Daybook"), DummyEar(), DummyVoice(), DummyJudge(), DummyKeeper())


if __name__ == "__main__":
    take_the_servers()
    begin_as_a_program()
    uvloop.run(serve(dummies))
