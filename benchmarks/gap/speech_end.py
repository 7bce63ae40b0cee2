"""How the recogniser, a dummy, knows speech from silence, and how long after it tells."""

import asyncio
from collections.abc import Callable


class SpeechEnd:
    """One stream's.

    Args:
        silence: the bytes that silence is made of.
        after_s: from when the last of the speech comes to it until it tells: what the recogniser takes.
        began: told at once, with where in the audio speech begins, in ms.
        ended: told then, with where speech has ended.
    """

    def __init__(
        self,
        silence: bytes,
        *,
        bytes_per_ms: int,
        after_s: float,
        began: Callable[[int], None],
        ended: Callable[[int], None],
    ) -> None:
        self._silence = silence
        self._bytes_per_ms = bytes_per_ms
        self._after_s = after_s
        self._began = began
        self._ended = ended
        self._fed_ms = 0
        self._speaking = False
        self._last_s = 0.0
        self._last_ms = 0

    def feed(self, audio: bytes) -> None:
        loop = asyncio.get_running_loop()
        speech = len(audio.rstrip(self._silence))
        if speech:
            if not self._speaking:
                self._speaking = True
                self._began(self._fed_ms)
            self._last_s = loop.time()
            self._last_ms = self._fed_ms + round(speech / self._bytes_per_ms)
        self._fed_ms += len(audio) // self._bytes_per_ms
        if self._speaking and speech < len(audio):
            self._speaking = False
            loop.call_at(self._last_s + self._after_s, self._ended, self._last_ms)
