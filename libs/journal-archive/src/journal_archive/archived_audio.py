"""A recording of an archive as the pieces that a journal takes. Pure.

A piece is a second of one track. One that is nothing but silence is left out: where a journal has no audio it gives silence, so
what it gives back is the same, byte for byte. The last one stays where both tracks are silent, since the recording ends with it.
"""

import struct
from collections.abc import Iterator
from typing import Protocol

from daybook.journal.v1.archive_pb2 import ArchivedAudio
from daybook.journal.v1.journal_pb2 import SPEAKER_DAYBOOK, SPEAKER_PERSON

SAMPLES_PER_S = 8000
CHANNELS = 2
SILENCE = b"\xff"  # µ-law for a sample of 0

_HEADER = struct.Struct("<4sI4s4sIHHIIHHH4sII4sI")
_MULAW = 7  # RFC 2361, A.4


class Readable(Protocol):
    def read(self, size: int, /) -> bytes:
        """So many bytes, or what is left."""


class NoRecording(Exception):
    """It is no recording as a journal gives it."""


def pieces(file: Readable) -> Iterator[ArchivedAudio]:
    """
    Raises:
        NoRecording: the file is no WAV of two channels of 8 kHz µ-law, or ends before its end, or goes on beyond it.
    """
    samples = _samples(file.read(_HEADER.size))
    for first in range(0, samples, SAMPLES_PER_S):
        wanted = min(SAMPLES_PER_S, samples - first)
        frames = file.read(wanted * CHANNELS)
        if len(frames) != wanted * CHANNELS:
            raise NoRecording
        person, daybook = frames[0::2], frames[1::2]
        starts_at_ms = first * 1000 // SAMPLES_PER_S
        ends_here = first + wanted == samples
        if _is_heard(person) or (ends_here and not _is_heard(daybook)):
            yield ArchivedAudio(track=SPEAKER_PERSON, starts_at_ms=starts_at_ms, audio=person)
        if _is_heard(daybook):
            yield ArchivedAudio(track=SPEAKER_DAYBOOK, starts_at_ms=starts_at_ms, audio=daybook)
    if file.read(1):
        raise NoRecording


def _is_heard(audio: bytes) -> bool:
    return audio.count(SILENCE) != len(audio)


def _samples(header: bytes) -> int:
    """How many frames follow."""
    if len(header) != _HEADER.size:
        raise NoRecording
    told = _HEADER.unpack(header)
    data_bytes = int(told[-1])
    samples = data_bytes // CHANNELS
    expected = (
        b"RIFF", _HEADER.size - 8 + data_bytes, b"WAVE",
        b"fmt ", 18, _MULAW, CHANNELS, SAMPLES_PER_S, SAMPLES_PER_S * CHANNELS, CHANNELS, 8, 0,
        b"fact", 4, samples,
        b"data", samples * CHANNELS,
    )  # fmt: skip
    if told != expected:
        raise NoRecording
    return samples
