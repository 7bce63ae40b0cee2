"""The emulator of Google Text-to-Speech: its gRPC port, its admin port, and the voice between them."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
from google.cloud.texttospeech_v1 import types

from emulators import mulaw
from emulators.errors import UnspeakableText
from emulators.faults import FaultQueue, GrpcFault, admin_app
from emulators.google_tts import formats, rules
from emulators.program import EmulatorSettings, Running
from emulators.refusals import BreakingPoint, Refused, fault_befalls, invalid
from emulators.serving import serving_grpc, serving_http
from emulators.voices import Voice, make_voice

_SERVICE = "google.cloud.texttospeech.v1.TextToSpeech"
_CHUNK_BYTES = 500 * mulaw.BYTES_PER_MS
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")

StreamContext = grpc.aio.ServicerContext[types.StreamingSynthesizeRequest, types.StreamingSynthesizeResponse]
UnaryContext = grpc.aio.ServicerContext[types.SynthesizeSpeechRequest, types.SynthesizeSpeechResponse]


class TtsSettings(EmulatorSettings):
    voice: str = "hibari:heart"


class TtsService:
    """`google.cloud.texttospeech.v1.TextToSpeech`: unary, streaming, and the list of voices."""

    def __init__(self, voice: Voice, settings: TtsSettings, faults: FaultQueue[GrpcFault]) -> None:
        self._voice = voice
        self._settings = settings
        self._faults = faults

    def handler(self) -> "grpc.GenericRpcHandler[Any, Any]":
        return grpc.method_handlers_generic_handler(
            _SERVICE,
            {
                "SynthesizeSpeech": grpc.unary_unary_rpc_method_handler(
                    self._synthesize_speech,
                    request_deserializer=types.SynthesizeSpeechRequest.deserialize,
                    response_serializer=types.SynthesizeSpeechResponse.serialize,
                ),
                "StreamingSynthesize": grpc.stream_stream_rpc_method_handler(
                    self._streaming_synthesize,
                    request_deserializer=types.StreamingSynthesizeRequest.deserialize,
                    response_serializer=types.StreamingSynthesizeResponse.serialize,
                ),
                "ListVoices": grpc.unary_unary_rpc_method_handler(
                    self._list_voices,
                    request_deserializer=types.ListVoicesRequest.deserialize,
                    response_serializer=types.ListVoicesResponse.serialize,
                ),
            },
        )

    async def _list_voices(self, request: types.ListVoicesRequest, _context: object) -> types.ListVoicesResponse:
        return rules.voices(request)

    async def _synthesize_speech(
        self, request: types.SynthesizeSpeechRequest, context: UnaryContext
    ) -> types.SynthesizeSpeechResponse:
        try:
            if (fault := self._faults.next()) is not None:
                raise await fault_befalls(fault.kind)
            speech = await self._speak(rules.read_request(request))
        except Refused as refusal:
            await context.abort(refusal.code, refusal.text)
        audio = formats.synthesized(speech, request.audio_config.audio_encoding)
        return types.SynthesizeSpeechResponse(audio_content=audio)

    async def _streaming_synthesize(self, _requests: object, context: StreamContext) -> None:
        try:
            await self._stream(context, BreakingPoint(self._faults.next()))
        except Refused as refusal:
            await context.abort(refusal.code, refusal.text)

    async def _stream(self, context: StreamContext, breaking: BreakingPoint) -> None:
        """Speaks each input as it comes, sentence by sentence, so that the first is heard while the next is made."""
        await breaking.reached(0)
        first = await self._read(context)
        if first is None:
            return
        encoding = rules.read_configuration(first).streaming_audio_config.audio_encoding
        spoken_bytes = 0
        while (request := await self._read(context)) is not None:
            for sentence in _SENTENCE_END.split(rules.read_input(request).strip()):
                speech = await self._speak(sentence)
                for at in range(0, len(speech), _CHUNK_BYTES):
                    chunk = speech[at : at + _CHUNK_BYTES]
                    audio = formats.streamed(chunk, encoding)
                    await context.write(types.StreamingSynthesizeResponse(audio_content=audio))
                    spoken_bytes += len(chunk)
                    await breaking.reached(spoken_bytes)

    async def _read(self, context: StreamContext) -> types.StreamingSynthesizeRequest | None:
        """The next message, or None where the client has closed its side."""
        try:
            async with asyncio.timeout(self._settings.real(rules.MAX_WITHOUT_INPUT)):
                message = await context.read()
        except TimeoutError:
            raise rules.without_input() from None
        return message if isinstance(message, types.StreamingSynthesizeRequest) else None

    async def _speak(self, text: str) -> bytes:
        try:
            return await asyncio.to_thread(self._voice.speak, text)
        except UnspeakableText as error:
            raise invalid(f"Field `input.text`: {error}.") from error


@asynccontextmanager
async def serve(settings: TtsSettings) -> AsyncIterator[Running]:
    """Serves while the block runs.

    Raises:
        UnknownVoice: the setting names no voice.
        OSError: a port is taken.
    """
    voice = await asyncio.to_thread(make_voice, settings.voice)
    faults = FaultQueue(GrpcFault)
    service = TtsService(voice, settings, faults)
    async with (
        serving_grpc(service.handler(), host=settings.host, port=settings.port) as port,
        serving_http(admin_app(faults), host=settings.host, port=settings.admin_port) as admin_port,
    ):
        yield Running(settings.host, port, admin_port)
