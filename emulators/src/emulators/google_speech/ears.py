"""What listens to a stream, and what it can hear."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from emulators.errors import EmulatorError


class UnknownLanguage(EmulatorError):
    """These ears do not understand that language."""


@dataclass(frozen=True)
class SpeechBegan:
    """Somebody speaks. Offsets, here and below, count from the beginning of the stream's audio."""

    at: timedelta


@dataclass(frozen=True)
class SpeechEnded:
    """Nobody has spoken for a while.

    Attributes:
        last_spoken: the end of the last sound of speech.
    """

    at: timedelta
    last_spoken: timedelta


@dataclass(frozen=True)
class Interim:
    """What was said since the last final, as understood so far."""

    text: str
    end: timedelta
    stability: float


@dataclass(frozen=True)
class Final:
    """What was said since the last final, for good."""

    text: str
    end: timedelta
    confidence: float


Heard = SpeechBegan | SpeechEnded | Interim | Final


class Ears(Protocol):
    """They listen to one stream of µ-law 8 kHz."""

    def hear(self, audio: bytes) -> AsyncIterator[Heard]:
        """What this piece of audio adds, in the order in which it happened, each as soon as it is understood."""
        ...

    async def guess(self) -> Interim | None:
        """What is being said, as far as it is understood; asked for only while no audio waits, for it may take a while."""
        ...

    def finish(self) -> AsyncIterator[Heard]:
        """What is left to be told when no more audio will come."""
        ...


class Hearing(Protocol):
    """An engine, loaded once, from which every stream gets ears of its own."""

    def listen(self, language_code: str) -> Ears:
        """New ears.

        Raises:
            UnknownLanguage: the engine does not understand it.
        """
        ...

    def close(self) -> None:
        """Ends the engine's threads."""
        ...
