"""The voices of the emulators: text in, µ-law 8 kHz out.

`hibari` speaks for people to hear; its model comes inside its wheel. `wordcode` speaks for tests to read.
"""

from typing import Protocol

from emulators import wordcode
from emulators.errors import NoRealVoices, UnknownVoice

HIBARI_VOICES = ("heart", "deep")


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


def make_voice(spec: str) -> Voice:
    """The voice of a setting: `wordcode` or `hibari:<name>`.

    Raises:
        UnknownVoice: there is none of that name; the text lists those that there are.
        NoRealVoices: hibari is asked for, and its packages are not installed.
    """
    engine, _, name = spec.partition(":")
    if engine == "hibari" and name in HIBARI_VOICES:
        return _hibari(name)
    if spec == "wordcode":
        return WordcodeVoice()
    known = ", ".join(["wordcode", *(f"hibari:{voice}" for voice in HIBARI_VOICES)])
    raise UnknownVoice(f"there is no voice {spec!r}: choose one of {known}")


def _hibari(name: str) -> Voice:
    try:
        from emulators.hibari_voice import HibariVoice  # noqa: PLC0415 - its packages are an extra, which a small image lacks
    except ModuleNotFoundError as error:
        raise NoRealVoices(error.name) from None
    return HibariVoice(name)
