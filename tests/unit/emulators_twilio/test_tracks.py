from emulators import wordcode
from emulators.twilio.tracks import FRAME_BYTES, SILENT_FRAME, Track, full_frame, is_loud

LOUD = bytes([0x10] * FRAME_BYTES)


def test_silence_is_quiet_and_speech_is_loud():
    assert not is_loud(SILENT_FRAME)
    assert not is_loud(b"\x7f" * FRAME_BYTES)
    assert is_loud(LOUD)
    assert is_loud(SILENT_FRAME[:-1] + b"\x10")


def test_a_short_frame_is_filled_with_silence():
    assert full_frame(b"\x10") == b"\x10" + SILENT_FRAME[1:]


def test_a_pause_of_600_ms_ends_a_stretch_and_a_shorter_one_does_not():
    track = Track()
    frames = [SILENT_FRAME] * 5 + [LOUD] * 10 + [SILENT_FRAME] * 29 + [LOUD] + [SILENT_FRAME] * 30
    ended = [track.add(frame) for frame in frames]
    (stretch,) = [it for it in ended if it is not None]
    assert ended[-1] is stretch
    assert (stretch.start_ms, stretch.end_ms) == (100, 100 + 40 * 20)
    assert track.stretches == [stretch]


def test_a_track_gives_its_audio_back_byte_for_byte():
    audio = SILENT_FRAME * 40 + wordcode.encode("one two") + SILENT_FRAME * 50 + wordcode.encode("three")
    track = Track()
    for start in range(0, len(audio), FRAME_BYTES):
        track.add(full_frame(audio[start : start + FRAME_BYTES]))
    assert track.close() is not None
    assert track.close() is None
    assert track.audio()[: len(audio)] == audio
    assert [stretch.words for stretch in track.stretches] == [["one", "two"], ["three"]]
    assert track.text == "one two three"
