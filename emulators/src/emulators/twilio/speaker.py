"""Text to the audio of the line, off the event loop."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import lru_cache

import numpy as np

from emulators import mulaw
from emulators.twilio.person import Move, Utterance
from emulators.twilio.personas import Persona, Press
from emulators.voices import Voice

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_BETWEEN_SENTENCES = mulaw.silence(timedelta(milliseconds=350))
_BEEP_HZ = 1000
_BEEP_S = 0.5


class Speaker:
    """One thread that speaks; what was spoken before is remembered."""

    def __init__(self, voice: Voice) -> None:
        self._speak = lru_cache(maxsize=512)(voice.speak)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="speaker")

    async def audio(self, text: str) -> bytes:
        """The text as µ-law 8 kHz, with a breath between its sentences.

        Raises:
            UnspeakableText: this voice has no way to say a part of it.
        """
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._sentences, text)

    async def opening(self, persona: Persona) -> Utterance | None:
        """What the persona says on picking up, its tone included."""
        if not persona.opens_with:
            return None
        audio = await self.audio(persona.opens_with)
        return Utterance(persona.opens_with, audio + _BETWEEN_SENTENCES + beep() if persona.beeps else audio)

    async def moves(self, persona: Persona) -> list[Move]:
        """The persona's script, ready to be played."""
        return [move if isinstance(move, Press) else Utterance(move, await self.audio(move)) for move in persona.script]

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _sentences(self, text: str) -> bytes:
        return _BETWEEN_SENTENCES.join(self._speak(sentence) for sentence in _SENTENCE_END.split(text.strip()))


def beep() -> bytes:
    """The tone of a voicemail: half a second at 1000 Hz."""
    at = np.arange(int(_BEEP_S * mulaw.SAMPLE_RATE_HZ))
    return mulaw.encode((12_000 * np.sin(2 * np.pi * _BEEP_HZ * at / mulaw.SAMPLE_RATE_HZ)).astype(np.int16))
