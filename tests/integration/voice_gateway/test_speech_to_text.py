"""The ear, against the emulated recogniser with its limits: no word is lost, none is heard twice."""

from contextlib import aclosing

import grpc
import httpx2
import pytest
from google.cloud.speech_v2 import SpeechAsyncClient
from google.cloud.speech_v2.services.speech.transports import SpeechGrpcAsyncIOTransport

from emulators import google_speech, wordcode
from voice_gateway.exchange import Heard
from voice_gateway.speech_to_text import GoogleSpeechToText

SILENCE = b"\xff"
A_SECOND = 8000


@pytest.fixture
async def recogniser():
    async with google_speech.serve(google_speech.SpeechSettings(engine="wordcode")) as running:
        yield running


@pytest.fixture
async def ear(recogniser):
    channel = grpc.aio.insecure_channel(recogniser.endpoint)
    async with SpeechAsyncClient(transport=SpeechGrpcAsyncIOTransport(channel=channel)) as client:
        speech = GoogleSpeechToText(client, recognizer="projects/p/locations/global/recognizers/_", model="telephony")
        yield speech.listen("en-US")


def numbered(first: int, last: int) -> str:
    return " ".join(f"word{number}" for number in range(first, last + 1))


async def hear(ear, *, until: str) -> list[Heard]:
    heard: list[Heard] = []
    async with aclosing(ear.events()) as events:
        async for event in events:
            if isinstance(event, Heard):
                heard.append(event)
                if event.text.endswith(until):
                    return heard
    raise AssertionError


async def order(recogniser, **fault) -> None:
    async with httpx2.AsyncClient(trust_env=False) as client:
        (await client.post(f"{recogniser.admin_url}/faults", json=fault)).raise_for_status()


async def test_times_are_those_of_the_call(ear):
    ear.feed(SILENCE * A_SECOND * 2 + wordcode.encode("one two three") + SILENCE * A_SECOND)
    [heard] = await hear(ear, until="three")
    assert heard.starts_at_ms == pytest.approx(2_000, abs=200)
    assert heard.ends_at_ms == pytest.approx(3_200, abs=100)


async def test_a_monologue_of_twelve_minutes_without_a_pause(ear):
    ear.feed(wordcode.encode(numbered(1, 1800)) + SILENCE * A_SECOND)
    heard = await hear(ear, until="word1800")
    assert " ".join(part.text for part in heard) == numbered(1, 1800)
    assert len(heard) > 1


async def test_twelve_minutes_of_sentences(ear):
    for number in range(120):
        ear.feed(wordcode.encode(numbered(15 * number + 1, 15 * number + 15)) + SILENCE * A_SECOND)
    heard = await hear(ear, until="word1800")
    assert [part.text for part in heard] == [numbered(15 * n + 1, 15 * n + 15) for n in range(120)]
    ends = [part.ends_at_ms for part in heard]
    assert ends == sorted(ends)
    assert ends[-1] == pytest.approx(120 * 7_000 - 1_000, abs=200)


async def test_a_call_that_is_silent_for_six_minutes(ear):
    ear.feed(SILENCE * A_SECOND * 360 + wordcode.encode("good evening") + SILENCE * A_SECOND)
    [heard] = await hear(ear, until="evening")
    assert heard.starts_at_ms == pytest.approx(360_000, abs=300)


@pytest.mark.parametrize("after_ms", [0, 300, 1_000, 2_345, 3_900])
@pytest.mark.parametrize("kind", ["aborted", "unavailable"])
async def test_a_stream_that_breaks_off_anywhere(ear, recogniser, kind, after_ms):
    await order(recogniser, kind=kind, after_ms=after_ms)
    ear.feed(
        wordcode.encode("one two three four") + SILENCE * A_SECOND + wordcode.encode("five six") + SILENCE * A_SECOND
    )
    heard = await hear(ear, until="six")
    assert [part.text for part in heard] == ["one two three four", "five six"]
