"""The audio that the app has sent and the person has not heard yet, and the marks between it.

A mark is reached when all audio before it has been played; one behind no audio, at once
(https://www.twilio.com/docs/voice/media-streams/websocket-messages).
"""

from collections import deque

from emulators.mulaw import BYTES_PER_MS


class Playout:
    """Pure: time is what `take` says has passed."""

    def __init__(self) -> None:
        self._audio = bytearray()
        self._marks: deque[tuple[int, str]] = deque()
        self._played_bytes = 0

    @property
    def buffered_ms(self) -> int:
        return len(self._audio) // BYTES_PER_MS

    def ahead(self, size_bytes: int) -> bytes:
        """The next audio, not yet played."""
        return bytes(self._audio[:size_bytes])

    def append(self, audio: bytes) -> None:
        self._audio += audio

    def mark(self, name: str) -> None:
        self._marks.append((self._played_bytes + len(self._audio), name))

    def clear(self) -> tuple[str, ...]:
        """Forgets the audio.

        Returns:
            The marks that were pending: Twilio sends them back at once, as if they had been reached.
        """
        self._audio.clear()
        names = tuple(name for _, name in self._marks)
        self._marks.clear()
        return names

    def take(self, size_bytes: int) -> tuple[bytes, tuple[str, ...]]:
        """Plays up to that much audio.

        Returns:
            The audio, shorter where there is no more, and the marks that are reached with it.
        """
        audio = bytes(self._audio[:size_bytes])
        del self._audio[:size_bytes]
        self._played_bytes += len(audio)
        reached: list[str] = []
        while self._marks and self._marks[0][0] <= self._played_bytes:
            reached.append(self._marks.popleft()[1])
        return audio, tuple(reached)
