"""µ-law at 8 kHz, the audio of a telephone line: one byte a sample, 8 bytes a millisecond (ITU-T G.711).

By tables of numpy and not by `audioop`, which Python 3.13 no longer has.
"""

from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE_HZ = 8000
BYTES_PER_MS = 8
SILENCE = 0xFF

_BIAS = 0x84
_CLIP = 32635

Samples = NDArray[np.int16]


def _decoding_table() -> Samples:
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    magnitude = (((code & 0x0F) << 3) + _BIAS) << ((code & 0x70) >> 4)
    return np.where(code & 0x80, _BIAS - magnitude, magnitude - _BIAS).astype(np.int16)


def _encoding_table() -> NDArray[np.uint8]:
    """The code of every 16-bit sample, by the sample seen as unsigned."""
    sample = np.arange(65536, dtype=np.int32)
    sample = np.where(sample >= 32768, sample - 65536, sample)
    magnitude = np.minimum(np.abs(sample), _CLIP) + _BIAS
    exponent = np.floor(np.log2(magnitude)).astype(np.int32) - 7
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    sign = np.where(sample < 0, 0x80, 0)
    codes: NDArray[np.uint8] = (~(sign | (exponent << 4) | mantissa) & 0xFF).astype(np.uint8)
    return codes


_DECODED = _decoding_table()
_ENCODED = _encoding_table()


def encode(samples: Samples) -> bytes:
    """16-bit linear samples as µ-law."""
    return _ENCODED[samples.view(np.uint16)].tobytes()


def decode(audio: bytes) -> Samples:
    """µ-law as 16-bit linear samples."""
    return _DECODED[np.frombuffer(audio, dtype=np.uint8)]


def silence(duration: timedelta) -> bytes:
    return bytes([SILENCE]) * round(duration.total_seconds() * SAMPLE_RATE_HZ)


def duration(audio_bytes: int) -> timedelta:
    """How long so many bytes of audio play."""
    return timedelta(seconds=audio_bytes / SAMPLE_RATE_HZ)


def energy(audio: bytes) -> float:
    """The root mean square of the audio, from 0.0 (silence, or no audio) to 1.0 (full scale)."""
    if not audio:
        return 0.0
    return float(np.sqrt(np.mean(np.square(decode(audio) / 32768.0))))
