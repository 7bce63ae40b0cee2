"""The picture of a recording: its peaks are those of the samples, however the file is cut, and each track has its own shape."""

import re
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from journal import wav
from portal.waveform import COLUMNS, HEADER_BYTES, LOUDEST, Waveform


def drawn(file, *cuts):
    waveform = Waveform(len(file))
    borders = sorted({0, len(file), *(cut for cut in cuts if cut < len(file))})
    for first, end in pairwise(borders):
        waveform.add(file[first:end])
    return waveform


def recording(person, daybook):
    return wav.header(len(person)) + wav.interleave(person, daybook)


def test_the_header_is_as_long_as_the_journals():
    assert wav.HEADER_BYTES == HEADER_BYTES


def test_silence_is_flat_and_the_loudest_sample_is_as_high_as_can_be():
    quiet = drawn(recording(b"\xff" * 8000, b"\x7f" * 8000))
    assert not any(quiet.person)
    assert not any(quiet.daybook)
    loud = drawn(recording(b"\x80" * 8000, b"\x00" * 8000))
    assert set(loud.person) == set(loud.daybook) == {LOUDEST}


def test_each_track_is_drawn_where_it_speaks():
    file = recording(b"\x80" * 12000 + b"\xff" * 12000, b"\xff" * 12000 + b"\x80" * 12000)
    waveform = drawn(file)
    half = COLUMNS // 2
    assert all(waveform.person[:half])
    assert not any(waveform.person[half + 1 :])
    assert not any(waveform.daybook[: half - 1])
    assert all(waveform.daybook[half + 1 :])


@settings(max_examples=60)
@given(st.integers(0, 3000), st.integers(0, 255), st.lists(st.integers(0, 7000), max_size=6))
def test_the_peaks_are_those_of_the_samples_wherever_the_file_is_cut(samples, seed, cuts):
    person, daybook = (bytes((seed + step * each * each) % 256 for each in range(samples)) for step in (3, 7))
    file = recording(person, daybook)
    waveform = drawn(file, *cuts)
    for track, audio, offset in ((waveform.person, person, 0), (waveform.daybook, daybook, 1)):
        expected = [0] * COLUMNS
        for number, byte in enumerate(audio):
            column = (2 * number + offset) * COLUMNS // (2 * samples)
            expected[column] = max(expected[column], ~byte & LOUDEST)
        assert list(track) == expected


def test_the_picture_is_small_and_has_a_shape_for_each_track():
    svg = drawn(recording(b"\x80" * 80_000, b"\x90" * 80_000)).svg()
    assert len(svg) < 16_000
    assert re.findall(r'id="(\w+)"', svg) == ["person", "daybook"]
    assert "style" not in svg


def test_a_recording_of_nothing_is_drawn():
    assert drawn(recording(b"", b"")).svg().count('d=""') == 2
