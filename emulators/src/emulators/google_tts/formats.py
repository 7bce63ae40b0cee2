"""The audio formats that Google Text-to-Speech answers in (pure).

A voice speaks µ-law at 8 kHz; other encodings are made of that. LINEAR16, MULAW and ALAW come with a WAV header when they are
synthesized at once, PCM does not, and nothing does when it is streamed (`AudioEncoding` in google-cloud-texttospeech 2.38).
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from google.cloud.texttospeech_v1 import types
from numpy.typing import NDArray

from emulators import mulaw

Encoding = types.AudioEncoding

_PCM_TAG, _ALAW_TAG, _MULAW_TAG = 0x0001, 0x0006, 0x0007


def _linear(speech: bytes) -> bytes:
    return mulaw.decode(speech).astype("<i2").tobytes()


def _alaw_table() -> NDArray[np.uint8]:
    """The A-law code (ITU-T G.711) of what each µ-law code sounds like."""
    sample = mulaw.decode(bytes(range(256))).astype(np.int32) >> 3
    magnitude = np.where(sample < 0, ~sample, sample)
    exponent = np.maximum(0, np.floor(np.log2(np.maximum(magnitude, 1))).astype(np.int32) - 4)
    mantissa = magnitude >> np.maximum(exponent, 1) & 0x0F
    sign = np.where(sample < 0, 0, 0x80)
    codes: NDArray[np.uint8] = ((sign | exponent << 4 | mantissa) ^ 0x55).astype(np.uint8)
    return codes


_ALAW = _alaw_table().tobytes()


@dataclass(frozen=True)
class Format:
    """How one encoding is made from µ-law speech, and what the format chunk of its WAV file says."""

    encoded: Callable[[bytes], bytes]
    wav_tag: int | None
    sample_bytes: int


_FORMATS = {
    Encoding.LINEAR16: Format(_linear, _PCM_TAG, sample_bytes=2),
    Encoding.PCM: Format(_linear, None, sample_bytes=2),
    Encoding.MULAW: Format(bytes, _MULAW_TAG, sample_bytes=1),
    Encoding.ALAW: Format(lambda speech: speech.translate(_ALAW), _ALAW_TAG, sample_bytes=1),
}
SYNTHESIZED = frozenset(_FORMATS)
STREAMED = frozenset({Encoding.PCM, Encoding.MULAW, Encoding.ALAW})


def streamed(speech: bytes, encoding: int) -> bytes:
    """Speech as a stream carries it: samples and nothing else."""
    return _FORMATS[Encoding(encoding)].encoded(speech)


def synthesized(speech: bytes, encoding: int) -> bytes:
    """Speech as a unary answer carries it: a WAV file, but for PCM."""
    form = _FORMATS[Encoding(encoding)]
    samples = form.encoded(speech)
    if form.wav_tag is None:
        return samples
    return _wav(samples, form.wav_tag, form.sample_bytes)


def _wav(samples: bytes, tag: int, sample_bytes: int) -> bytes:
    """A WAV file (RIFF; the two companded codes are written as plain PCM is, in a format chunk of 16 bytes)."""
    bytes_a_second = mulaw.SAMPLE_RATE_HZ * sample_bytes
    layout = struct.pack("<HHIIHH", tag, 1, mulaw.SAMPLE_RATE_HZ, bytes_a_second, sample_bytes, 8 * sample_bytes)
    chunks = b"WAVE" + _chunk(b"fmt ", layout) + _chunk(b"data", samples)
    return _chunk(b"RIFF", chunks)


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)
