"""The envelope in which audio rests: one segment of a recording is one message of Cobblestone-256.

Cobblestone is C2SP's chunked encryption (https://c2sp.org/chunked-encryption), as pyca/cryptography carries it out: a message
has a salt of its own and commits to its key, a changed, cut, lengthened or reordered one does not open, and its context is
bound to it. The context here is where the segment belongs: `CONTEXT`, then the place as in `envelope`, then when it begins.
"""

import struct

from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.exceptions import InvalidTag

from journal.envelope import Key, Place

CONTEXT = b"daybook.audio.v1"
OVERHEAD_BYTES = 72
"""A salt of 24 and a commitment of 32, then the tag of the one chunk that a segment takes."""

_STARTS_AT_MS = struct.Struct(">Q")


def seal_audio(key: Key, place: Place, starts_at_ms: int, audio: bytes) -> bytes:
    """A segment sealed: `OVERHEAD_BYTES` longer than its audio, and opened at this place and moment alone.

    Args:
        key: the recording's.
        place: the recording, its track and the segment's number.
        starts_at_ms: when it begins, in milliseconds since the recording did.
        audio: less than 16 KiB.
    """
    encryptor = Cobblestone256Encryptor(key.secret, _context(place, starts_at_ms))
    return encryptor.update(audio) + encryptor.finalize()


def unseal_audio(key: Key, place: Place, starts_at_ms: int, sealed: bytes) -> bytes:
    """The audio of a segment.

    Raises:
        IntegrityError: it was sealed by another key or for another place or moment, or a bit of it changed, or it was cut.
    """
    decryptor = Cobblestone256Decryptor(key.secret, _context(place, starts_at_ms))
    try:
        return decryptor.update(sealed) + decryptor.finalize()
    except InvalidTag:
        raise place.damaged("its bytes were changed, or it belongs elsewhere") from None


def _context(place: Place, starts_at_ms: int) -> bytes:
    return CONTEXT + place.to_bytes() + _STARTS_AT_MS.pack(starts_at_ms)
