"""Sealing what identifies a person, so that names and phone numbers rest in no file of PostgreSQL in clear (promise 6).

A sealed value is one version byte, a random 96-bit nonce, and AES-256-GCM's ciphertext with its tag (NIST SP 800-38D). The
person's id and the column's name are bound in as associated data: a value copied to another row or column does not open.
"""

import base64
import binascii
import os
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from window_scheduler.errors import KeyUnusable, SealBroken

_VERSION = b"\x01"
_NONCE_BYTES = 12
_KEY_BYTES = 32
_HOW = "Make one with: head -c 32 /dev/urandom | base64"


class Sealer:
    """Seals and opens the columns of `people` under one key."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, words: str, *, person_id: UUID, column: str) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return _VERSION + nonce + self._cipher.encrypt(nonce, words.encode(), _bound_to(person_id, column))

    def open(self, sealed: bytes, *, person_id: UUID, column: str) -> str:
        """The words again.

        Raises:
            SealBroken: they were changed, moved, or sealed with another key.
        """
        nonce, ciphertext = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        if sealed[:1] == _VERSION and len(nonce) == _NONCE_BYTES:
            try:
                return self._cipher.decrypt(nonce, ciphertext, _bound_to(person_id, column)).decode()
            except InvalidTag:
                pass
        raise SealBroken(
            f"The {column} of person {person_id} does not open. Was it sealed with another DAYBOOK_PEOPLE_KEY_FILE?"
        )


def sealer_from(key_file: Path) -> Sealer:
    """The sealer of the key in a file: 32 random bytes, base64.

    Raises:
        KeyUnusable: there is no such file, or it holds no such key.
    """
    try:
        written = key_file.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        raise KeyUnusable(
            f"DAYBOOK_PEOPLE_KEY_FILE: there is no file of text at that path that can be read. {_HOW}"
        ) from None
    try:
        key = base64.b64decode(written.strip(), validate=True)
    except binascii.Error:
        raise KeyUnusable(f"DAYBOOK_PEOPLE_KEY_FILE: what it holds is not base64. {_HOW}") from None
    if len(key) != _KEY_BYTES:
        raise KeyUnusable(
            f"DAYBOOK_PEOPLE_KEY_FILE: it is to hold {_KEY_BYTES} bytes in base64, and holds {len(key)}. {_HOW}"
        )
    return Sealer(key)


def _bound_to(person_id: UUID, column: str) -> bytes:
    return f"daybook/people/{person_id}/{column}".encode()
