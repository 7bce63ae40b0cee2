"""A recogniser, a model and a voice for Pipecat: its own classes of services, as its package's services are made of them, with
engines behind them that cost next to nothing.
"""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import fields
from typing import Any

from pipecat.frames.frames import (
    Frame,
    InterimTranscriptionFrame,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
)
from pipecat.processors.frame_processor import FrameDirection
from pipecat.services.llm_service import LLMService
from pipecat.services.settings import LLMSettings, STTSettings, TTSSettings
from pipecat.services.stt_latency import GOOGLE_TTFS_P99
from pipecat.services.stt_service import STTService
from pipecat.services.tts_service import TTSService
from pipecat.utils.time import time_now_iso8601

from benchmarks.calls.scene import PIECE_MS, REPLY, REPLY_MS
from benchmarks.calls.understanding import Understanding

RATE = 8000
PCM_BYTES_PER_MS = RATE // 1000 * 2
PIECE = b"\x10\x01" * (PIECE_MS * RATE // 1000)


class DummyRecogniser(STTService):  # type: ignore[misc]
    """Hears the same sentence at the end of every cycle. It says when a sentence is final, as Google's does."""

    def __init__(self) -> None:
        super().__init__(ttfs_p99_latency=GOOGLE_TTFS_P99, settings=STTSettings(**none_given(STTSettings)))
        self._understanding = Understanding()

    def can_generate_metrics(self) -> bool:
        return True

    async def run_stt(self, audio: bytes) -> AsyncGenerator[Frame | None, None]:
        for told in self._understanding.feed(len(audio) // PCM_BYTES_PER_MS):
            if told.is_final:
                await self.emit_stt_usage_metrics()
                yield TranscriptionFrame(told.text, "person", time_now_iso8601(), finalized=True)
            else:
                yield InterimTranscriptionFrame(told.text, "person", time_now_iso8601())


class DummyModel(LLMService):  # type: ignore[misc]
    """Answers the same to everything, word by word, after so long."""

    def __init__(self, after_s: float = 0.0) -> None:
        super().__init__(settings=LLMSettings(**none_given(LLMSettings)))
        self._after_s = after_s

    def can_generate_metrics(self) -> bool:
        return True

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if not isinstance(frame, LLMContextFrame):
            await self.push_frame(frame, direction)
            return
        await self.push_frame(LLMFullResponseStartFrame())
        await self.start_processing_metrics()
        await self.start_ttfb_metrics()
        await asyncio.sleep(self._after_s)
        for word in REPLY.split():
            await self.stop_ttfb_metrics()
            await self._push_llm_text(f"{word} ")
        await self.stop_processing_metrics()
        await self.push_frame(LLMFullResponseEndFrame())


class DummyVoice(TTSService):  # type: ignore[misc]
    """Has everything at one length, the first of it after so long."""

    def __init__(self, after_s: float = 0.0, length_ms: int = REPLY_MS) -> None:
        super().__init__(push_start_frame=True, push_stop_frames=True, settings=TTSSettings(**none_given(TTSSettings)))
        self._after_s = after_s
        self._length_ms = length_ms

    def can_generate_metrics(self) -> bool:
        return True

    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Frame | None, None]:
        await self.start_tts_usage_metrics(text)
        await asyncio.sleep(self._after_s)
        for _ in range(0, self._length_ms, PIECE_MS):
            await self.stop_ttfb_metrics()
            yield TTSAudioRawFrame(PIECE, RATE, 1, context_id=context_id)


def none_given(settings: type) -> dict[str, Any]:
    """A service is to say of every setting that it has none."""
    return {field.name: None for field in fields(settings) if field.name != "extra"}
