"""How Daybook speaks, by Google Text-to-Speech: streamed µ-law at 8 kHz, and what was said once is not asked for again."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any, Protocol

import structlog
from google.api_core.exceptions import GoogleAPICallError
from google.cloud.texttospeech_v1 import TextToSpeechAsyncClient
from google.cloud.texttospeech_v1.types import cloud_tts as api

from voice_gateway.errors import SpeechUnavailable
from voice_gateway.two_way import writing

log = structlog.get_logger()

AUDIO_WITHIN_S = 3.0
"""How long the first piece, and each one after it, may take."""
PROMPT_WITHIN_S = 60.0
CACHED_PROMPTS = 256


class TextToSpeech(Protocol):
    def speak(self, text: str, locale: str) -> AsyncGenerator[bytes]:
        """The text as µ-law 8 kHz without a header, in pieces as they come.

        Raises:
            SpeechUnavailable: there is no audio, or no more, in time.
        """
        ...

    async def learn(self, texts: Sequence[str], locale: str) -> None:
        """Prepares what will be said often."""
        ...


class GoogleTextToSpeech:
    """
    Args:
        client: with a channel that is open.
        voice: the character of a Chirp 3 HD voice, e.g. `Aoede`; it speaks every locale.
    """

    def __init__(self, client: TextToSpeechAsyncClient, *, voice: str) -> None:
        self._client = client
        self._voice = voice
        self._spoken: OrderedDict[tuple[str, str], list[bytes]] = OrderedDict()

    async def speak(self, text: str, locale: str) -> AsyncGenerator[bytes]:
        spoken = self._spoken.get((text, locale))
        if spoken is not None:
            self._spoken.move_to_end((text, locale))
            for piece in spoken:
                yield piece
            return
        pieces: list[bytes] = []
        async with aclosing(self._synthesize(text, locale)) as synthesized:
            async for piece in synthesized:
                pieces.append(piece)
                yield piece
        self._spoken[text, locale] = pieces
        if len(self._spoken) > CACHED_PROMPTS:
            self._spoken.popitem(last=False)

    async def learn(self, texts: Sequence[str], locale: str) -> None:
        """Says these to nobody, so that a person will not have to wait for them. What fails now is asked for when it is due."""
        learned = 0
        for text in texts:
            try:
                async for _ in self.speak(text, locale):
                    pass
                learned += 1
            except SpeechUnavailable as error:
                log.warning("prompt.not_learned", reason=str(error))
        log.info("prompts.learned", prompts=learned)

    async def _synthesize(self, text: str, locale: str) -> AsyncGenerator[bytes]:
        try:
            async with asyncio.timeout(AUDIO_WITHIN_S):
                # typed as an iterable, it is a call that can be written and read
                call: Any = await self._client.streaming_synthesize(retry=None, timeout=PROMPT_WITHIN_S)
            async with writing(call, self._requests(text, locale)):
                while (piece := await _next_piece(call)) is not None:
                    yield piece
        except GoogleAPICallError as error:
            code = error.grpc_status_code.name if error.grpc_status_code else "UNKNOWN"
            raise SpeechUnavailable(f"Google Text-to-Speech did not speak a prompt ({code}).") from None
        except TimeoutError:
            raise SpeechUnavailable("Google Text-to-Speech gave no audio in time.") from None

    async def _requests(self, text: str, locale: str) -> AsyncGenerator[api.StreamingSynthesizeRequest]:
        yield api.StreamingSynthesizeRequest(
            streaming_config=api.StreamingSynthesizeConfig(
                voice=api.VoiceSelectionParams(language_code=locale, name=f"{locale}-Chirp3-HD-{self._voice}"),
                streaming_audio_config=api.StreamingAudioConfig(
                    audio_encoding=api.AudioEncoding.MULAW, sample_rate_hertz=8000
                ),
            )
        )
        yield api.StreamingSynthesizeRequest(input=api.StreamingSynthesisInput(text=text))


async def _next_piece(call: Any) -> bytes | None:
    async with asyncio.timeout(AUDIO_WITHIN_S):
        while isinstance(response := await call.read(), api.StreamingSynthesizeResponse):
            audio: bytes = response.audio_content
            if audio:
                return audio
    return None
