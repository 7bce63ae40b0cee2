"""The ear, against the emulated recogniser with its limits: no word is lost, none is heard twice."""

import asyncio
from contextlib import aclosing
from random import Random

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


async def test_a_stream_that_takes_audio_and_says_nothing_is_left(ear, recogniser):
    await order(recogniser, kind="hang", after_ms=1_000)
    said = wordcode.encode(numbered(1, 60)) + SILENCE * A_SECOND
    answers = asyncio.Event()

    async def speak():
        ear.feed(said[: 2 * A_SECOND], is_sound=True)
        await answers.wait()  # the stream is open, and was well until now
        ear.feed(said[2 * A_SECOND :], is_sound=True)

    heard = []
    async with asyncio.TaskGroup() as tasks, aclosing(ear.events()) as events:
        tasks.create_task(speak())
        async for event in events:
            answers.set()
            if isinstance(event, Heard):
                heard.append(event.text)
                if event.text.endswith("word60"):
                    break
    assert " ".join(heard) == numbered(1, 60)


async def hears_all_of_a_monologue_that_is_broken_off(ear, recogniser, seed):
    """Seven minutes and more, in streams of which one after the other breaks off at a random moment."""
    chance = Random(seed)
    breaks = [(chance.choice(["aborted", "unavailable", "internal"]), chance.randint(0, 60_000)) for _ in range(12)]
    for kind, after_ms in breaks:
        await order(recogniser, kind=kind, after_ms=after_ms)
    said, number = [], 0
    while number < 1100:
        length = chance.randint(1, 60)
        said.append(numbered(number + 1, number + length))
        number += length
        ear.feed(wordcode.encode(said[-1]) + SILENCE * chance.randint(100, 2 * A_SECOND))
    ear.feed(SILENCE * A_SECOND)
    heard = await hear(ear, until=f"word{number}")
    assert " ".join(part.text for part in heard) == " ".join(said), breaks
    ends = [part.ends_at_ms for part in heard]
    assert ends == sorted(ends)


async def test_a_monologue_whose_streams_break_off_at_random_moments(ear, recogniser):
    await hears_all_of_a_monologue_that_is_broken_off(ear, recogniser, seed=1)


@pytest.mark.endurance
@pytest.mark.parametrize("seed", range(60))
async def test_many_monologues_whose_streams_break_off_at_random_moments(ear, recogniser, seed):
    await hears_all_of_a_monologue_that_is_broken_off(ear, recogniser, seed)
