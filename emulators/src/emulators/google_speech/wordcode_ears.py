"""Ears that read wordcode: they hear exactly the words that arrived whole, and when."""

from collections.abc import AsyncIterator, Iterator

from emulators import mulaw, wordcode
from emulators.google_speech.ears import Ears, Final, Heard, Interim, SpeechBegan, SpeechEnded
from emulators.google_speech.pauses import Frames, Pauses

_LOUD = 0.05
_STABILITY = 0.9
_CONFIDENCE = 0.98


def _loud(frame: bytes) -> bool:
    return mulaw.energy(frame) > _LOUD


class WordcodeEars:
    def __init__(self) -> None:
        self._decoder = wordcode.Decoder()
        self._frames = Frames()
        self._pauses = Pauses(_loud)
        self._words: list[wordcode.HeardWord] = []

    async def hear(self, audio: bytes) -> AsyncIterator[Heard]:
        for frame in self._frames.cut(audio):
            turn = self._pauses.frame(frame)
            if isinstance(turn, SpeechBegan):
                yield turn
            for word in self._decoder.feed(frame):
                self._words.append(word)
                yield Interim(self._text, mulaw.duration(word.end_byte), _STABILITY)
            if isinstance(turn, SpeechEnded):
                yield turn
                for final in self._final():
                    yield final

    async def guess(self) -> Interim | None:
        """Never: each word is certain, and told as soon as it was heard."""
        return None

    async def finish(self) -> AsyncIterator[Heard]:
        self._words += self._decoder.feed(self._frames.rest)
        for final in self._final():
            yield final

    def _final(self) -> Iterator[Final]:
        if self._words:
            yield Final(self._text, mulaw.duration(self._words[-1].end_byte), _CONFIDENCE)
            self._words.clear()

    @property
    def _text(self) -> str:
        return " ".join(word.text for word in self._words)


class WordcodeHearing:
    """It understands every language."""

    def listen(self, language_code: str) -> Ears:  # noqa: ARG002 - words in band are in whatever language they are in
        return WordcodeEars()

    def close(self) -> None:
        pass
