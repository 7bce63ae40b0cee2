"""What a call would send, as a WAV file that a browser plays: one channel of 8 kHz µ-law. Pure."""

import struct

BYTES_PER_S = 8000
_FORMAT_MULAW = 7  # RFC 2361, A.4


def wav(audio: bytes) -> bytes:
    """The audio as it is, behind RIFF's header with the chunks fmt, fact (asked for by every format but PCM) and data."""
    padding = b"\x00" * (len(audio) % 2)  # chunks begin at even places
    chunks = struct.pack(
        "<4sIHHIIHHH4sII4sI",
        b"fmt ", 18, _FORMAT_MULAW, 1, BYTES_PER_S, BYTES_PER_S, 1, 8, 0,
        b"fact", 4, len(audio),
        b"data", len(audio),
    )  # fmt: skip
    return (
        struct.pack("<4sI4s", b"RIFF", 4 + len(chunks) + len(audio) + len(padding), b"WAVE") + chunks + audio + padding
    )
