import random

import numpy as np
import pytest

from emulators import mulaw, wordcode
from voice_gateway.loudness import Loudness

FRAME = 160
A_SECOND = 8000


def sounds(audio: bytes, *, after: Loudness | None = None) -> list[bool]:
    loudness = after or Loudness()
    return [loudness.is_sound(audio[at : at + FRAME]) for at in range(0, len(audio), FRAME)]


def noise(seconds: float, amplitude: int) -> bytes:
    chance = np.random.default_rng(1)
    return mulaw.encode(chance.normal(0, amplitude, int(seconds * A_SECOND)).astype(np.int16))


def test_silence_is_no_sound():
    assert not any(sounds(b"\xff" * A_SECOND + b"\x7f" * A_SECOND))


def test_words_are():
    heard = sounds(wordcode.encode("good evening") + b"\xff" * A_SECOND)
    assert heard[0]
    assert not any(heard[-50:])


@pytest.mark.parametrize("amplitude", [30, 200, 1_000])
def test_the_noise_of_a_line_becomes_part_of_it(amplitude):
    loudness = Loudness()
    sounds(noise(10, amplitude), after=loudness)
    assert not any(sounds(noise(5, amplitude), after=loudness))


@pytest.mark.parametrize("amplitude", [30, 200])
def test_words_stand_out_from_the_noise_of_their_line(amplitude):
    loudness = Loudness()
    sounds(noise(10, amplitude), after=loudness)
    said = mulaw.decode(wordcode.encode("good evening"))
    line = np.random.default_rng(2).normal(0, amplitude, len(said))
    heard = sounds(mulaw.encode((said / 4 + line).astype(np.int16)), after=loudness)
    assert sum(heard) > len(heard) / 2


def test_any_piece_is_borne():
    chance = random.Random(3)
    loudness = Loudness()
    assert loudness.is_sound(b"") is False
    for size in (1, 7, 8_000):
        loudness.is_sound(chance.randbytes(size))
