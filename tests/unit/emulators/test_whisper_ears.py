"""How the ears cut what they hear into pieces for Whisper; in its place, wordcode reads what a piece holds whole."""

from datetime import timedelta

from emulators import mulaw, wordcode
from emulators.google_speech.ears import Final, Heard, Interim, SpeechBegan, SpeechEnded
from emulators.google_speech.whisper_ears import WhisperEars

PAUSE = mulaw.silence(timedelta(seconds=1))
BREATH = mulaw.silence(timedelta(milliseconds=350))


async def read(audio: bytes) -> tuple[str, float]:
    return wordcode.decode(audio), 0.9


async def hear(audio: bytes, *, guessing: bool = True) -> list[Heard]:
    ears = WhisperEars(read)
    heard: list[Heard] = []
    for at in range(0, len(audio), 800):
        heard += [event async for event in ears.hear(audio[at : at + 800])]
        if guessing and (guess := await ears.guess()) is not None:
            heard.append(guess)
    return [*heard, *[event async for event in ears.finish()]]


def finals(heard: list[Heard]) -> list[str]:
    return [event.text for event in heard if isinstance(event, Final)]


async def test_each_utterance_is_one_final_between_its_activity_events() -> None:
    heard = await hear(PAUSE + wordcode.encode("one two") + PAUSE + wordcode.encode("three") + PAUSE)
    assert [type(event) for event in heard] == [SpeechBegan, SpeechEnded, Final] * 2
    assert finals(heard) == ["one two", "three"]


async def test_a_final_ends_with_its_last_sound() -> None:
    heard = await hear(PAUSE + wordcode.encode("one two") + PAUSE)
    (final,) = (event for event in heard if isinstance(event, Final))
    assert timedelta(seconds=1.7) < final.end < timedelta(seconds=2)


async def test_guesses_come_at_ever_longer_intervals_and_only_grow() -> None:
    heard = await hear(PAUSE + wordcode.encode(" ".join(map(str, range(30)))) + PAUSE)
    guesses = [event for event in heard if isinstance(event, Interim)]
    assert len(guesses) == 3
    assert all(finals(heard)[0].startswith(guess.text) for guess in guesses)


async def test_nothing_is_guessed_while_nobody_speaks() -> None:
    assert await hear(PAUSE * 10) == []


async def test_what_is_being_said_at_the_end_is_told() -> None:
    assert finals(await hear(wordcode.encode("good night"))) == ["good night"]


async def test_a_monologue_is_cut_at_breaths_and_loses_no_word() -> None:
    sentences = [" ".join(f"{sentence}-{word}" for word in range(10)) for sentence in range(15)]
    heard = await hear(BREATH.join(map(wordcode.encode, sentences)) + PAUSE, guessing=False)
    assert " ".join(finals(heard)) == " ".join(sentences)
    assert len(finals(heard)) > 3
    ends = [event.end for event in heard if isinstance(event, Final)]
    assert ends == sorted(ends)


async def test_a_monologue_without_a_breath_is_cut_all_the_same() -> None:
    words = [str(number) for number in range(100)]
    heard = await hear(wordcode.encode(" ".join(words)) + PAUSE, guessing=False)
    kept = " ".join(finals(heard)).split()
    assert len(finals(heard)) == 2
    assert len(set(words) - set(kept)) <= 1  # the one that was cut
