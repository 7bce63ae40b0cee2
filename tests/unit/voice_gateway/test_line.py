"""A line ends its own call, with a reason, where the other side is as good as gone or is not to be borne."""

import asyncio
import json
from contextvars import ContextVar

import pytest

from voice_gateway.errors import MalformedFrame, StreamBroken, StreamRefused
from voice_gateway.line import MALFORMED_FRAMES_BORNE, MOST_EARLY, MOST_UNSENT_BYTES, SILENT_LOOKS, UNREAD_LOOKS, Line
from voice_gateway.media import Audio, MarkReached

pytestmark = pytest.mark.asyncio

START = json.dumps(
    {
        "event": "start",
        "streamSid": "MZ1",
        "start": {"callSid": "CA1", "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}},
    }
).encode()
AUDIO = b'{"event":"media","media":{"timestamp":"20","payload":"////"}}'


class Outside:
    """A `Socket` to somebody who reads only when `takes` is asked to."""

    def __init__(self):
        self.unsent_bytes = 0
        self.sent: list[bytes] = []
        self.held = False
        self.closed_with: int | None = None

    def send(self, message: bytes) -> None:
        self.sent.append(message)
        self.unsent_bytes += len(message)

    def takes(self, size: int) -> None:
        self.unsent_bytes -= min(size, self.unsent_bytes)

    def hold(self) -> None:
        self.held = True

    def resume(self) -> None:
        self.held = False

    def close(self, code: int) -> None:
        self.closed_with = code


@pytest.fixture
def outside() -> Outside:
    return Outside()


@pytest.fixture
def line(outside) -> Line:
    return Line(outside)


async def given_up(call) -> str:
    """Why it was."""
    with pytest.raises(StreamBroken) as caught:
        await call
    return caught.value.reason


async def listening(line: Line, hear) -> "asyncio.Task[None]":
    task = asyncio.create_task(line.listen(hear))
    await asyncio.sleep(0)  # it begins to
    return task


async def test_frames_are_heard_where_they_arrive_and_in_the_order_of_their_coming(line):
    heard = []
    line.receive(START)
    assert (await line.await_start(5)).stream_sid == "MZ1"
    line.receive(AUDIO)  # early: nobody listens yet
    call = await listening(line, heard.append)
    line.receive(b'{"event":"mark","mark":{"name":"m"}}')
    assert heard == [Audio(20, b"\xff\xff\xff"), MarkReached("m")], "no task had to be woken up"
    line.gone()
    await call


async def test_who_listens_hears_in_a_context_of_its_own(line):
    call_id: ContextVar[str] = ContextVar("call_id", default="none")
    heard = []

    async def a_call() -> None:
        call_id.set("this one")
        await line.listen(lambda _: heard.append(call_id.get()))

    task = asyncio.create_task(a_call())
    await asyncio.sleep(0)
    line.receive(AUDIO)
    line.gone()
    await task
    assert heard == ["this one"]


async def test_what_comes_too_early_is_held_back_at_the_other_side(line, outside):
    for _ in range(MOST_EARLY):
        assert not outside.held
        line.receive(AUDIO)
    assert outside.held
    heard = []
    call = await listening(line, heard.append)
    assert not outside.held
    assert len(heard) == MOST_EARLY
    line.gone()
    await call


async def test_a_stream_that_closes_before_its_start_is_refused(line):
    line.gone()
    with pytest.raises(StreamRefused):
        await line.await_start(5)


async def test_a_stream_that_never_starts_is_refused(line):
    line.receive(b'{"event":"connected","protocol":"Call","version":"1.0.0"}')
    with pytest.raises(StreamRefused) as caught:
        await line.await_start(0)
    assert caught.value.reason == "no_start"


async def test_silence_that_is_sent_is_none_and_nothing_at_all_is(line):
    call = await listening(line, lambda _: None)
    for _ in range(SILENT_LOOKS * 2):
        line.receive(AUDIO)
        line.look()
    assert not call.done()
    for _ in range(SILENT_LOOKS):
        line.look()
    assert await given_up(call) == "silent"


async def test_who_takes_nothing_of_what_is_sent_is_given_up(line, outside):
    call = await listening(line, lambda _: None)
    line.send_audio(b"\xff" * 16_000)
    for _ in range(UNREAD_LOOKS * 2):
        outside.takes(1)  # slow, and there
        line.receive(AUDIO)
        line.look()
    assert not call.done()
    for _ in range(UNREAD_LOOKS):
        line.receive(AUDIO)
        line.look()
    assert await given_up(call) == "unread"


async def test_what_waits_for_the_other_side_is_bounded(line, outside):
    call = await listening(line, lambda _: None)
    while outside.unsent_bytes <= MOST_UNSENT_BYTES:
        assert not call.done()
        line.send_audio(b"\xff" * 16_000)
    assert await given_up(call) == "unread"


async def test_a_few_malformed_messages_are_borne(line):
    def nothing_is_right(_frame):
        raise MalformedFrame("media.timestamp", "It is wrong.")

    call = await listening(line, nothing_is_right)
    for number in range(MALFORMED_FRAMES_BORNE):
        line.receive(AUDIO if number % 2 else b"nonsense")
    assert not call.done()
    line.receive(b"nonsense")
    assert await given_up(call) == "unreadable"


async def test_a_fault_of_who_listens_ends_that_call_and_is_not_swallowed(line):
    def fails(_frame):
        raise RuntimeError("a fault of ours")

    call = await listening(line, fails)
    line.receive(AUDIO)
    with pytest.raises(RuntimeError):
        await call
    line.receive(AUDIO)  # nobody listens any more


async def test_a_second_of_audio_is_one_message(line, outside):
    line.receive(START)
    await line.await_start(5)
    line.send_audio(b"\xff" * 20_000)
    line.send_mark("m")
    line.clear("c")
    sent = ["media", "media", "media", "mark", "mark", "clear"]
    assert [json.loads(message)["event"] for message in outside.sent] == sent
    assert {json.loads(message)["streamSid"] for message in outside.sent} == {"MZ1"}
