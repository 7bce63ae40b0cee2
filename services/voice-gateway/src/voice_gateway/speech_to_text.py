"""What the person says, by Google Speech-to-Text v2, for as long as a call lasts.

Google ends a stream after five minutes, or when it likes to (reference/telephony.md, C.1). Whatever has not been settled by a
final result is kept, and a new stream begins with it: no word is lost, and a final that was seen already is dropped by where
it ends. A stream that is four minutes old is changed at its next final, where there is least to say again; one that has had no
final for nearly five is half-closed, which makes Google settle what it has heard.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

import grpc
import structlog
from google.api_core.exceptions import GoogleAPICallError
from google.cloud.speech_v2 import SpeechAsyncClient
from google.cloud.speech_v2.types import cloud_speech as api

from voice_gateway.errors import SpeechRefused, SpeechUnavailable
from voice_gateway.exchange import Heard, Hearing, SpeechBegan, SpeechEnded
from voice_gateway.media import BYTES_PER_MS
from voice_gateway.metrics import speech_restarts
from voice_gateway.two_way import writing

log = structlog.get_logger()

MESSAGE_BYTES = 100 * BYTES_PER_MS
LARGEST_MESSAGE_BYTES = 8_000
CHANGED_AFTER_MS = 240_000
HALF_CLOSED_AFTER_BYTES = 285_000 * BYTES_PER_MS
STREAM_TIMEOUT_S = 330.0
HANGS_AFTER_BYTES = 15_000 * BYTES_PER_MS
"""So much sound without a word of Google's is not answered any more."""
KEPT_OF_WORDLESS_BYTES = 5_000 * BYTES_PER_MS
"""How much of a whole stream without a word is sent again on the next, for a word that has just begun."""
RESTART_DELAYS_S = (0.0, 0.1, 0.5, 1.0, 2.0)
GIVEN_UP_AFTER_TRIES = 4
GIVEN_UP_AFTER_BYTES = 10_000 * BYTES_PER_MS
"""Streams in a row that broke off without a word, and how much was said or waited meanwhile, before there are no more."""
_FOR_GOOD = frozenset(
    {
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.PERMISSION_DENIED,
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.NOT_FOUND,
        grpc.StatusCode.UNIMPLEMENTED,
    }
)

SpeechEvent = SpeechBegan | SpeechEnded | Hearing | Heard


class Ear(Protocol):
    """Listens to one person."""

    def feed(self, audio: bytes, *, is_sound: bool = False) -> None:
        """The next µ-law 8 kHz audio, of any length, without holes; `is_sound` where somebody made a sound in it (`loudness`)."""
        ...

    def finish(self) -> None:
        """No audio comes any more: what there was is settled."""
        ...

    def events(self) -> AsyncGenerator[SpeechEvent]:
        """What is heard, with times in milliseconds since the first audio; it ends once all is settled after `finish`.

        Raises:
            SpeechRefused: there is no recogniser to be had for this call.
            SpeechUnavailable: it has broken off again and again.
        """
        ...


class SpeechToText(Protocol):
    """Opens an ear for each call."""

    def listen(self, locale: str) -> Ear: ...

    def connect(self) -> None:
        """Has the way to the recogniser open for the next who listens; no stream, which may not wait for its audio."""
        ...


class GoogleSpeechToText:
    """
    Args:
        client: with a channel that is open.
        recognizer: `projects/…/locations/…/recognizers/_`.
        model: e.g. `telephony`.
    """

    def __init__(self, client: SpeechAsyncClient, *, recognizer: str, model: str) -> None:
        self._client = client
        self._recognizer = recognizer
        self._model = model

    def connect(self) -> None:
        transport: Any = self._client.transport  # that of gRPC, whose channel the common type does not know
        transport.grpc_channel.get_state(try_to_connect=True)

    def listen(self, locale: str) -> Ear:
        return GoogleEar(self._client, self._first_message(locale))

    def _first_message(self, locale: str) -> api.StreamingRecognizeRequest:
        return api.StreamingRecognizeRequest(
            recognizer=self._recognizer,
            streaming_config=api.StreamingRecognitionConfig(
                config=api.RecognitionConfig(
                    explicit_decoding_config=api.ExplicitDecodingConfig(
                        encoding=api.ExplicitDecodingConfig.AudioEncoding.MULAW,
                        sample_rate_hertz=8000,
                        audio_channel_count=1,
                    ),
                    language_codes=[locale],
                    model=self._model,
                    features=api.RecognitionFeatures(enable_automatic_punctuation=True),
                ),
                streaming_features=api.StreamingRecognitionFeatures(
                    interim_results=True, enable_voice_activity_events=True
                ),
            ),
        )


class GoogleEar:
    """One person's audio, and the streams that it goes through one after another."""

    def __init__(self, client: SpeechAsyncClient, first_message: api.StreamingRecognizeRequest) -> None:
        self._client = client
        self._first_message = first_message
        self._audio = bytearray()
        self._audio_from = 0
        """Where `_audio` begins in all the audio, in bytes; what is before it is settled."""
        self._stream_from = 0
        self._sent_to = 0
        self._settled_ms = 0
        self._speech_from_ms: int | None = None
        self._speaking = False
        self._finished = False
        self._call: Any = None
        self._unanswered_bytes = 0
        self._hangs = False
        self._fed = asyncio.Event()

    def feed(self, audio: bytes, *, is_sound: bool = False) -> None:
        self._audio += audio
        if is_sound:
            self._expect_an_answer(len(audio))
        if self._unsent_bytes() >= MESSAGE_BYTES:  # for less nothing is to be done
            self._fed.set()

    def finish(self) -> None:
        self._finished = True
        self._fed.set()

    async def events(self) -> AsyncGenerator[SpeechEvent]:
        tries = tried_from = 0
        while True:
            settled_ms = self._settled_ms
            reason = "changed"
            try:
                async with self._stream() as call:
                    while isinstance(response := await call.read(), api.StreamingRecognizeResponse):
                        for event in self._read(response):
                            yield event
                        if self._is_old():
                            break
                if self._finished and self._unsent_bytes() == 0 and not self._is_old():
                    return
            except GoogleAPICallError as error:
                code = error.grpc_status_code or grpc.StatusCode.UNKNOWN
                if code in _FOR_GOOD:
                    raise SpeechRefused(
                        f"Google Speech refuses to listen ({code.name}). Do the credentials, GOOGLE_CLOUD_PROJECT, "
                        "DAYBOOK_SPEECH_LOCATION and DAYBOOK_SPEECH_MODEL fit together?"
                    ) from None
                reason = code.name.lower()
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if not self._hangs or task is None or task.cancelling():
                    raise  # it is this task that is cancelled
                reason = "hangs"
            speech_restarts.labels(reason).inc()
            if reason != "changed":
                log.warning("speech.restarted", reason=reason)
            elif self._settled_ms == settled_ms:
                # nothing in it was a word: to send all of it again would not make it one
                self._forget(self._sent_to - KEPT_OF_WORDLESS_BYTES)
            tries = 0 if reason == "changed" or self._settled_ms > settled_ms else tries + 1
            if tries <= 1:
                tried_from = self._fed_to()
            elif tries >= GIVEN_UP_AFTER_TRIES and self._fed_to() - tried_from >= GIVEN_UP_AFTER_BYTES:
                raise SpeechUnavailable(
                    f"Google Speech broke off {tries} streams in a row ({reason}). Is it reachable?"
                )
            await asyncio.sleep(RESTART_DELAYS_S[min(tries, len(RESTART_DELAYS_S) - 1)])

    @asynccontextmanager
    async def _stream(self) -> AsyncIterator[Any]:
        """A new stream, from the audio that is not settled on."""
        self._stream_from = self._sent_to = self._audio_from
        # typed as an iterable, it is a call that can be written and read
        call: Any = await self._client.streaming_recognize(retry=None, timeout=STREAM_TIMEOUT_S)
        self._call, self._unanswered_bytes, self._hangs = call, 0, False
        try:
            async with writing(call, self._requests()):
                yield call
        finally:
            self._call = None

    def _expect_an_answer(self, sound_bytes: int) -> None:
        """Google tells within two seconds that somebody speaks. A stream that does not for so long takes audio in and is dead."""
        self._unanswered_bytes += sound_bytes
        if self._unanswered_bytes >= HANGS_AFTER_BYTES and self._call is not None and not self._hangs:
            self._hangs = True
            self._call.cancel()

    async def _requests(self) -> AsyncGenerator[api.StreamingRecognizeRequest]:
        """What goes into a stream, until it is as old as may be or nothing more comes."""
        yield self._first_message
        while self._sent_to - self._stream_from < HALF_CLOSED_AFTER_BYTES:
            if self._unsent_bytes() < MESSAGE_BYTES and not self._finished:
                self._fed.clear()
                await self._fed.wait()
                continue
            begin = self._sent_to - self._audio_from
            piece = bytes(self._audio[begin : begin + LARGEST_MESSAGE_BYTES])
            if not piece:
                return
            self._sent_to += len(piece)
            yield api.StreamingRecognizeRequest(audio=piece)

    def _unsent_bytes(self) -> int:
        return self._fed_to() - self._sent_to

    def _fed_to(self) -> int:
        return self._audio_from + len(self._audio)

    def _read(self, response: api.StreamingRecognizeResponse) -> list[SpeechEvent]:
        self._unanswered_bytes = 0
        events: list[SpeechEvent] = []
        kinds = api.StreamingRecognizeResponse.SpeechEventType
        if response.speech_event_type == kinds.SPEECH_ACTIVITY_BEGIN:
            self._speaking = True
            began_ms = self._absolute_ms(response.speech_event_offset)
            if self._speech_from_ms is None:
                self._speech_from_ms = began_ms
            events.append(SpeechBegan(began_ms))
        elif response.speech_event_type == kinds.SPEECH_ACTIVITY_END:
            self._speaking = False
            events.append(SpeechEnded(self._absolute_ms(response.speech_event_offset)))
        for result in response.results:
            if not result.alternatives or not result.alternatives[0].transcript.strip():
                continue
            ends_ms = self._absolute_ms(result.result_end_offset)
            if not result.is_final:
                events.append(Hearing(result.alternatives[0].transcript.strip(), ends_ms))
            elif ends_ms > self._settled_ms:
                begins_ms = self._settled_ms if self._speech_from_ms is None else self._speech_from_ms
                events.append(Heard(result.alternatives[0].transcript.strip(), min(begins_ms, ends_ms), ends_ms))
                self._settle(ends_ms)
        return events

    def _absolute_ms(self, offset: Any) -> int:
        """A stream's offset as a time of the call. proto-plus gives a timedelta, whatever its types say."""
        offset_ms: int = round(offset.total_seconds() * 1000)
        return self._stream_from // BYTES_PER_MS + offset_ms

    def _settle(self, until_ms: int) -> None:
        """All up to there is in a final: it is not needed again."""
        self._settled_ms = until_ms
        self._speech_from_ms = until_ms if self._speaking else None
        self._forget(until_ms * BYTES_PER_MS)

    def _forget(self, before: int) -> None:
        """Drops the audio before that byte of all the audio."""
        size = max(0, min(before - self._audio_from, len(self._audio)))
        del self._audio[:size]
        self._audio_from += size

    def _is_old(self) -> bool:
        return self._settled_ms - self._stream_from // BYTES_PER_MS >= CHANGED_AFTER_MS
