"""A recording as a picture: how loud each track is, over time. Pure.

The samples are µ-law (ITU-T G.711): but for the sign and read upside down, a byte is the louder the greater it is, in steps as an
ear hears them. So the loudest sample of a stretch is the greatest byte of it, and its height needs no logarithm.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

COLUMNS = 240
HEADER_BYTES = 58
"""Before the samples in a recording as the journal gives it: RIFF, fmt, fact and data (`journal.wav`)."""
CHANNELS = 2
LOUDEST = 0x7F
_LOUDNESS = bytes(~byte & LOUDEST for byte in range(256))
WIDTH, HEIGHT = 4 * COLUMNS, 100
_MIDDLE = HEIGHT // 2


@dataclass
class Waveform:
    """The peaks of both tracks; the file is given piece by piece, wherever that is cut.

    Attributes:
        total_bytes: of the file.
        person, daybook: how loud each stretch is, from 0 to LOUDEST.
    """

    total_bytes: int
    person: bytearray = field(default_factory=lambda: bytearray(COLUMNS))
    daybook: bytearray = field(default_factory=lambda: bytearray(COLUMNS))
    _at: int = 0

    def add(self, piece: bytes) -> None:
        """The next bytes of the file."""
        skipped = max(0, min(len(piece), HEADER_BYTES - self._at))
        loudness = piece[skipped:].translate(_LOUDNESS)
        first = self._at + skipped - HEADER_BYTES
        self._at += len(piece)
        total = max(self.total_bytes - HEADER_BYTES, 1)
        at = 0
        while at < len(loudness):
            column = min((first + at) * COLUMNS // total, COLUMNS - 1)
            end = min(len(loudness), max(at + 1, -(-(column + 1) * total // COLUMNS) - first))
            for offset in range(CHANNELS):
                track = (self.person, self.daybook)[(first + at + offset) % CHANNELS]
                track[column] = max(track[column], max(loudness[at + offset : end : CHANNELS], default=0))
            at = end

    def svg(self) -> str:
        """The person's bars go up from the middle and Daybook's down, and are thinner: they are told apart without colours too.

        Each is one shape with an id, without a colour: a page shows them by `<use>` and gives them its own.
        """
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none">'
            f'<path id="person" d="{_bars(self.person, -1, 3)}"/><path id="daybook" d="{_bars(self.daybook, 1, 1)}"/></svg>'
        )


def _bars(peaks: Sequence[int], direction: int, width: int) -> str:
    heights = [peak * (_MIDDLE - 2) // LOUDEST for peak in peaks]
    return "".join(
        f"M{4 * column} {_MIDDLE + direction}h{width}v{direction * height}h{-width}z"
        for column, height in enumerate(heights)
        if height
    )
