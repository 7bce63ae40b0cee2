"""A session looks at the quiet when a wait is over, to the frame: whatever moment the person fell silent at."""

import asyncio
import base64
import json
import time

import pytest

from voice_gateway.conversation import Conversation
from voice_gateway.exchange import AskVerdict, Heard, SpeechEnded
from voice_gateway.keeper import Keeper
from voice_gateway.line import Line
from voice_gateway.pace import Pace
from voice_gateway.playout import PIECE_MS
from voice_gateway.programme_files import programme_for
from voice_gateway.recording import Recording
from voice_gateway.session import Senses, Session
from voice_gateway.spool import Room, Spool
from voice_gateway.waiting import QUIET_BEFORE_VERDICT_MS

SPEECH, SILENCE = b"\x10" * 160, b"\xff" * 160
MEDIA_FORMAT = {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
START = json.dumps(
    {"event": "start", "streamSid": "MZ1", "start": {"callSid": "CA1", "mediaFormat": MEDIA_FORMAT}}
).encode()
PROGRAMME = programme_for("en-US", "Daybook")


class Outside:
    """A `Socket` to a carrier that plays what it gets in no time."""

    unsent_bytes = 0

    def __init__(self) -> None:
        self.marks: list[bytes] = []

    def send(self, message: bytes) -> None:
        if json.loads(message)["event"] == "mark":
            self.marks.append(message)

    def hold(self) -> None: ...

    def resume(self) -> None: ...

    def close(self, code: int) -> None: ...


class Ear:
    def __init__(self) -> None:
        self.told: asyncio.Queue[SpeechEnded | Heard] = asyncio.Queue()

    def feed(self, audio: bytes, *, is_sound: bool = False) -> None: ...

    def finish(self) -> None: ...

    async def events(self):
        while True:
            yield await self.told.get()


class Voice:
    async def speak(self, text: str, locale: str):
        yield SILENCE


class Judge:
    """Tells how long it had been quiet when it was asked."""

    def __init__(self) -> None:
        self.silence_ms: int | None = None

    async def judge(self, asked: AskVerdict, programme) -> None:
        self.silence_ms = asked.silence_ms


class Journal:
    """Has everything safe at once."""

    async def AppendTurn(self, request, timeout: float) -> None: ...  # noqa: ASYNC109 - it is gRPC's


class Call:
    """A session, and the person's frames one after the other."""

    def __init__(self) -> None:
        self.ear, self.judge = Ear(), Judge()
        self.now_ms = 0
        self._outside = Outside()
        self._line = Line(self._outside)
        self._line.receive(START)

    async def hold(self) -> None:
        await self._line.await_start(5)
        keeper = Keeper(Journal(), "", Spool(Room(1_000_000)), lambda: "a token")
        session = Session(
            self._line,
            Conversation(PROGRAMME, greeting="Hello.", max_ms=3_600_000),
            Recording(starts_at_ms=0, next_sequences={}),
            Senses(PROGRAMME, self.ear, 0, Voice(), self.judge),
            keeper,
            Pace(1_000_000, time.monotonic()),
            on_opt_out=lambda: None,
            on_hang_up=lambda: None,
            on_no_speech=lambda reason: None,
            started_s=time.monotonic(),
        )
        async with asyncio.TaskGroup() as group:
            group.create_task(keeper.send_turns())
            group.create_task(session.run())

    async def send(self, audio: bytes, times: int = 1) -> None:
        for _ in range(times):
            media = {"timestamp": str(self.now_ms), "payload": base64.b64encode(audio).decode()}
            self._line.receive(json.dumps({"event": "media", "media": media}).encode())
            self.now_ms += PIECE_MS
            await self.settle()
            marks, self._outside.marks = self._outside.marks, []
            for mark in marks:
                self._line.receive(mark)

    async def settle(self) -> None:
        """Whatever follows follows at once."""
        for _ in range(10):
            await asyncio.sleep(0)


@pytest.fixture
async def call():
    it = Call()
    running = asyncio.create_task(it.hold())
    yield it
    running.cancel()
    await asyncio.wait([running])


@pytest.mark.parametrize("longer", range(5))
@pytest.mark.parametrize("told_after_ms", [300, 320, 1_400])
async def test_a_verdict_is_asked_for_when_it_has_been_quiet_for_long_enough(call, longer, told_after_ms):
    await call.send(SILENCE, 50)
    await call.send(SPEECH, 40 + longer)
    ended_ms = call.now_ms
    await call.send(SILENCE, told_after_ms // PIECE_MS)
    call.ear.told.put_nowait(SpeechEnded(ended_ms))
    call.ear.told.put_nowait(Heard("I went for a walk.", ended_ms - 800, ended_ms))
    await call.send(SILENCE, (QUIET_BEFORE_VERDICT_MS - told_after_ms) // PIECE_MS - 1)
    assert call.judge.silence_ms is None
    await call.send(SILENCE)
    assert call.judge.silence_ms == QUIET_BEFORE_VERDICT_MS


@pytest.mark.parametrize("longer", range(5))
async def test_a_verdict_is_asked_for_at_once_where_the_words_come_after_that(call, longer):
    await call.send(SILENCE, 50)
    await call.send(SPEECH, 40)
    ended_ms = call.now_ms
    call.ear.told.put_nowait(SpeechEnded(ended_ms))
    await call.send(SILENCE, QUIET_BEFORE_VERDICT_MS // PIECE_MS + longer)
    assert call.judge.silence_ms is None
    call.ear.told.put_nowait(Heard("I went for a walk.", ended_ms - 800, ended_ms))
    await call.settle()
    assert call.judge.silence_ms == call.now_ms - ended_ms
