"""The voice of hibari, for people to hear. Its packages come with the extra `voices`."""

import threading

import numpy as np
import soxr  # type: ignore[import-untyped]  # the wheel ships no types
from hibari import SAMPLE_RATE, Hibari  # type: ignore[import-untyped]  # the wheel ships no types

from emulators import mulaw
from emulators.errors import UnspeakableText

PITCHES = {"heart": 1.0, "deep": 0.84}
"""Each voice's pitch beside hibari's own. Its wheel carries one model; the others would be downloaded at first use.
So the second voice is the first one spoken faster and played slower, which lowers it and leaves its pace."""


class HibariVoice:
    """A human-like voice, in American English.

    Args:
        name: one of `PITCHES`.
    """

    def __init__(self, name: str) -> None:
        self._pitch = PITCHES[name]
        self._engine = Hibari(threads=1)
        # its text analysis keeps state that is filled on first use
        self._turn = threading.Lock()

    def speak(self, text: str) -> bytes:
        if not text.strip():
            return b""
        with self._turn:
            speech = self._engine(text, speed=1 / self._pitch, seed=0)
        if not speech.size:
            raise UnspeakableText("nothing of the text can be said by an English voice: write it in Latin letters")
        narrow = soxr.resample(speech, SAMPLE_RATE * self._pitch, mulaw.SAMPLE_RATE_HZ)
        return mulaw.encode((np.clip(narrow, -1.0, 1.0) * 32767).astype(np.int16))
