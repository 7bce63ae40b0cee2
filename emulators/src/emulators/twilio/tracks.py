"""One side of a call's audio as it was on the line: the stretches of sound, each with the time at which it began."""

from dataclasses import dataclass, field

from emulators import mulaw
from emulators.wordcode import Decoder

FRAME_MS = 20
FRAME_BYTES = FRAME_MS * mulaw.BYTES_PER_MS
SILENT_FRAME = bytes([mulaw.SILENCE]) * FRAME_BYTES

_PAUSE_THAT_ENDS_MS = 600
# the codes of samples below 1.2 % of full scale: silence with the hiss of a line
_QUIET = bytes(range(0x60, 0x80)) + bytes(range(0xE0, 0x100))


def is_loud(frame: bytes) -> bool:
    """Whether there is sound in it, speech or other."""
    return bool(frame.translate(None, _QUIET))


def full_frame(audio: bytes) -> bytes:
    """At most 20 ms of audio, filled up with silence."""
    return audio + SILENT_FRAME[len(audio) :]


@dataclass(slots=True)
class Stretch:
    """Sound from one pause of 600 ms to the next; `words` are those that a wordcode voice carried in it."""

    start_ms: int
    audio: bytearray = field(default_factory=bytearray)
    words: list[str] = field(default_factory=list)

    @property
    def end_ms(self) -> int:
        return self.start_ms + len(self.audio) // mulaw.BYTES_PER_MS

    def as_json(self) -> dict[str, object]:
        return {"start_ms": self.start_ms, "end_ms": self.end_ms, "words": " ".join(self.words)}


class Track:
    """Silence costs no memory here, so that hundreds of calls can be kept."""

    def __init__(self) -> None:
        self.stretches: list[Stretch] = []
        self._decoder = Decoder()
        self._open: Stretch | None = None
        self._quiet = bytearray()
        self._frames = 0

    def add(self, frame: bytes) -> Stretch | None:
        """Appends 20 ms.

        Returns:
            The stretch of sound that has just ended, if one has.
        """
        start_ms = self._frames * FRAME_MS
        self._frames += 1
        heard = [word.text for word in self._decoder.feed(frame)]
        if is_loud(frame):
            if self._open is None:
                self._open = Stretch(start_ms)
                self.stretches.append(self._open)
            self._open.audio += self._quiet + frame
            self._quiet.clear()
        elif self._open is not None:
            self._quiet += frame
        if self._open is not None:
            self._open.words += heard
        if len(self._quiet) < _PAUSE_THAT_ENDS_MS * mulaw.BYTES_PER_MS:
            return None
        return self.close()

    def close(self) -> Stretch | None:
        """Ends the stretch that is still open, if one is."""
        ended, self._open = self._open, None
        self._quiet.clear()
        return ended

    @property
    def text(self) -> str:
        """All words that a wordcode voice carried."""
        return " ".join(word for stretch in self.stretches for word in stretch.words)

    def audio(self) -> bytes:
        """The whole track, its silence included."""
        track = bytearray(SILENT_FRAME * self._frames)
        for stretch in self.stretches:
            start = stretch.start_ms * mulaw.BYTES_PER_MS
            track[start : start + len(stretch.audio)] = stretch.audio
        return bytes(track)
