"""The voices of the emulators: text in, µ-law 8 kHz out.

`hibari` speaks for people to hear; its model comes inside its wheel. `wordcode` speaks for tests to read.
"""

import threading
from typing import Protocol

import numpy as np
import soxr  # type: ignore[import-untyped]  # the wheel ships no types
from hibari import SAMPLE_RATE, Hibari  # type: ignore[import-untyped]  # the wheel ships no types

from emulators import mulaw, wordcode
from emulators.errors import UnknownVoice, UnspeakableText

HIBARI_PITCHES = {"heart": 1.0, "deep": 0.84}
"""Each voice's pitch beside hibari's own. Its wheel carries one model; the others would be downloaded at first use.
So the second voice is the first one spoken faster and played slower, which lowers it and leaves its pace."""


class Voice(Protocol):
    """Somebody who can speak."""

    def speak(self, text: str) -> bytes:
        """The text as µ-law 8 kHz. It works on the caller's thread: from an event loop, call it by `asyncio.to_thread`.

        Raises:
            UnspeakableText: this voice has no way to say a part of the text.
        """
        ...


class WordcodeVoice:
    def speak(self, text: str) -> bytes:
        return wordcode.encode(text)


class HibariVoice:
    """A human-like voice, in American English.

    Args:
        name: one of `HIBARI_PITCHES`.
    """

    def __init__(self, name: str) -> None:
        self._pitch = HIBARI_PITCHES[name]
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


def make_voice(spec: str) -> Voice:
    """The voice of a setting: `wordcode` or `hibari:<name>`.

    Raises:
        UnknownVoice: there is none of that name; the text lists those that there are.
    """
    engine, _, name = spec.partition(":")
    if engine == "hibari" and name in HIBARI_PITCHES:
        return HibariVoice(name)
    if spec == "wordcode":
        return WordcodeVoice()
    known = ", ".join(["wordcode", *(f"hibari:{voice}" for voice in HIBARI_PITCHES)])
    raise UnknownVoice(f"there is no voice {spec!r}: choose one of {known}")
