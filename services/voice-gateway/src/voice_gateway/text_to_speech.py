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

    def speak_once(self, text: str, locale: str) -> AsyncGenerator[bytes]:
        """The same where it is no prompt of a call: it is asked for anew, and kept by nobody."""
        ...

    async def prepare(self, text: str, locale: str) -> None:
        """Has the text's audio ready for the next who speaks it, also one who begins before all of it is there.

        Raises:
            SpeechUnavailable: as `speak`.
        """
        ...

    async def learn(self, prompts: Sequence[tuple[str, str]]) -> None:
        """Prepares what will be said often: texts, each with its locale."""
        ...


class _Audio:
    """A prompt's audio while it comes: who speaks the same meanwhile follows it."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self._whole = False
        self._ended = False
        self._news = asyncio.Event()

    def add(self, piece: bytes) -> None:
        self.pieces.append(piece)
        self._tell()

    def end(self, *, whole: bool) -> None:
        self._ended, self._whole = True, whole
        self._tell()

    async def follow(self) -> AsyncGenerator[bytes]:
        """
        Raises:
            SpeechUnavailable: it ended before it was whole.
        """
        read = 0
        while read < len(self.pieces) or not self._ended:
            if read == len(self.pieces):
                await self._news.wait()
                continue
            read += 1
            yield self.pieces[read - 1]
        if not self._whole:
            raise SpeechUnavailable("Google Text-to-Speech broke off a prompt that was being prepared.")

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


class GoogleTextToSpeech:
    """
    Args:
        client: with a channel that is open.
        voice: the character of a Chirp 3 HD voice, e.g. `Aoede`; it speaks every locale.
    """

    def __init__(self, client: TextToSpeechAsyncClient, *, voice: str) -> None:
        self._client = client
        self._voice = voice
        self._learned: dict[tuple[str, str], list[bytes]] = {}
        self._spoken: OrderedDict[tuple[str, str], list[bytes]] = OrderedDict()
        self._prepared: dict[tuple[str, str], _Audio] = {}

    async def speak(self, text: str, locale: str) -> AsyncGenerator[bytes]:
        prompt = (text, locale)
        if prompt in self._spoken:
            self._spoken.move_to_end(prompt)
        spoken = self._learned.get(prompt) or self._spoken.get(prompt)
        if spoken is not None:
            for piece in spoken:
                yield piece
            return
        coming = self._prepared.get(prompt)
        if coming is not None:
            async with aclosing(coming.follow()) as followed:
                async for piece in followed:
                    yield piece
            return
        pieces: list[bytes] = []
        async with aclosing(self._synthesize(text, locale)) as synthesized:
            async for piece in synthesized:
                pieces.append(piece)
                yield piece
        self._keep(prompt, pieces)

    def speak_once(self, text: str, locale: str) -> AsyncGenerator[bytes]:
        return self._synthesize(text, locale)

    async def prepare(self, text: str, locale: str) -> None:
        prompt = (text, locale)
        if prompt in self._learned or prompt in self._spoken or prompt in self._prepared:
            return
        audio = self._prepared[prompt] = _Audio()
        whole = False
        try:
            async with aclosing(self._synthesize(text, locale)) as synthesized:
                async for piece in synthesized:
                    audio.add(piece)
            self._keep(prompt, audio.pieces)
            whole = True
        finally:
            del self._prepared[prompt]
            audio.end(whole=whole)

    async def learn(self, prompts: Sequence[tuple[str, str]]) -> None:
        """Says these to nobody, so that a person will not have to wait for them. What fails now is asked for when it is due."""
        for text, locale in prompts:
            try:
                await self.prepare(text, locale)
            except SpeechUnavailable as error:
                log.warning("prompt.not_learned", reason=str(error))
            else:
                # what is said in every call is not forgotten for the many that are said once
                self._learned[text, locale] = self._spoken.pop((text, locale), [])
        log.info("prompts.learned", prompts=len(self._learned))

    def _keep(self, prompt: tuple[str, str], pieces: list[bytes]) -> None:
        self._spoken[prompt] = pieces
        if len(self._spoken) > CACHED_PROMPTS:
            self._spoken.popitem(last=False)

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
