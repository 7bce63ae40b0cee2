"""The real engines behind the protocols: what one emulator says, the other understands."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import cast

import grpc
import pytest
from google.cloud.speech_v2 import SpeechAsyncClient
from google.cloud.speech_v2 import types as speech_types
from google.cloud.speech_v2.services.speech.transports import SpeechGrpcAsyncIOTransport
from google.cloud.texttospeech_v1 import TextToSpeechAsyncClient
from google.cloud.texttospeech_v1 import types as tts_types
from google.cloud.texttospeech_v1.services.text_to_speech.transports import TextToSpeechGrpcAsyncIOTransport
from word_errors import word_error_rate

from emulators import google_speech, google_tts, mulaw

SENTENCES = [
    "I walked by the river this morning, and I felt calm for the first time in weeks.",
    "My sister called about the garden, and we laughed a lot.",
]


async def spoken(voice: str) -> bytes:
    settings = google_tts.TtsSettings(voice=voice)
    request = tts_types.SynthesizeSpeechRequest(
        voice=tts_types.VoiceSelectionParams(language_code="en-US"),
        audio_config=tts_types.AudioConfig(audio_encoding=tts_types.AudioEncoding.MULAW, sample_rate_hertz=8000),
    )
    pause = mulaw.silence(timedelta(seconds=1))
    audio = pause
    async with google_tts.serve(settings) as running, grpc.aio.insecure_channel(running.endpoint) as channel:
        client = TextToSpeechAsyncClient(transport=TextToSpeechGrpcAsyncIOTransport(channel=channel))
        for sentence in SENTENCES:
            request.input = tts_types.SynthesisInput(text=sentence)
            audio += (await client.synthesize_speech(request)).audio_content[44:] + pause
    return audio


@pytest.mark.parametrize("voice", ["hibari:heart", "hibari:deep"])
async def test_what_the_voice_says_the_ears_understand(voice: str) -> None:
    audio = await spoken(voice)
    guessed = asyncio.Event()

    async def sending() -> AsyncIterator[speech_types.StreamingRecognizeRequest]:
        yield speech_types.StreamingRecognizeRequest(
            recognizer="projects/daybook/locations/us/recognizers/_",
            streaming_config=speech_types.StreamingRecognitionConfig(
                config=speech_types.RecognitionConfig(
                    explicit_decoding_config={"encoding": 2, "sample_rate_hertz": 8000, "audio_channel_count": 1},
                    model="chirp_3",
                    language_codes=["en-US"],
                ),
                streaming_features={"interim_results": True, "enable_voice_activity_events": True},
            ),
        )
        # it guesses while it waits for more
        for at in range(0, 4 * 8000, 1600):
            yield speech_types.StreamingRecognizeRequest(audio=audio[at : at + 1600])
        await guessed.wait()
        for at in range(4 * 8000, len(audio), 1600):
            yield speech_types.StreamingRecognizeRequest(audio=audio[at : at + 1600])

    async with (
        google_speech.serve(google_speech.SpeechSettings()) as running,
        grpc.aio.insecure_channel(running.endpoint) as channel,
    ):
        client = SpeechAsyncClient(transport=SpeechGrpcAsyncIOTransport(channel=channel))
        responses = []
        async for response in await client.streaming_recognize(requests=sending()):
            responses.append(response)
            if response.results:
                guessed.set()
    results = [result for response in responses for result in response.results]
    heard = "".join(result.alternatives[0].transcript for result in results if result.is_final)
    assert word_error_rate(" ".join(SENTENCES), heard) <= 0.2
    assert not results[0].is_final
    ends = [cast("timedelta", result.result_end_offset) for result in results if result.is_final]
    assert ends == sorted(ends)
    assert mulaw.duration(len(audio)) - timedelta(seconds=2) < ends[-1] <= mulaw.duration(len(audio))
