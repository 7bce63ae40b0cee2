"""When somebody speaks and when they pause (pure)."""

from collections import deque
from collections.abc import Callable
from datetime import timedelta

from emulators import mulaw
from emulators.google_speech.ears import SpeechBegan, SpeechEnded

FRAME_MS = 20
FRAME_BYTES = FRAME_MS * mulaw.BYTES_PER_MS
PAUSE = timedelta(milliseconds=500)

_BEGIN_WINDOW = 6
_BEGIN_FRAMES = 4
_PAUSE_FRAMES = PAUSE // timedelta(milliseconds=FRAME_MS)


class Pauses:
    """Finds where speech begins (80 of 120 ms sound like it) and where it ends (for 500 ms nothing does).

    Args:
        sounds_like_speech: judges one frame of 20 ms of µ-law.
    """

    def __init__(self, sounds_like_speech: Callable[[bytes], bool]) -> None:
        self._sounds_like_speech = sounds_like_speech
        self._recent: deque[bool] = deque(maxlen=_BEGIN_WINDOW)
        self._frames = 0
        self._last_spoken_frame = 0
        self.speaking = False

    def frame(self, frame: bytes) -> SpeechBegan | SpeechEnded | None:
        """Listens to the next 20 ms, and tells whether they are a turning point."""
        self._frames += 1
        speech = self._sounds_like_speech(frame)
        self._recent.append(speech)
        if speech:
            self._last_spoken_frame = self._frames
        if not self.speaking and sum(self._recent) >= _BEGIN_FRAMES:
            self.speaking = True
            return SpeechBegan(at=self.now)
        if self.speaking and self._frames - self._last_spoken_frame >= _PAUSE_FRAMES:
            self.speaking = False
            self._recent.clear()
            return SpeechEnded(at=self.now, last_spoken=self.last_spoken)
        return None

    @property
    def now(self) -> timedelta:
        """How much audio was listened to."""
        return timedelta(milliseconds=FRAME_MS) * self._frames

    @property
    def last_spoken(self) -> timedelta:
        return timedelta(milliseconds=FRAME_MS) * self._last_spoken_frame


class Frames:
    """Cuts audio that comes in pieces of any size into frames of 20 ms."""

    def __init__(self) -> None:
        self._rest = b""

    def cut(self, audio: bytes) -> list[bytes]:
        self._rest += audio
        whole = len(self._rest) - len(self._rest) % FRAME_BYTES
        frames = [self._rest[at : at + FRAME_BYTES] for at in range(0, whole, FRAME_BYTES)]
        self._rest = self._rest[whole:]
        return frames

    @property
    def rest(self) -> bytes:
        """What is too short for a frame yet."""
        return self._rest
