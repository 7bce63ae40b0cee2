"""What is spoken while it is being prepared: asked for once, heard as it comes."""

import asyncio
from contextlib import aclosing

import pytest
from google.api_core.exceptions import ServiceUnavailable
from google.cloud.texttospeech_v1.types import cloud_tts as api

from voice_gateway.errors import SpeechUnavailable
from voice_gateway.text_to_speech import CACHED_PROMPTS, GoogleTextToSpeech


class SlowVoice:
    """Google's client and its one call, whose audio comes when the test has it come."""

    def __init__(self):
        self.asked = 0
        self.asked_for = asyncio.Event()
        self.audio: asyncio.Queue[bytes | Exception | None] = asyncio.Queue()

    async def streaming_synthesize(self, **_options):
        self.asked += 1
        self.asked_for.set()
        return self

    async def write(self, _request):
        pass

    async def done_writing(self):
        pass

    def cancel(self):
        return True

    async def read(self):
        answer = await self.audio.get()
        if isinstance(answer, Exception):
            raise answer
        return None if answer is None else api.StreamingSynthesizeResponse(audio_content=answer)


@pytest.fixture
def client():
    return SlowVoice()


@pytest.fixture
def voice(client):
    return GoogleTextToSpeech(client, voice="Aoede")


async def test_what_is_being_prepared_is_heard_as_it_comes_and_asked_for_once(voice, client):
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(voice.prepare("Hello.", "en-US"))
        await client.asked_for.wait()
        async with aclosing(voice.speak("Hello.", "en-US")) as pieces:
            client.audio.put_nowait(b"a")
            assert await anext(pieces) == b"a"
            client.audio.put_nowait(b"b")
            client.audio.put_nowait(None)
            assert [piece async for piece in pieces] == [b"b"]
    assert [piece async for piece in voice.speak("Hello.", "en-US")] == [b"a", b"b"]
    await voice.prepare("Hello.", "en-US")
    assert client.asked == 1


async def test_who_speaks_what_could_not_be_prepared_is_told_and_asks_anew(voice, client):
    preparing = asyncio.create_task(voice.prepare("Hello.", "en-US"))
    await client.asked_for.wait()
    client.audio.put_nowait(b"a")
    client.audio.put_nowait(ServiceUnavailable("away"))
    with pytest.raises(SpeechUnavailable):
        [piece async for piece in voice.speak("Hello.", "en-US")]
    with pytest.raises(SpeechUnavailable):
        await preparing
    for answer in (b"a", None):
        client.audio.put_nowait(answer)
    assert [piece async for piece in voice.speak("Hello.", "en-US")] == [b"a"]
    assert client.asked == 2


async def test_a_preparation_that_is_dropped_holds_nobody_up(voice, client):
    preparing = asyncio.create_task(voice.prepare("Hello.", "en-US"))
    await client.asked_for.wait()
    async with aclosing(voice.speak("Hello.", "en-US")) as pieces:
        client.audio.put_nowait(b"a")
        assert await anext(pieces) == b"a"
        preparing.cancel()
        with pytest.raises(SpeechUnavailable):
            await anext(pieces)


async def test_what_is_said_in_every_call_is_not_forgotten_for_what_is_said_once(voice, client):
    for _ in range(CACHED_PROMPTS + 2):
        client.audio.put_nowait(b"a")
        client.audio.put_nowait(None)
    await voice.learn([("How was your day?", "en-US")])
    for number in range(CACHED_PROMPTS + 1):
        await voice.prepare(f"Hello {number}.", "en-US")
    assert [piece async for piece in voice.speak("How was your day?", "en-US")] == [b"a"]
    assert client.asked == CACHED_PROMPTS + 2
