"""The recording of a call while it runs: two tracks on one timeline, cut into segments of one second.

The person's track is what arrived, by the timestamps of its frames; a hole in it is silence. Daybook's track is what was
really to be heard: audio is placed where it plays, after what was sent before and never in the past, and what was cleared
before it played is not in it.
"""

from dataclasses import dataclass

from voice_gateway.errors import MalformedFrame
from voice_gateway.exchange import Speaker
from voice_gateway.media import BYTES_PER_MS, SILENCE

SEGMENT_MS = 1000
SEGMENT_BYTES = SEGMENT_MS * BYTES_PER_MS
_JITTER_MS = 40
_LONGEST_HOLE_MS = 60_000


@dataclass(frozen=True)
class Segment:
    """At most one second of one track; `sequence` has no gaps, `starts_at_ms` may."""

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
        self._to_play = bytearray()
        self._silence_before_bytes = 0

    @property
    def now_ms(self) -> int:
        """How far the recording reaches: the present, in media time."""
        return self._person.ends_at_ms

    @property
    def plays_until_ms(self) -> int:
        """When all that was sent will have been played."""
        return self._daybook.ends_at_ms + (self._silence_before_bytes + len(self._to_play)) // BYTES_PER_MS

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
        segments = self._person.append(audio)
        return audio, segments + self._play(self._person.ends_at_ms)

    def sent(self, audio: bytes) -> None:
        """Audio for the person: it plays after what was sent before, or else from now on."""
        if not self._to_play:
            behind_ms = self._person.ends_at_ms - self._daybook.ends_at_ms
            self._silence_before_bytes = max(0, behind_ms) * BYTES_PER_MS
        self._to_play += audio

    def cleared(self) -> None:
        """What was not played yet is not heard."""
        self._to_play.clear()
        self._silence_before_bytes = 0

    def finish(self) -> list[Segment]:
        """What is left of both tracks, up to now."""
        return self._play(self._person.ends_at_ms) + self._person.flush() + self._daybook.flush()

    def _play(self, until_ms: int) -> list[Segment]:
        """Moves what was played by then onto Daybook's track."""
        missing = (until_ms - self._daybook.ends_at_ms) * BYTES_PER_MS
        if missing <= 0:
            return []
        silence = min(missing, self._silence_before_bytes)
        self._silence_before_bytes -= silence
        played = bytes(self._to_play[: missing - silence])
        del self._to_play[: len(played)]
        return self._daybook.append((SILENCE * silence + played).ljust(missing, SILENCE))
