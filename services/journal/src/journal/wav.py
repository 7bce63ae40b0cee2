"""A recording as a WAV file: two channels of 8 kHz µ-law, left the person, right Daybook.

Segments are placed by when they were spoken, and what lies between them is silence. A segment that would begin before the
one before it has ended (two clocks never agree) is placed right after it: nothing that was said is dropped or mixed.
"""

import struct
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from journal.records import SAMPLES_PER_MS, SAMPLES_PER_S, KeptSegment, Speaker

CHANNELS = 2
SILENCE = b"\xff"  # µ-law for a sample of 0

WAVE_FORMAT_MULAW = 7  # RFC 2361, A.4


@dataclass(frozen=True)
class Placement:
    """A segment's place on its track, in samples."""

    segment: KeptSegment
    first: int

    @property
    def end(self) -> int:
        return self.first + self.segment.samples


Track: TypeAlias = Sequence[Placement]


def lay_out(segments: Iterable[KeptSegment]) -> list[Placement]:
    """The segments of one track at their places, in the order in which they begin."""
    placements: list[Placement] = []
    free_from = 0
    for segment in sorted(segments, key=lambda segment: (segment.starts_at_ms, segment.sequence)):
        placement = Placement(segment, max(segment.starts_at_ms * SAMPLES_PER_MS, free_from))
        placements.append(placement)
        free_from = placement.end
    return placements


def tracks_of(segments: Collection[KeptSegment]) -> list[Track]:
    """The person's track and Daybook's, laid out."""
    return [lay_out(segment for segment in segments if segment.track is track) for track in Speaker]


def length(*tracks: Track) -> int:
    """Samples until the last track ends."""
    return max((track[-1].end for track in tracks if track), default=0)


def duration_ms(segments: Collection[KeptSegment]) -> int:
    """How long a recording of these segments is."""
    return length(*tracks_of(segments)) // SAMPLES_PER_MS


def within(track: Track, first: int, end: int) -> list[Placement]:
    """The segments of which something lies in [first, end)."""
    return [placement for placement in track if placement.first < end and placement.end > first]


def track_bytes(first: int, end: int, spoken: Iterable[tuple[Placement, bytes]]) -> bytearray:
    """One track from sample `first` to `end`, silence where nothing was spoken.

    Args:
        first: the first sample.
        end: the sample after the last.
        spoken: segments with their audio; what lies outside is cut off.
    """
    track = bytearray(SILENCE) * (end - first)
    for placement, audio in spoken:
        start, stop = max(placement.first, first), min(placement.end, end)
        track[start - first : stop - first] = audio[start - placement.first : stop - placement.first]
    return track


def interleave(left: bytes | bytearray, right: bytes | bytearray) -> bytes:
    """Two tracks of one length as frames."""
    frames = bytearray(len(left) + len(right))
    frames[0::2] = left
    frames[1::2] = right
    return bytes(frames)


def size(samples: int) -> int:
    """Bytes of a file with so many frames."""
    return HEADER_BYTES + samples * CHANNELS


def header(samples: int) -> bytes:
    """What stands before `samples` frames: RIFF with the chunks fmt, fact (asked for by every format but PCM) and data."""
    data_bytes = samples * CHANNELS
    chunks = struct.pack(
        "<4sIHHIIHHH4sII4sI",
        b"fmt ", 18, WAVE_FORMAT_MULAW, CHANNELS, SAMPLES_PER_S, SAMPLES_PER_S * CHANNELS, CHANNELS, 8, 0,
        b"fact", 4, samples,
        b"data", data_bytes,
    )  # fmt: skip
    return struct.pack("<4sI4s", b"RIFF", 4 + len(chunks) + data_bytes, b"WAVE") + chunks


HEADER_BYTES = len(header(0))
