"""Speech that a test can read: each word of a text is a block of loud µ-law 8 kHz that carries the word itself in band.

A block is

    SYNC   word length   carrier length   word      carrier    CRC-32
    8      1 byte        2 bytes          UTF-8     filler     4 bytes     (each byte but SYNC's as two samples)

and is followed by a gap of silence. Every sample but SYNC's holds four bits on one of the 32 loudest µ-law codes (0x0n
and 0x8n). The sign is free, so it draws a square wave of 250 Hz: an energy threshold hears speech, and so does WebRTC's
detector in every mode. SYNC's samples stand outside of those 32 codes; so does silence. A block that was cut,
overwritten or started anew is therefore seen at the first sample that does not belong, and the CRC sees the rest: a
damaged block yields no word.

The carrier fills a word up to the length that it has when it is spoken. The CRC comes last, so a word counts as heard
only when all of it was heard.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from emulators.errors import UnspeakableText
from emulators.mulaw import SAMPLE_RATE_HZ, SILENCE

MAX_WORD_BYTES = 255
MIN_WORDS_PER_MINUTE = 10
MAX_WORDS_PER_MINUTE = 600

_SYNC = bytes.fromhex("109f1592971a9d18")
_HEADER_SAMPLES = 2 * 3
_CRC_SAMPLES = 2 * 4
_GAP_SHARE = 0.15
_MAX_GAP_SAMPLES = 480
_HALF_WAVE_SAMPLES = 16
_LOUD = bytes([*range(0x10), *range(0x80, 0x90)])


@dataclass(frozen=True)
class HeardWord:
    """A word, and where it lay: absolute positions in bytes (that is, samples) of all the audio fed so far."""

    text: str
    start_byte: int
    end_byte: int


def encode(text: str, *, words_per_minute: int = 150) -> bytes:
    """Speaks a text, its words being what stands between white space.

    Raises:
        UnspeakableText: a word is longer than `MAX_WORD_BYTES`, or the pace is none that anybody speaks at.
    """
    if not MIN_WORDS_PER_MINUTE <= words_per_minute <= MAX_WORDS_PER_MINUTE:
        raise UnspeakableText(
            f"{words_per_minute} words a minute cannot be spoken: "
            f"choose {MIN_WORDS_PER_MINUTE} to {MAX_WORDS_PER_MINUTE}"
        )
    word_samples = SAMPLE_RATE_HZ * 60 // words_per_minute
    gap_samples = min(_MAX_GAP_SAMPLES, int(word_samples * _GAP_SHARE))
    gap = bytes([SILENCE]) * gap_samples
    return b"".join(_block(word, word_samples - gap_samples) + gap for word in text.split())


def _block(word: str, samples: int) -> bytes:
    payload = word.encode()
    if len(payload) > MAX_WORD_BYTES:
        raise UnspeakableText(
            f"a word of {len(payload)} bytes cannot be spoken: put white space after at most {MAX_WORD_BYTES} bytes"
        )
    carrier_samples = max(0, samples - len(_SYNC) - _HEADER_SAMPLES - 2 * len(payload) - _CRC_SAMPLES)
    header = bytes([len(payload)]) + carrier_samples.to_bytes(2)
    body = _nibbles(header + payload) + bytes(carrier_samples)
    checksum = _nibbles(zlib.crc32(body).to_bytes(4))
    return _SYNC + _as_square_wave(body + checksum)


def _nibbles(data: bytes) -> bytes:
    return bytes(nibble for byte in data for nibble in (byte >> 4, byte & 0x0F))


def _octets(nibbles: bytes) -> bytes:
    return bytes(high << 4 | low for high, low in zip(nibbles[::2], nibbles[1::2], strict=True))


def _as_square_wave(nibbles: bytes) -> bytes:
    return bytes(nibble | (at // _HALF_WAVE_SAMPLES % 2) << 7 for at, nibble in enumerate(nibbles))


class Decoder:
    """Reads words out of audio that arrives in pieces of any size. It keeps less than one block."""

    def __init__(self) -> None:
        self._unread = b""
        self._unread_at = 0

    def feed(self, audio: bytes) -> list[HeardWord]:
        """The words whose last sample is in this piece."""
        self._unread += audio
        return list(self._words())

    def _words(self) -> Iterator[HeardWord]:
        while True:
            at = self._unread.find(_SYNC)
            if at < 0:
                self._drop(max(0, len(self._unread) - len(_SYNC) + 1))
                return
            self._drop(at)
            block = self._unread[len(_SYNC) :]
            expected = _samples_expected(block)
            received = block[:expected]
            if received.translate(None, delete=_LOUD):
                self._drop(len(_SYNC))
                continue
            if len(received) < expected:
                return
            start = self._unread_at
            text = _text(received)
            if text is None:
                self._drop(len(_SYNC))
            else:
                self._drop(len(_SYNC) + expected)
                yield HeardWord(text, start_byte=start, end_byte=self._unread_at)

    def _drop(self, samples: int) -> None:
        self._unread = self._unread[samples:]
        self._unread_at += samples


def _samples_expected(block: bytes) -> int:
    """How long a block (without its SYNC) will be, as far as its beginning tells."""
    if len(block) < _HEADER_SAMPLES:
        return _HEADER_SAMPLES
    word_bytes, carrier_high, carrier_low = _octets(_values(block[:_HEADER_SAMPLES]))
    return _HEADER_SAMPLES + 2 * word_bytes + (carrier_high << 8 | carrier_low) + _CRC_SAMPLES


def _text(block: bytes) -> str | None:
    """The word of a whole block (without its SYNC), or None where it is damaged."""
    values = _values(block)
    body, checksum = values[:-_CRC_SAMPLES], _octets(values[-_CRC_SAMPLES:])
    if zlib.crc32(body).to_bytes(4) != checksum:
        return None
    word_bytes = _octets(body[:2])[0]
    try:
        return _octets(body[_HEADER_SAMPLES : _HEADER_SAMPLES + 2 * word_bytes]).decode()
    except UnicodeDecodeError:
        return None


def _values(samples: bytes) -> bytes:
    """The four bits that each sample carries; the code of a sample without its sign is its value."""
    return bytes(sample & 0x0F for sample in samples)


def decode(audio: bytes) -> str:
    """All words in the audio, joined by spaces."""
    return " ".join(word.text for word in Decoder().feed(audio))
