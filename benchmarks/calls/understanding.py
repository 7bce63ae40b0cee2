"""What the recogniser, a dummy, tells of the audio that it is fed. Pure, and the same for every contestant.

It tells as real ones do: of the sentence that ends with each cycle what it has understood by now, and in the end all of it.
"""

from dataclasses import dataclass

from benchmarks.calls.scene import CYCLE_MS, SENTENCE, SENTENCE_MS, TOLD_EVERY_MS

_WORDS = SENTENCE.split()


@dataclass(frozen=True)
class Told:
    """Words up to a moment of the audio: all of the sentence where it is final."""

    text: str
    at_ms: int
    is_final: bool


class Understanding:
    """One call's."""

    def __init__(self) -> None:
        self._fed_ms = 0

    def feed(self, length_ms: int) -> list[Told]:
        """What is told now that so much more audio has come."""
        begin = self._fed_ms // TOLD_EVERY_MS + 1
        self._fed_ms += length_ms
        told = (_told_at(number * TOLD_EVERY_MS) for number in range(begin, self._fed_ms // TOLD_EVERY_MS + 1))
        return [words for words in told if words is not None]


def _told_at(at_ms: int) -> Told | None:
    heard_ms = at_ms % CYCLE_MS - (CYCLE_MS - SENTENCE_MS)
    if heard_ms == SENTENCE_MS - CYCLE_MS:
        return Told(SENTENCE, at_ms, is_final=True)
    if heard_ms <= 0:
        return None
    return Told(" ".join(_WORDS[: len(_WORDS) * heard_ms // SENTENCE_MS]), at_ms, is_final=False)
