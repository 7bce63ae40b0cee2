"""An ear that goes on where another process's stopped: it first hears what that one kept and had not put into words."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

from voice_gateway.speech_to_text import Ear, SpeechEvent


class CatchingUpEar:
    """Hears, by another ear, what was said earlier, and then what is said now: to it they are one.

    Args:
        earlier: fetches the audio that comes first. What is fed meanwhile waits for it.
    """

    def __init__(self, ear: Ear, earlier: Callable[[], Awaitable[bytes]]) -> None:
        self._ear = ear
        self._earlier = earlier
        self._meanwhile: bytearray | None = bytearray()

    def feed(self, audio: bytes, *, is_sound: bool = False) -> None:
        if self._meanwhile is None:
            self._ear.feed(audio, is_sound=is_sound)
        else:
            self._meanwhile += audio

    def finish(self) -> None:
        self._ear.finish()

    async def events(self) -> AsyncGenerator[SpeechEvent]:
        if self._meanwhile is not None:
            earlier = await self._earlier()
            self._ear.feed(earlier + self._meanwhile)
            self._meanwhile = None
        async with aclosing(self._ear.events()) as events:
            async for event in events:
                yield event
