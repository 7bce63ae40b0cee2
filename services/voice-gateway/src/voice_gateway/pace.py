"""How fast a person's audio comes: as fast as life, and what the network held back meanwhile at once.

What comes faster for long is no call, and would fill the recording and the recogniser's stream in no time.
"""

LEAD_MS = 30_000
"""How far ahead of life audio may be."""


class Pace:
    """A bucket that audio fills and real time empties.

    Args:
        fastest: how many milliseconds of audio one millisecond of real time makes room for.
        now_s: monotonic, when the stream began.
    """

    def __init__(self, fastest: float, now_s: float) -> None:
        self._fastest = fastest
        self._looked_s = now_s
        self._ahead_ms = 0.0

    def runs_away(self, heard_ms: int, now_s: float) -> bool:
        """Whether, with so much more audio, it is too far ahead."""
        made_room_ms = (now_s - self._looked_s) * 1000 * self._fastest
        self._looked_s = now_s
        self._ahead_ms = max(0.0, self._ahead_ms + heard_ms - made_room_ms)
        return self._ahead_ms > LEAD_MS
