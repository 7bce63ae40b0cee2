"""Text-to-Speech as the client of google-cloud-texttospeech sees it."""

import asyncio
import io
import wave
from collections.abc import AsyncIterator, Iterable
from typing import Any

import httpx2
import pytest
from google.api_core import exceptions
from google.cloud.texttospeech_v1 import TextToSpeechAsyncClient, types

from emulators import mulaw, wordcode

Encoding = types.AudioEncoding
VOICE = types.VoiceSelectionParams(language_code="en-US", name="en-US-Chirp3-HD-Kore")


async def synthesize(
    client: TextToSpeechAsyncClient,
    text: str = "How was your day?",
    voice: types.VoiceSelectionParams = VOICE,
    **audio: Any,
) -> bytes:
    config = types.AudioConfig(**{"audio_encoding": Encoding.MULAW, "sample_rate_hertz": 8000} | audio)
    response = await client.synthesize_speech(
        input=types.SynthesisInput(text=text), voice=voice, audio_config=config, retry=None, timeout=5
    )
    return bytes(response.audio_content)


def configuration(voice: types.VoiceSelectionParams = VOICE, **audio: Any) -> types.StreamingSynthesizeRequest:
    config = types.StreamingAudioConfig(**{"audio_encoding": Encoding.MULAW, "sample_rate_hertz": 8000} | audio)
    return types.StreamingSynthesizeRequest(
        streaming_config=types.StreamingSynthesizeConfig(voice=voice, streaming_audio_config=config)
    )


def said(text: str) -> types.StreamingSynthesizeRequest:
    return types.StreamingSynthesizeRequest(input=types.StreamingSynthesisInput(text=text))


async def stream(
    client: TextToSpeechAsyncClient,
    requests: Iterable[types.StreamingSynthesizeRequest],
    *,
    into: list[bytes] | None = None,
    then: asyncio.Event | None = None,
) -> list[bytes]:
    """Sends the requests, keeps the client's side open until `then`, and collects the chunks."""

    async def sending() -> AsyncIterator[types.StreamingSynthesizeRequest]:
        for request in requests:
            yield request
        if then is not None:
            await then.wait()

    chunks = [] if into is None else into
    try:
        async for response in await client.streaming_synthesize(requests=sending(), timeout=5):
            chunks.append(bytes(response.audio_content))
    finally:
        if then is not None:
            then.set()
    return chunks


async def test_mulaw_is_answered_as_a_wav_file(tts_client: TextToSpeechAsyncClient) -> None:
    audio = await synthesize(tts_client, "How was your day?")
    assert audio[:4] == b"RIFF"
    assert audio[8:16] == b"WAVEfmt "
    assert int.from_bytes(audio[20:22], "little") == 7
    assert audio[36:40] == b"data"
    assert int.from_bytes(audio[40:44], "little") == len(audio) - 44 == 4 * 400 * 8
    assert wordcode.decode(audio[44:]) == "How was your day?"


async def test_linear16_is_answered_as_a_wav_file_and_pcm_without_one(tts_client: TextToSpeechAsyncClient) -> None:
    linear = await synthesize(tts_client, audio_encoding=Encoding.LINEAR16)
    with wave.open(io.BytesIO(linear)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
        frames = file.readframes(file.getnframes())
    assert await synthesize(tts_client, audio_encoding=Encoding.PCM) == frames
    assert mulaw.decode(wordcode.encode("How was your day?")).tobytes() == frames


async def test_alaw_is_answered_as_a_wav_file(tts_client: TextToSpeechAsyncClient) -> None:
    audio = await synthesize(tts_client, audio_encoding=Encoding.ALAW)
    assert int.from_bytes(audio[20:22], "little") == 6
    assert audio[-1] == 0xD5  # A-law's silence


async def test_a_stream_answers_each_text_as_bare_samples(tts_client: TextToSpeechAsyncClient) -> None:
    texts = ["How was your day? Take your time.", "I am listening."]
    chunks = await stream(tts_client, [configuration(), *map(said, texts)])
    assert wordcode.decode(b"".join(chunks)) == " ".join(texts)
    assert max(map(len, chunks)) == 4000
    chunks = await stream(tts_client, [configuration(audio_encoding=Encoding.PCM), said("Good night.")])
    assert b"".join(chunks) == mulaw.decode(wordcode.encode("Good night.")).tobytes()
    assert await stream(tts_client, []) == []


async def test_the_listed_voices_speak(tts_client: TextToSpeechAsyncClient) -> None:
    listed = (await tts_client.list_voices(language_code="en-GB")).voices
    assert len(listed) == 30
    assert len((await tts_client.list_voices()).voices) == 150
    voice = types.VoiceSelectionParams(language_code=listed[0].language_codes[0], name=listed[0].name)
    assert wordcode.decode(await synthesize(tts_client, "Hello.", voice)) == "Hello."
    unnamed = types.VoiceSelectionParams(language_code="en-US")
    assert wordcode.decode(await synthesize(tts_client, "Hello.", unnamed)) == "Hello."


WRONG_VOICES = [
    (types.VoiceSelectionParams(), "`voice.language_code` is required"),
    (types.VoiceSelectionParams(language_code="en-US", name="en-US-Kore"), "'en-US-Kore' does not exist"),
    (types.VoiceSelectionParams(language_code="en-GB", name=VOICE.name), "language code 'en-GB' doesn't match"),
]


@pytest.mark.parametrize(("voice", "text"), WRONG_VOICES, ids=[text for _, text in WRONG_VOICES])
async def test_a_wrong_voice_is_refused(
    tts_client: TextToSpeechAsyncClient, voice: types.VoiceSelectionParams, text: str
) -> None:
    with pytest.raises(exceptions.InvalidArgument) as refused:
        await synthesize(tts_client, "Hello.", voice)
    assert text in str(refused.value)
    with pytest.raises(exceptions.InvalidArgument) as refused:
        await stream(tts_client, [configuration(voice)], then=asyncio.Event())
    assert text in str(refused.value)


WRONG_AUDIO = [
    ({"audio_encoding": Encoding.MP3}, "audio_encoding`: this emulator"),
    ({"audio_encoding": 0}, "audio_encoding`: this emulator"),
    ({"sample_rate_hertz": 24000}, "sample_rate_hertz`: this emulator speaks at 8000 Hz only"),
    ({"speaking_rate": 1.5}, "speaking_rate`: this emulator speaks at rate 1.0 only"),
]


@pytest.mark.parametrize(("audio", "text"), WRONG_AUDIO, ids=[str(audio) for audio, _ in WRONG_AUDIO])
async def test_an_audio_format_that_it_cannot_make_is_refused(
    tts_client: TextToSpeechAsyncClient, audio: dict[str, Any], text: str
) -> None:
    with pytest.raises(exceptions.InvalidArgument) as refused:
        await synthesize(tts_client, **audio)
    assert text in str(refused.value)
    with pytest.raises(exceptions.InvalidArgument) as refused:
        await stream(tts_client, [configuration(**audio)], then=asyncio.Event())
    assert text in str(refused.value)


async def test_effects_are_refused(tts_client: TextToSpeechAsyncClient) -> None:
    with pytest.raises(exceptions.InvalidArgument, match="knows no pitch"):
        await synthesize(tts_client, pitch=2.0)


WRONG_TEXTS = [
    ("", "`input.text` is empty"),
    ("word " * 1001, "longer than the limit of 5000 bytes"),
    ("w" * 256, "a word of 256 bytes cannot be spoken"),
]


@pytest.mark.parametrize(("text", "problem"), WRONG_TEXTS, ids=[problem for _, problem in WRONG_TEXTS])
async def test_a_wrong_text_is_refused_and_the_service_serves_on(
    tts_client: TextToSpeechAsyncClient, text: str, problem: str
) -> None:
    with pytest.raises(exceptions.InvalidArgument) as refused:
        await synthesize(tts_client, text)
    assert problem in str(refused.value)
    with pytest.raises(exceptions.InvalidArgument) as refused:
        await stream(tts_client, [configuration(), said(text)], then=asyncio.Event())
    assert problem in str(refused.value)
    assert wordcode.decode(await synthesize(tts_client, "Still here.")) == "Still here."


async def test_five_thousand_bytes_are_spoken(tts_client: TextToSpeechAsyncClient) -> None:
    text = "word " * 999 + "words"
    assert wordcode.decode(await synthesize(tts_client, text)) == text


@pytest.mark.parametrize(
    ("requests", "text"),
    [
        ([said("Too early.")], "first message of the stream must contain a streaming_config"),
        ([types.StreamingSynthesizeRequest()], "first message of the stream must contain a streaming_config"),
        ([configuration(), configuration()], "Only the first message"),
    ],
    ids=["no configuration", "empty", "two configurations"],
)
async def test_messages_out_of_order_are_refused(
    tts_client: TextToSpeechAsyncClient, requests: list[types.StreamingSynthesizeRequest], text: str
) -> None:
    with pytest.raises(exceptions.InvalidArgument) as refused:
        await stream(tts_client, requests, then=asyncio.Event())
    assert text in str(refused.value)


async def test_a_stream_ends_when_no_input_comes_for_five_seconds(tts_client: TextToSpeechAsyncClient) -> None:
    with pytest.raises(exceptions.Aborted, match="long duration elapsed without input sent"):
        await stream(tts_client, [configuration()], then=asyncio.Event())


async def test_faults_befall_both_ways_of_speaking(
    tts_client: TextToSpeechAsyncClient, tts_admin: httpx2.AsyncClient
) -> None:
    await tts_admin.post("/faults", json={"kind": "unavailable"})
    with pytest.raises(exceptions.ServiceUnavailable):
        await synthesize(tts_client)
    await tts_admin.post("/faults", json={"kind": "resource_exhausted"})
    with pytest.raises(exceptions.ResourceExhausted):
        await stream(tts_client, [configuration()], then=asyncio.Event())
    assert await synthesize(tts_client)


async def test_a_stream_may_break_in_the_middle_of_a_sentence(
    tts_client: TextToSpeechAsyncClient, tts_admin: httpx2.AsyncClient
) -> None:
    await tts_admin.post("/faults", json={"kind": "internal", "after_ms": 800})
    chunks: list[bytes] = []
    with pytest.raises(exceptions.InternalServerError):
        await stream(tts_client, [configuration(), said("one two three four")], into=chunks, then=asyncio.Event())
    assert wordcode.decode(b"".join(chunks)) == "one two"
