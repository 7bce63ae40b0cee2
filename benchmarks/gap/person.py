"""Somebody at the telephone who answers whatever they are asked, and how long they wait for what comes next. Pure.

Nothing they do keeps step with anything: how long they speak and pause, chance decides, to 20 ms.
"""

from enum import Enum, auto
from random import Random

from benchmarks.calls.scene import FRAME_MS
from benchmarks.gap.own_times import PROMPT_MS

GREETED_MS = 4_000
"""What is said at first is not waited for."""
PAUSE_MS = (300, 900)
SPEECH_MS = (600, 1_600)
ANSWERED_WITHIN_S = 10.0


class _Does(Enum):
    PAUSES = auto()
    SPEAKS = auto()
    WAITS = auto()
    LISTENS = auto()


class Person:
    """
    Attributes:
        waited_s: from the last of each thing they said to the first of what came back; `ANSWERED_WITHIN_S` where nothing did.
    """

    def __init__(self, random: Random) -> None:
        self.waited_s: list[float] = []
        self._random = random
        self._does = _Does.PAUSES
        self._frames_left = GREETED_MS // FRAME_MS
        self._spoke_s = 0.0
        self._heard_frames = 0.0

    def speaks_now(self, now_s: float, plays_until_s: float) -> bool:
        """Whether their next 20 ms, which they send now, are speech; `plays_until_s` is when they have heard what came."""
        if self._does is _Does.WAITS and now_s - self._spoke_s >= ANSWERED_WITHIN_S:
            self.waited_s.append(ANSWERED_WITHIN_S)
            self._begin(_Does.PAUSES, PAUSE_MS)
        elif self._does is _Does.LISTENS and self._heard_frames * FRAME_MS >= PROMPT_MS and now_s >= plays_until_s:
            self._begin(_Does.PAUSES, PAUSE_MS)
        elif self._does is _Does.PAUSES and self._frames_left == 0:
            self._begin(_Does.SPEAKS, SPEECH_MS)
        self._frames_left -= 1
        if self._does is not _Does.SPEAKS:
            return False
        if self._frames_left == 0:
            self._does, self._spoke_s = _Does.WAITS, now_s
        return True

    def hear(self, frames: float, now_s: float) -> None:
        """So many times 20 ms of what is said to them come now."""
        if self._does is _Does.WAITS:
            self.waited_s.append(now_s - self._spoke_s)
            self._does, self._heard_frames = _Does.LISTENS, 0.0
        self._heard_frames += frames

    def _begin(self, does: _Does, length_ms: tuple[int, int]) -> None:
        self._does = does
        self._frames_left = self._random.randint(length_ms[0] // FRAME_MS, length_ms[1] // FRAME_MS)
