"""The envelope in which keys and words rest: AES-256-GCM, bound to the one place where it belongs.

Three keys stand above each other (reference/scheduling.md, D). A key-encryption key, kept outside the database, wraps one
key a person; that wraps one key a record (the turns of a session, a recording); that seals the words, and the audio
(`audio_envelope`). To destroy a person's key is to destroy all that was said; to change the key-encryption key is to wrap the
persons' keys anew. docs/security.md specifies all of it for another program.

Bytes of an envelope, numbers big-endian:

    offset  length  content
         0       4  "DBEN"
         4       1  version, 1
         5       4  key id: the first 4 bytes of SHA-256 of the sealing key, to tell a wrong key from changed bytes
         9      12  nonce, random; a record's key seals some thousand envelopes, far below the 2^32 that SP 800-38D, 8.3 allows
        21       n  ciphertext, as long as the plaintext
    21 + n      16  GCM tag

The associated data is the header and then the place, each of its fields after its length in 4 bytes: person id (16), record id
(16), kind (ASCII), sequence (8). An envelope that was moved to another person, record, kind or number therefore does not open.
A wrapped key is an envelope whose plaintext is the key's 32 bytes.
"""

import hashlib
import secrets
import struct
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from journal.errors import IntegrityError

MAGIC = b"DBEN"
VERSION = 1
KEY_BYTES = 32
TAG_BYTES = 16
NONCE_BYTES = 12

_HEADER = struct.Struct(f">4sB4s{NONCE_BYTES}s")
_LENGTH = struct.Struct(">I")
_SEQUENCE = struct.Struct(">Q")


class Kind(StrEnum):
    """What an envelope holds. The values are part of the format: they stand in the associated data."""

    CANARY = "canary"
    PERSON_KEY = "person-key"
    SESSION_KEY = "session-key"
    RECORDING_KEY = "recording-key"
    TURN = "turn"
    INVENTORY = "inventory"
    REVISION = "revision"
    AUDIO_OF_PERSON = "audio.person"
    AUDIO_OF_DAYBOOK = "audio.daybook"


@dataclass(frozen=True)
class Place:
    """Where an envelope belongs; it opens nowhere else.

    Attributes:
        record_id: the session of a turn, the recording of a segment, the person of a person's key.
        sequence: from 0, where a record holds several of a kind.
    """

    person_id: UUID
    record_id: UUID
    kind: Kind
    sequence: int = 0

    def to_bytes(self) -> bytes:
        """Each field after its length: no two places have the same bytes."""
        fields = (
            self.person_id.bytes,
            self.record_id.bytes,
            self.kind.encode("ascii"),
            _SEQUENCE.pack(self.sequence),
        )
        return b"".join(_LENGTH.pack(len(value)) + value for value in fields)

    def damaged(self, reason: str) -> IntegrityError:
        """What belongs here cannot be opened; why, as a clause."""
        return IntegrityError(self.kind, self.sequence, self.record_id, reason)


@dataclass(frozen=True)
class Key:
    """256 bits that seal and open envelopes. They never show in a repr.

    Raises:
        ValueError: it has another length.
    """

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) != KEY_BYTES:
            raise ValueError(f"a key has {KEY_BYTES} bytes")

    @property
    def id(self) -> str:
        """8 hexadecimal digits."""
        return hashlib.sha256(self.secret).hexdigest()[:8]


def new_key() -> Key:
    """A key that nobody has seen."""
    return Key(secrets.token_bytes(KEY_BYTES))


def seal(key: Key, place: Place, plaintext: bytes) -> bytes:
    """An envelope with this content, which opens with this key at this place alone."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    header = _HEADER.pack(MAGIC, VERSION, bytes.fromhex(key.id), nonce)
    return header + AESGCM(key.secret).encrypt(nonce, plaintext, header + place.to_bytes())


def unseal(key: Key, place: Place, envelope: bytes) -> bytes:
    """What was sealed.

    Raises:
        IntegrityError: it is no envelope, was sealed by another key or for another place, or a bit of it changed.
    """
    if len(envelope) < _HEADER.size + TAG_BYTES:
        raise place.damaged(f"it has {len(envelope)} bytes, too few for an envelope")
    header = envelope[: _HEADER.size]
    magic, version, key_id, nonce = _HEADER.unpack(header)
    if magic != MAGIC or version != VERSION:
        raise place.damaged(f"its header is not that of an envelope of version {VERSION}")
    if key_id.hex() != key.id:
        raise place.damaged(f"it was sealed by the key {key_id.hex()}, and the key at hand is {key.id}")
    try:
        return AESGCM(key.secret).decrypt(nonce, envelope[_HEADER.size :], header + place.to_bytes())
    except InvalidTag:
        raise place.damaged("its bytes were changed, or it belongs elsewhere") from None


def wrap(outer: Key, place: Place, inner: Key) -> bytes:
    """A key under another key."""
    return seal(outer, place, inner.secret)


def unwrap(outer: Key, place: Place, wrapped: bytes) -> Key:
    """The key that `wrap` put away.

    Raises:
        IntegrityError: see `unseal`.
    """
    secret = unseal(outer, place, wrapped)
    if len(secret) != KEY_BYTES:
        raise place.damaged(f"it holds {len(secret)} bytes, and a key has {KEY_BYTES}")
    return Key(secret)
