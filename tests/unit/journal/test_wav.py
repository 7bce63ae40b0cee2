import struct
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from journal import wav
from journal.records import KeptSegment, Speaker

segments = st.lists(
    st.tuples(st.integers(min_value=0, max_value=300), st.integers(min_value=1, max_value=800)), max_size=8
).map(
    lambda pieces: [
        KeptSegment(Speaker.PERSON, number, starts_at_ms, samples)
        for number, (starts_at_ms, samples) in enumerate(pieces)
    ]
)


@given(segments)
def test_no_segment_is_dropped_mixed_or_moved_ahead(kept):
    placed = wav.lay_out(kept)
    assert [placement.segment for placement in placed] == sorted(kept, key=lambda it: (it.starts_at_ms, it.sequence))
    assert all(placement.first >= placement.segment.starts_at_ms * 8 for placement in placed)
    assert all(earlier.end <= later.first for earlier, later in pairwise(placed))


@given(segments, st.integers(min_value=40, max_value=4000))
def test_read_in_chunks_a_track_is_the_same_as_read_at_once(kept, chunk):
    placed = wav.lay_out(kept)
    end = wav.length(placed)
    audio = {placement: bytes([placement.segment.sequence]) * placement.segment.samples for placement in placed}
    whole = wav.track_bytes(0, end, audio.items())
    pieces = []
    for first in range(0, end, chunk):
        stop = min(first + chunk, end)
        inside = [(placement, audio[placement]) for placement in wav.within(placed, first, stop)]
        pieces.append(bytes(wav.track_bytes(first, stop, inside)))
    assert b"".join(pieces) == bytes(whole)
    assert all(whole[placement.first : placement.end] == audio[placement] for placement in placed)


def test_between_segments_there_is_silence():
    [first, second] = wav.lay_out([KeptSegment(Speaker.PERSON, 0, 0, 8), KeptSegment(Speaker.PERSON, 1, 2, 8)])
    assert wav.track_bytes(0, 24, [(first, b"a" * 8), (second, b"b" * 8)]) == b"a" * 8 + b"\xff" * 8 + b"b" * 8


def test_a_segment_that_overlaps_follows_the_one_before():
    placed = wav.lay_out([KeptSegment(Speaker.PERSON, 0, 0, 80), KeptSegment(Speaker.PERSON, 1, 9, 80)])
    assert [placement.first for placement in placed] == [0, 80]


def test_left_is_the_first_track():
    assert wav.interleave(b"lll", bytearray(b"rrr")) == b"lrlrlr"


def test_the_header_says_stereo_mulaw_at_8_khz():
    header = wav.header(16_000)
    assert header[:4] == b"RIFF"
    assert struct.unpack("<I", header[4:8]) == (len(header) - 8 + 32_000,)
    assert header[8:16] == b"WAVEfmt "
    assert struct.unpack("<IHHIIHHH", header[16:38]) == (18, 7, 2, 8000, 16_000, 2, 8, 0)
    assert header[38:] == struct.pack("<4sII4sI", b"fact", 4, 16_000, b"data", 32_000)


def test_nothing_recorded_is_an_empty_file():
    assert wav.length([], []) == 0
    assert wav.header(0)[-4:] == bytes(4)
