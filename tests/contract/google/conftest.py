"""The emulators of Google, in this process, and the clients that Google publishes."""

from collections.abc import AsyncIterator

import grpc
import httpx2
import pytest
from google.cloud.speech_v2 import SpeechAsyncClient
from google.cloud.speech_v2.services.speech.transports import SpeechGrpcAsyncIOTransport
from google.cloud.texttospeech_v1 import TextToSpeechAsyncClient
from google.cloud.texttospeech_v1.services.text_to_speech.transports import TextToSpeechGrpcAsyncIOTransport

from daybook_cli.supervisor import NO_AUTHORITIES
from emulators import gemini, google_speech, google_tts
from emulators.program import Running

FAST = 20.0
"""How much faster than real these tests run; what a test decides by is the order of events and never the time."""


@pytest.fixture
async def speech() -> AsyncIterator[Running]:
    settings = google_speech.SpeechSettings(engine=google_speech.Engine.WORDCODE, time_factor=FAST)
    async with google_speech.serve(settings) as running:
        yield running


@pytest.fixture
async def speech_client(speech: Running) -> AsyncIterator[SpeechAsyncClient]:
    async with grpc.aio.insecure_channel(speech.endpoint) as channel:
        yield SpeechAsyncClient(transport=SpeechGrpcAsyncIOTransport(channel=channel))


@pytest.fixture
async def speech_admin(speech: Running) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=speech.admin_url, verify=NO_AUTHORITIES) as client:
        yield client


@pytest.fixture
async def tts() -> AsyncIterator[Running]:
    settings = google_tts.TtsSettings(voice="wordcode", time_factor=FAST)
    async with google_tts.serve(settings) as running:
        yield running


@pytest.fixture
async def tts_client(tts: Running) -> AsyncIterator[TextToSpeechAsyncClient]:
    async with grpc.aio.insecure_channel(tts.endpoint) as channel:
        yield TextToSpeechAsyncClient(transport=TextToSpeechGrpcAsyncIOTransport(channel=channel))


@pytest.fixture
async def tts_admin(tts: Running) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=tts.admin_url, verify=NO_AUTHORITIES) as client:
        yield client


@pytest.fixture
async def gemini_scripted() -> AsyncIterator[Running]:
    settings = gemini.GeminiSettings(engine=gemini.Engine.SCRIPTED, time_factor=FAST)
    async with gemini.serve(settings) as running:
        yield running


@pytest.fixture
async def gemini_honest() -> AsyncIterator[Running]:
    async with gemini.serve(gemini.GeminiSettings(time_factor=FAST)) as running:
        yield running


@pytest.fixture
async def gemini_admin(gemini_scripted: Running) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=gemini_scripted.admin_url, verify=NO_AUTHORITIES) as client:
        yield client
