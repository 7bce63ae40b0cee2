"""When a reply's audio is due, and how much of it was late. Pure."""

from dataclasses import dataclass
from math import ceil

LATE_S = 0.04


@dataclass
class Reply:
    """One reply, as it comes.

    Attributes:
        words_s: when the words went out that it replies to.
        first_s: when its first audio came.
        frames: how many came, of `frame_s` each.
        late: how many of these came too late.
    """

    words_s: float
    frame_s: float
    first_s: float | None = None
    frames: int = 0
    late: int = 0

    def hear(self, frames: int, now_s: float, usual_s: float | None) -> None:
        """So many frames more come now. The first is due `usual_s` after the words; None: nobody knows yet, so none is late."""
        if self.first_s is None:
            self.first_s = now_s
        if usual_s is not None:
            overdue = ceil(round((now_s - self.words_s - usual_s - LATE_S) / self.frame_s, 6))
            self.late += min(max(overdue - self.frames, 0), frames)
        self.frames += frames
