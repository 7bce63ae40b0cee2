"""Google's clients and Gemini's, as far as the gateway calls them: in its process, without gRPC, and with times of their own.

What the gateway does with them is its own: its ear, its voice, its judge.
"""

import asyncio
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from google.cloud.speech_v2.types import cloud_speech as speech
from google.cloud.texttospeech_v1.types import cloud_tts as text_to_speech

from benchmarks.calls.scene import PIECE_MS, SENTENCE
from benchmarks.gap.own_times import MODEL_S, PROMPT_MS, VOICE_S
from benchmarks.gap.speech_end import SpeechEnd
from voice_gateway.media import BYTES_PER_MS, SILENCE

PIECE = b"\x55" * (PIECE_MS * BYTES_PER_MS)
OPINION = '{"verdict": "answered", "reason": "said_all"}'


class _Call:
    """A call that streams both ways, as `grpc.aio` has them."""

    def __init__(self) -> None:
        self._answers: asyncio.Queue[Any] = asyncio.Queue()

    async def read(self) -> Any:
        return await self._answers.get()

    async def done_writing(self) -> None:
        pass

    def cancel(self) -> bool:
        self._answers.put_nowait(None)
        return True


class SpeechClient:
    """Hears the same sentence in whatever is no silence.

    Args:
        after_s: what it takes.
    """

    def __init__(self, after_s: float) -> None:
        self.transport = SimpleNamespace()
        self._after_s = after_s

    async def streaming_recognize(self, **_options: object) -> "_Recognition":
        return _Recognition(self._after_s)


class _Recognition(_Call):
    def __init__(self, after_s: float) -> None:
        super().__init__()
        self._end = SpeechEnd(
            SILENCE, bytes_per_ms=BYTES_PER_MS, after_s=after_s, began=self._tell_begun, ended=self._tell_ended
        )

    async def write(self, request: speech.StreamingRecognizeRequest) -> None:
        if request.audio:
            self._end.feed(request.audio)

    def _tell_begun(self, at_ms: int) -> None:
        self._tell_activity(speech.StreamingRecognizeResponse.SpeechEventType.SPEECH_ACTIVITY_BEGIN, at_ms)
        self._tell_words(SENTENCE.partition(" ")[0], at_ms, is_final=False)

    def _tell_ended(self, at_ms: int) -> None:
        self._tell_activity(speech.StreamingRecognizeResponse.SpeechEventType.SPEECH_ACTIVITY_END, at_ms)
        self._tell_words(SENTENCE, at_ms, is_final=True)

    def _tell_activity(self, kind: int, at_ms: int) -> None:
        offset = timedelta(milliseconds=at_ms)
        self._answers.put_nowait(speech.StreamingRecognizeResponse(speech_event_type=kind, speech_event_offset=offset))

    def _tell_words(self, text: str, at_ms: int, *, is_final: bool) -> None:
        result = speech.StreamingRecognitionResult(
            alternatives=[speech.SpeechRecognitionAlternative(transcript=text)],
            is_final=is_final,
            result_end_offset=timedelta(milliseconds=at_ms),
        )
        self._answers.put_nowait(speech.StreamingRecognizeResponse(results=[result]))


class TextToSpeechClient:
    """Says everything at one length."""

    async def streaming_synthesize(self, **_options: object) -> "_Synthesis":
        return _Synthesis()


class _Synthesis(_Call):
    async def write(self, request: text_to_speech.StreamingSynthesizeRequest) -> None:
        if request.input.text:
            asyncio.get_running_loop().call_later(VOICE_S, self._say)

    def _say(self) -> None:
        for _ in range(0, PROMPT_MS, PIECE_MS):
            self._answers.put_nowait(text_to_speech.StreamingSynthesizeResponse(audio_content=PIECE))
        self._answers.put_nowait(None)


class GeminiClient:
    """Finds everything answered."""

    def __init__(self) -> None:
        self.aio = SimpleNamespace(models=self)

    async def generate_content(self, **_question: object) -> SimpleNamespace:
        await asyncio.sleep(MODEL_S)
        return SimpleNamespace(text=OPINION)
