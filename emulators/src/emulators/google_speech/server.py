"""The emulator of Google Speech: its gRPC port, its admin port, and the ears between them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Any

import grpc
from google.cloud.speech_v2 import types
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from emulators.errors import NoRealVoices
from emulators.faults import FaultQueue, GrpcFault, admin_app
from emulators.google_speech.ears import Hearing
from emulators.google_speech.stream import Context, Stream
from emulators.google_speech.wordcode_ears import WordcodeHearing
from emulators.program import EmulatorSettings, Running
from emulators.refusals import BreakingPoint, Refused
from emulators.serving import serving_grpc, serving_http


class Engine(StrEnum):
    """Which ears listen: Whisper hears people, wordcode reads what tests say."""

    WHISPER = "whisper"
    WORDCODE = "wordcode"


class SpeechSettings(EmulatorSettings):
    engine: Engine = Engine.WHISPER


class SpeechService:
    """`google.cloud.speech.v2.Speech`, as far as a telephone call needs it."""

    def __init__(self, hearing: Hearing, settings: SpeechSettings, faults: FaultQueue[GrpcFault]) -> None:
        self._hearing = hearing
        self._settings = settings
        self._faults = faults
        self._opened = 0
        self._open = 0

    def handler(self) -> "grpc.GenericRpcHandler[Any, Any]":
        recognize = grpc.stream_stream_rpc_method_handler(
            self._streaming_recognize,
            request_deserializer=types.StreamingRecognizeRequest.deserialize,
            response_serializer=types.StreamingRecognizeResponse.serialize,
        )
        return grpc.method_handlers_generic_handler("google.cloud.speech.v2.Speech", {"StreamingRecognize": recognize})

    async def _streaming_recognize(self, _requests: object, context: Context) -> None:
        self._opened += 1
        self._open += 1
        try:
            await Stream(context, self._hearing, self._settings, BreakingPoint(self._faults.next())).run()
        except Refused as refusal:
            await context.abort(refusal.code, refusal.text)
        finally:
            self._open -= 1

    async def streams(self, _request: Request) -> Response:
        """`GET /streams` of the admin port."""
        return JSONResponse({"opened": self._opened, "open": self._open})


@asynccontextmanager
async def serve(settings: SpeechSettings) -> AsyncIterator[Running]:
    """Serves while the block runs.

    Raises:
        OSError: a port is taken.
        NoRealVoices: Whisper is asked for, and its packages are not installed.
    """
    hearing = await asyncio.to_thread(_hearing, settings.engine)
    faults = FaultQueue(GrpcFault)
    service = SpeechService(hearing, settings, faults)
    admin = admin_app(faults, Route("/streams", service.streams))
    try:
        async with (
            serving_grpc(service.handler(), host=settings.host, port=settings.port) as port,
            serving_http(admin, host=settings.host, port=settings.admin_port) as admin_port,
        ):
            yield Running(settings.host, port, admin_port)
    finally:
        await asyncio.to_thread(hearing.close)


def _hearing(engine: Engine) -> Hearing:
    if engine is Engine.WORDCODE:
        return WordcodeHearing()
    try:
        from emulators.google_speech.whisper_ears import WhisperHearing  # noqa: PLC0415 - its packages are an extra
    except ModuleNotFoundError as error:
        raise NoRealVoices(error.name) from None
    return WhisperHearing()
