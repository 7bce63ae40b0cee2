"""Pipecat as the benchmark of calls has it, around services that take exactly as long as they say.

It prints its port once it serves.
"""

import asyncio
from collections.abc import AsyncGenerator

from pipecat.frames.frames import Frame, InterimTranscriptionFrame, TranscriptionFrame
from pipecat.processors.frame_processor import FrameProcessorSetup
from pipecat.services.settings import STTSettings
from pipecat.services.stt_latency import GOOGLE_TTFS_P99
from pipecat.services.stt_service import STTService
from pipecat.utils.time import time_now_iso8601

from benchmarks.calls.one_core import take_the_servers
from benchmarks.calls.pipecat_peer import Parts, serve, turns
from benchmarks.calls.pipecat_services import PCM_BYTES_PER_MS, DummyModel, DummyVoice, none_given
from benchmarks.calls.scene import SENTENCE
from benchmarks.gap.own_times import MODEL_S, PROMPT_MS, RECOGNISER_S, VOICE_S
from benchmarks.gap.speech_end import SpeechEnd


class Recogniser(STTService):  # type: ignore[misc]
    """Hears the same sentence in whatever is no silence."""

    def __init__(self) -> None:
        super().__init__(ttfs_p99_latency=GOOGLE_TTFS_P99, settings=STTSettings(**none_given(STTSettings)))
        self._words: asyncio.Queue[tuple[str, bool]] = asyncio.Queue()
        self._end = SpeechEnd(
            b"\0",
            bytes_per_ms=PCM_BYTES_PER_MS,
            after_s=RECOGNISER_S,
            began=lambda _at_ms: self._words.put_nowait((SENTENCE.partition(" ")[0], False)),
            ended=lambda _at_ms: self._words.put_nowait((SENTENCE, True)),
        )

    def can_generate_metrics(self) -> bool:
        return True

    async def setup(self, setup: FrameProcessorSetup) -> None:
        await super().setup(setup)
        self._telling = self.create_task(self._tell())

    async def cleanup(self) -> None:
        await super().cleanup()
        await self.cancel_task(self._telling)

    async def run_stt(self, audio: bytes) -> AsyncGenerator[Frame | None, None]:
        self._end.feed(audio)
        yield None

    async def _tell(self) -> None:
        while True:
            text, is_final = await self._words.get()
            if is_final:
                await self.emit_stt_usage_metrics()
                await self.push_frame(TranscriptionFrame(text, "person", time_now_iso8601(), finalized=True))
            else:
                await self.push_frame(InterimTranscriptionFrame(text, "person", time_now_iso8601()))


if __name__ == "__main__":
    take_the_servers()
    serve(lambda: Parts(Recogniser(), DummyModel(MODEL_S), DummyVoice(VOICE_S, PROMPT_MS), turns()))
