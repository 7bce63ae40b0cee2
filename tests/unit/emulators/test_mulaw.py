from datetime import timedelta

import numpy as np
import pytest

from emulators import mulaw

NEGATIVE_ZERO = 0x7F


def test_every_code_survives_the_way_there_and_back() -> None:
    codes = bytes(code for code in range(256) if code != NEGATIVE_ZERO)
    assert mulaw.encode(mulaw.decode(codes)) == codes


def test_negative_zero_comes_back_as_silence() -> None:
    assert mulaw.encode(mulaw.decode(bytes([NEGATIVE_ZERO]))) == bytes([mulaw.SILENCE])


@pytest.mark.parametrize(("code", "sample"), [(0x00, -32124), (0x80, 32124), (0xFF, 0), (0x8F, 16764), (0xF0, 120)])
def test_codes_have_the_values_of_g711(code: int, sample: int) -> None:
    assert mulaw.decode(bytes([code]))[0] == sample


def test_every_sample_is_coded_to_within_one_step() -> None:
    samples = np.arange(-32768, 32768).astype(np.int16)
    error = np.abs(mulaw.decode(mulaw.encode(samples)).astype(int) - samples)
    assert np.all(error <= 4 + (np.abs(samples.astype(int)) + 132) // 32)


def test_durations() -> None:
    assert mulaw.silence(timedelta(milliseconds=20)) == b"\xff" * 160
    assert mulaw.duration(8000) == timedelta(seconds=1)


def test_energy() -> None:
    assert mulaw.energy(b"") == 0.0
    assert mulaw.energy(b"\xff" * 160) == 0.0
    assert mulaw.energy(b"\x80" * 160) == pytest.approx(0.98, abs=0.01)
