"""Google's clients: the real services with credentials, or emulators where an endpoint is set. The protocol is the same."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import google.auth
import grpc
import httpx2
import structlog
from google.api_core.client_options import ClientOptions
from google.auth.exceptions import GoogleAuthError
from google.cloud.speech_v2 import SpeechAsyncClient
from google.cloud.speech_v2.services.speech.transports import SpeechGrpcAsyncIOTransport
from google.cloud.texttospeech_v1 import TextToSpeechAsyncClient
from google.cloud.texttospeech_v1.services.text_to_speech.transports import TextToSpeechGrpcAsyncIOTransport
from google.genai import Client
from google.genai.types import HttpOptions, HttpRetryOptions

from chassis.errors import SettingsError
from voice_gateway.settings import Settings
from voice_gateway.speech_to_text import GoogleSpeechToText
from voice_gateway.streams import Speech
from voice_gateway.text_to_speech import GoogleTextToSpeech
from voice_gateway.verdict import CONNECTED_FOR_S, DEADLINE_S, GeminiJudge

log = structlog.get_logger()

EMULATED_PROJECT = "emulated"
GEMINI_API_VERSION = "v1beta"


@asynccontextmanager
async def open_speech(settings: Settings) -> AsyncIterator[Speech]:
    """Google's three parts, their channels open, while the block runs.

    Raises:
        SettingsError: a real part is to be used, and there are no credentials for it, or no project.
    """
    recognizer = f"projects/{await _project(settings)}/locations/{settings.speech_location}/recognizers/_"
    try:
        to_text, from_text = _speech_client(settings), _text_to_speech_client(settings)
    except GoogleAuthError:
        raise _no_credentials() from None
    limits = httpx2.Limits(keepalive_expiry=CONNECTED_FOR_S)
    async with to_text, from_text, httpx2.AsyncClient(timeout=DEADLINE_S, limits=limits) as http:
        gemini = Client(
            api_key=settings.gemini_api_key.get_secret_value(),
            http_options=HttpOptions(
                base_url=str(settings.gemini_base_url) if settings.gemini_base_url else None,
                api_version=GEMINI_API_VERSION,
                timeout=round(DEADLINE_S * 1000),
                retry_options=HttpRetryOptions(attempts=1),
                httpx_async_client=http,
            ),
        )
        try:
            yield Speech(
                to_text=GoogleSpeechToText(to_text, recognizer=recognizer, model=settings.speech_model),
                from_text=GoogleTextToSpeech(from_text, voice=settings.voice),
                judge=GeminiJudge(gemini, model=settings.gemini_model),
            )
        finally:
            gemini.close()


async def tell_parties(settings: Settings, speech: Speech) -> None:
    """Logs which outside party is real and which is emulated, and whether Gemini has the model for this key."""
    emulated = {
        "speech_to_text": settings.google_speech_endpoint,
        "text_to_speech": settings.google_tts_endpoint,
        "gemini": settings.gemini_base_url,
    }
    log.info("parties.known", **{name: "emulated" if endpoint else "real" for name, endpoint in emulated.items()})
    await speech.judge.check()


def _speech_client(settings: Settings) -> SpeechAsyncClient:
    if settings.google_speech_endpoint:
        channel = grpc.aio.insecure_channel(settings.google_speech_endpoint)
        return SpeechAsyncClient(transport=SpeechGrpcAsyncIOTransport(channel=channel))
    prefix = "" if settings.speech_location == "global" else f"{settings.speech_location}-"
    return SpeechAsyncClient(client_options=ClientOptions(api_endpoint=f"{prefix}speech.googleapis.com"))


def _text_to_speech_client(settings: Settings) -> TextToSpeechAsyncClient:
    if settings.google_tts_endpoint:
        channel = grpc.aio.insecure_channel(settings.google_tts_endpoint)
        return TextToSpeechAsyncClient(transport=TextToSpeechGrpcAsyncIOTransport(channel=channel))
    return TextToSpeechAsyncClient()


async def _project(settings: Settings) -> str:
    if settings.google_cloud_project is not None:
        return settings.google_cloud_project
    if settings.google_speech_endpoint:
        return EMULATED_PROJECT
    try:
        # it reads files and may ask the metadata server, so it does not run on the loop
        _, project = await asyncio.to_thread(google.auth.default)
    except GoogleAuthError:
        raise _no_credentials() from None
    if not project:
        raise SettingsError("The credentials name no project: set GOOGLE_CLOUD_PROJECT.")
    return str(project)


def _no_credentials() -> SettingsError:
    return SettingsError(
        "There are no Google credentials. Set GOOGLE_APPLICATION_CREDENTIALS to a service account's key file, or use "
        "emulators by GOOGLE_SPEECH_ENDPOINT and GOOGLE_TTS_ENDPOINT."
    )
