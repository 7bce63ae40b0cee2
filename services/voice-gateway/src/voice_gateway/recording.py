"""The recording of a call while it runs: two tracks on one timeline, cut into segments of less than a second.

The person's track is what arrived, by the timestamps of its frames; a hole in it is silence. Daybook's track is what was
really heard of it (`playout`). It is written one piece of the person's audio later, since the marks that tell what was heard
during a piece come right behind it.
"""

from dataclasses import dataclass

from voice_gateway.errors import MalformedFrame
from voice_gateway.exchange import Speaker
from voice_gateway.media import BYTES_PER_MS, SILENCE
from voice_gateway.playout import PIECE_MS, CutShort, Playout

SEGMENT_MS = 800
"""A second at most may be lost with the process: this much is in the making, and the journal has the rest to make it durable."""
SEGMENT_BYTES = SEGMENT_MS * BYTES_PER_MS
_JITTER_MS = 40
_LONGEST_HOLE_MS = 60_000


@dataclass(frozen=True)
class Segment:
    """At most `SEGMENT_MS` of one track; `sequence` has no gaps, `starts_at_ms` may."""

    track: Speaker
    sequence: int
    starts_at_ms: int
    audio: bytes


class _Track:
    """Cuts one track into segments."""

    def __init__(self, speaker: Speaker, *, starts_at_ms: int, next_sequence: int) -> None:
        self._speaker = speaker
        self._segment_starts_ms = starts_at_ms
        self._next_sequence = next_sequence
        self._audio = bytearray()

    @property
    def ends_at_ms(self) -> int:
        return self._segment_starts_ms + len(self._audio) // BYTES_PER_MS

    def append(self, audio: bytes) -> list[Segment]:
        self._audio += audio
        segments: list[Segment] = []
        while len(self._audio) >= SEGMENT_BYTES:
            segments += self._cut(SEGMENT_BYTES)
        return segments

    def flush(self) -> list[Segment]:
        return self._cut(len(self._audio)) if self._audio else []

    def _cut(self, size: int) -> list[Segment]:
        audio = bytes(self._audio[:size])
        starts_at_ms = self._segment_starts_ms
        del self._audio[:size]
        self._segment_starts_ms += size // BYTES_PER_MS
        if self._speaker is Speaker.DAYBOOK and not audio.strip(SILENCE):
            return []  # a hole in a track is silence, and the person's track tells the length
        segment = Segment(self._speaker, self._next_sequence, starts_at_ms, audio)
        self._next_sequence += 1
        return [segment]


class Recording:
    """Both tracks of one call.

    Args:
        starts_at_ms: where this stream begins in the recording; 0 unless a call goes on after a break.
        next_sequences: the number that the next segment of each track is to bear.
    """

    def __init__(self, *, starts_at_ms: int, next_sequences: dict[Speaker, int]) -> None:
        self._starts_at_ms = starts_at_ms
        self._person = _Track(
            Speaker.PERSON, starts_at_ms=starts_at_ms, next_sequence=next_sequences.get(Speaker.PERSON, 0)
        )
        self._daybook = _Track(
            Speaker.DAYBOOK, starts_at_ms=starts_at_ms, next_sequence=next_sequences.get(Speaker.DAYBOOK, 0)
        )
        self._playout = Playout()
        self._complete: list[Segment] = []

    @property
    def now_ms(self) -> int:
        """How far the recording reaches: the present, in media time."""
        return self._person.ends_at_ms

    def heard(self, timestamp_ms: int, audio: bytes) -> tuple[bytes, list[Segment]]:
        """The person's next audio.

        Returns:
            What is to be recognised (the audio, with silence before it where there was a hole), and the segments of both
            tracks that are complete now.

        Raises:
            MalformedFrame: its timestamp lies further ahead than any hole in a call's audio.
        """
        hole_ms = self._starts_at_ms + timestamp_ms - self._person.ends_at_ms
        if hole_ms > _LONGEST_HOLE_MS:
            raise MalformedFrame("media.timestamp", "It is more than a minute ahead of the audio before it.")
        if hole_ms > _JITTER_MS:
            audio = SILENCE * (hole_ms * BYTES_PER_MS) + audio
        self._play(self._person.ends_at_ms)
        segments = self._person.append(audio) + self._complete
        self._complete = []
        return audio, segments

    def sent(self, mark: str, audio: bytes) -> None:
        """More of a prompt was sent to the person."""
        self._playout.sent(mark, audio)

    def all_sent(self, mark: str) -> None:
        """No more of it comes."""
        self._playout.all_sent(mark)

    def begins(self, mark: str) -> int | None:
        """The first of a prompt was heard just now, in the last piece of the person's audio.

        Returns:
            When it began to be heard; None where that is no news.
        """
        self._play(self._person.ends_at_ms - PIECE_MS)
        return self._daybook.ends_at_ms if self._playout.begins(mark) else None

    def ends(self, mark: str) -> None:
        """A prompt was heard to its end, unless it is being cleared."""
        self._playout.ends(mark)

    def clear(self) -> int:
        """What was not heard yet is being cleared.

        Returns:
            The clear's number, for `cleared`.
        """
        return self._playout.clear()

    def cleared(self, number: int) -> list[CutShort]:
        """A clear was obeyed just now: of these prompts no more is heard than was."""
        self._play(self._person.ends_at_ms)
        return self._playout.cleared(number)

    def finish(self) -> list[Segment]:
        """What is left of both tracks, up to now."""
        self._play(self._person.ends_at_ms)
        return self._complete + self._person.flush() + self._daybook.flush()

    def _play(self, until_ms: int) -> None:
        """Moves what was heard by then onto Daybook's track."""
        missing = (until_ms - self._daybook.ends_at_ms) * BYTES_PER_MS
        if missing > 0:
            self._complete += self._daybook.append(self._playout.play(missing).ljust(missing, SILENCE))
