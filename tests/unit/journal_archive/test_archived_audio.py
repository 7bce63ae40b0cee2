import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daybook.journal.v1.journal_pb2 import SPEAKER_PERSON
from journal import wav
from journal.records import KeptSegment, Speaker
from journal_archive.archived_audio import NoRecording, pieces

# stretches of one sound each, many of them silence, so that seconds begin and end within them
STRETCHES = st.lists(
    st.tuples(st.sampled_from([b"\xff", b"\xff", b"\x01", b"\x7f"]), st.integers(min_value=1, max_value=20_000)),
    max_size=5,
)


def track(stretches, samples):
    return b"".join(sound * length for sound, length in stretches)[:samples].ljust(samples, b"\xff")


def recording(left, right):
    return wav.header(len(left)) + wav.interleave(left, right)


def laid_out(taken):
    """What a journal gives back of these pieces."""
    heard = {}
    for number, piece in enumerate(taken):
        speaker = Speaker.PERSON if piece.track == SPEAKER_PERSON else Speaker.DAYBOOK
        heard[KeptSegment(speaker, number, piece.starts_at_ms, len(piece.audio))] = piece.audio
    tracks = wav.tracks_of(heard)
    end = wav.length(*tracks)
    spoken = [wav.track_bytes(0, end, [(place, heard[place.segment]) for place in each]) for each in tracks]
    return recording(*spoken)


@settings(max_examples=60)
@given(STRETCHES, STRETCHES, st.integers(min_value=0, max_value=40_000))
def test_what_a_journal_makes_of_the_pieces_is_the_recording_byte_for_byte(left, right, samples):
    whole = recording(track(left, samples), track(right, samples))
    taken = list(pieces(io.BytesIO(whole)))
    assert laid_out(taken) == whole
    assert all(1 <= len(piece.audio) <= 8000 for piece in taken)


def test_silence_is_left_out_but_at_the_end_of_all():
    whole = recording(b"\x01" * 8000 + b"\xff" * 80_001, b"\xff" * 88_001)
    assert [(piece.starts_at_ms, len(piece.audio)) for piece in pieces(io.BytesIO(whole))] == [(0, 8000), (11_000, 1)]


@pytest.mark.parametrize(
    "spoilt",
    [
        b"",
        b"RIFF",
        recording(b"\x01" * 10, b"\x02" * 10)[:-1],
        recording(b"\x01" * 10, b"\x02" * 10) + b"\x00",
        b"RIFX" + recording(b"\x01", b"\x02")[4:],
        wav.header(0)[:-4] + b"\x03\x00\x00\x00",
        recording(b"\x01", b"\x02").replace(b"\x40\x1f\x00\x00", b"\x80\xbb\x00\x00", 1),
    ],
)
def test_what_is_no_recording_of_a_journal_is_refused(spoilt):
    with pytest.raises(NoRecording):
        list(pieces(io.BytesIO(spoilt)))
