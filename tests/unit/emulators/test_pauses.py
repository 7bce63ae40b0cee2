from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from emulators.google_speech.ears import SpeechBegan, SpeechEnded
from emulators.google_speech.pauses import FRAME_BYTES, Frames, Pauses

SPEECH, SILENCE = b"s" * FRAME_BYTES, b"." * FRAME_BYTES


def turns(pattern: str) -> list[tuple[type, timedelta]]:
    pauses = Pauses(lambda frame: frame == SPEECH)
    found = [pauses.frame(SPEECH if frame == "s" else SILENCE) for frame in pattern]
    return [(type(turn), turn.at) for turn in found if turn is not None]


def frames(count: int) -> timedelta:
    return timedelta(milliseconds=20 * count)


def test_speech_begins_after_80_ms_and_ends_after_500_ms_without() -> None:
    assert turns("." * 10 + "s" * 10 + "." * 25) == [(SpeechBegan, frames(14)), (SpeechEnded, frames(45))]


def test_a_click_is_no_speech() -> None:
    assert turns("...ss....s..s...") == []


def test_a_short_gap_is_no_end() -> None:
    assert turns("ssss" + "." * 24 + "ssss" + "." * 24) == [(SpeechBegan, frames(4))]


def test_speech_may_begin_again() -> None:
    found = turns(("ssss" + "." * 25) * 3)
    assert [kind for kind, _ in found] == [SpeechBegan, SpeechEnded] * 3


@given(st.lists(st.binary(max_size=1000), max_size=20))
def test_frames_are_the_same_whatever_the_pieces(pieces: list[bytes]) -> None:
    cutter = Frames()
    cut = [frame for piece in pieces for frame in cutter.cut(piece)]
    assert all(len(frame) == FRAME_BYTES for frame in cut)
    assert b"".join(cut) + cutter.rest == b"".join(pieces)
