import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_gateway.errors import MalformedFrame
from voice_gateway.exchange import Speaker
from voice_gateway.media import SILENCE
from voice_gateway.recording import SEGMENT_BYTES, SEGMENT_MS, Recording, Segment

FRAME = b"\x11" * 160


def recording(**changes):
    return Recording(**({"starts_at_ms": 0, "next_sequences": {}} | changes))


def listen(to: Recording, frames: int, *, audio: bytes = FRAME, from_ms: int = 0) -> list[Segment]:
    return [segment for n in range(frames) for segment in to.heard(from_ms + 20 * n, audio)[1]]


def track(segments: list[Segment], speaker: Speaker) -> bytes:
    """A track as the journal will play it: segments at their places, silence between."""
    audio = bytearray()
    for segment in segments:
        if segment.track is speaker:
            audio += SILENCE * (segment.starts_at_ms * 8 - len(audio)) + segment.audio
    return bytes(audio)


def test_the_person_is_kept_before_a_second_has_passed():
    kept = recording()
    segments = listen(kept, 120)
    assert [(s.sequence, s.starts_at_ms, len(s.audio)) for s in segments] == [
        (number, number * SEGMENT_MS, SEGMENT_BYTES) for number in range(3)
    ]
    assert kept.finish() == []
    assert kept.now_ms == 2400


def test_a_hole_is_silence_for_the_recording_and_for_the_recogniser():
    kept = recording()
    listen(kept, 5)
    audio, _ = kept.heard(300, FRAME)
    assert audio == SILENCE * 1600 + FRAME
    assert kept.now_ms == 320


def test_jitter_is_no_hole():
    kept = recording()
    kept.heard(0, FRAME)
    assert kept.heard(45, FRAME)[0] == FRAME


def test_a_frame_from_the_far_future_is_refused():
    with pytest.raises(MalformedFrame):
        recording().heard(3_600_000, FRAME)


def test_what_is_sent_is_kept_where_it_began_to_be_heard():
    kept = recording()
    segments = listen(kept, 10)
    kept.sent("prompt-1", b"\x01" * 800)
    kept.sent("prompt-1", b"\x02" * 800)
    segments += listen(kept, 3, from_ms=200)
    assert kept.begins("prompt-1") == 240
    segments += listen(kept, 37, from_ms=260) + kept.finish()
    daybook = track(segments, Speaker.DAYBOOK)
    assert daybook == SILENCE * 1920 + b"\x01" * 800 + b"\x02" * 800 + SILENCE * (SEGMENT_BYTES - 3520)


def test_what_was_cleared_before_it_played_is_not_in_the_recording():
    kept = recording()
    listen(kept, 1)
    kept.sent("prompt-1", b"\x01" * 8000)
    kept.begins("prompt-1")
    listen(kept, 10, from_ms=20)
    number = kept.clear()
    listen(kept, 2, from_ms=220)
    [cut] = kept.cleared(number)
    segments = listen(kept, 37, from_ms=260) + kept.finish()
    assert track(segments, Speaker.DAYBOOK).count(b"\x01") == cut.heard_ms * 8 == 260 * 8
    assert kept.cleared(number) == []


@pytest.mark.parametrize(("all_sent", "share"), [(True, 0.26), (False, 0.26)])
def test_how_much_of_a_prompt_was_heard(all_sent, share):
    kept = recording()
    listen(kept, 1)
    kept.sent("prompt-1", b"\x01" * 8000)
    if all_sent:
        kept.all_sent("prompt-1")
    kept.begins("prompt-1")
    listen(kept, 12, from_ms=20)
    [cut] = kept.cleared(kept.clear())
    assert cut.share == share


def test_silence_of_daybook_needs_no_segment():
    kept = recording()
    assert {s.track for s in listen(kept, 200) + kept.finish()} == {Speaker.PERSON}


def test_a_call_that_goes_on_continues_its_numbers_and_its_time():
    kept = recording(starts_at_ms=5_500, next_sequences={Speaker.PERSON: 6, Speaker.DAYBOOK: 2})
    kept.sent("prompt-1", b"\x01" * 160)
    segments = listen(kept, 1)
    kept.begins("prompt-1")
    segments += listen(kept, SEGMENT_MS // 20 - 1, from_ms=20) + kept.finish()
    assert {(s.track, s.sequence, s.starts_at_ms) for s in segments} == {
        (Speaker.PERSON, 6, 5500),
        (Speaker.DAYBOOK, 2, 5500),
    }


@given(st.lists(st.one_of(st.integers(1, 60), st.binary(min_size=1, max_size=9000), st.just("clear")), max_size=30))
def test_tracks_never_overlap_and_have_no_gap_in_their_numbers(deeds):
    kept = recording()
    segments: list[Segment] = []
    at_ms = 0
    for deed in deeds:
        if isinstance(deed, int):
            segments += listen(kept, deed, from_ms=at_ms)
            at_ms += 20 * deed
        elif isinstance(deed, bytes):
            kept.sent(f"prompt-{at_ms}", deed)
            kept.begins(f"prompt-{at_ms}")
        else:
            kept.cleared(kept.clear())
    segments += kept.finish()
    for speaker in Speaker:
        mine = [s for s in segments if s.track is speaker]
        assert [s.sequence for s in mine] == list(range(len(mine)))
        assert all(0 < len(s.audio) <= SEGMENT_BYTES for s in mine)
        ends = [s.starts_at_ms + len(s.audio) // 8 for s in mine]
        assert all(end <= later.starts_at_ms for end, later in zip(ends, mine[1:], strict=False))
        assert all(end <= kept.now_ms for end in ends)
    assert len(track(segments, Speaker.PERSON)) == kept.now_ms * 8
