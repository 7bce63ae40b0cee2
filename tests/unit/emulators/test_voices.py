import pytest
import webrtcvad  # type: ignore[import-untyped]  # the wheel ships no types

from emulators import mulaw, wordcode
from emulators.errors import UnknownVoice, UnspeakableText
from emulators.voices import make_voice


@pytest.mark.parametrize("aggressiveness", [0, 1, 2, 3])
def test_wordcode_is_speech_to_a_voice_activity_detector(aggressiveness: int) -> None:
    detector = webrtcvad.Vad(aggressiveness)
    audio = make_voice("wordcode").speak("any word will do here")
    frames = [audio[at : at + 160] for at in range(0, len(audio), 160)]
    spoken = [frame for frame in frames if detector.is_speech(mulaw.decode(frame).tobytes(), 8000)]
    assert len(spoken) > 0.8 * len(frames)
    assert mulaw.energy(audio) > 0.5


def test_wordcode_says_what_it_was_given() -> None:
    assert wordcode.decode(make_voice("wordcode").speak("I walked by the river.")) == "I walked by the river."


@pytest.mark.parametrize("spec", ["hibari:heart", "hibari:deep"])
def test_hibari_speaks_at_a_human_pace(spec: str) -> None:
    audio = make_voice(spec).speak("I walked by the river this morning.")
    assert 1.5 < mulaw.duration(len(audio)).total_seconds() < 4
    assert mulaw.energy(audio) > 0.02


def test_the_two_hibari_voices_differ() -> None:
    assert make_voice("hibari:heart").speak("Hello.") != make_voice("hibari:deep").speak("Hello.")


def test_nothing_to_say_is_no_audio() -> None:
    assert make_voice("hibari:heart").speak("  ") == b""
    assert make_voice("wordcode").speak("") == b""


def test_what_an_english_voice_cannot_say_is_refused_without_repeating_it() -> None:
    with pytest.raises(UnspeakableText, match="write it in Latin letters") as refused:
        make_voice("hibari:heart").speak("日本語")
    assert "日" not in str(refused.value)


@pytest.mark.parametrize("spec", ["", "hibari", "hibari:", "hibari:emma", "wordcode:fast", "espeak"])
def test_an_unknown_voice_is_refused_with_the_list_of_those_that_there_are(spec: str) -> None:
    with pytest.raises(UnknownVoice, match="wordcode, hibari:heart, hibari:deep"):
        make_voice(spec)
