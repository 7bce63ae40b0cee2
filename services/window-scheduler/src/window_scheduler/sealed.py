"""Sealing what identifies a person, so that names and phone numbers rest in no file of PostgreSQL in clear (promise 6).

A sealed value is one version byte, a random 96-bit nonce, and AES-256-GCM's ciphertext with its tag (NIST SP 800-38D). The
person's id and the column's name are bound in as associated data: a value copied to another row or column does not open.

A number that opted out is remembered as its HMAC-SHA-256 (RFC 2104), under a key that HKDF (RFC 5869) derives from the same one.
The number that somebody is called at, and one that asks to sign in, are found by such a hash too, under a key of its own: so
what is left of a deleted person in the ledger is no name for whoever has the number now.
A plain hash would hide nothing: a country has some ten thousand million numbers, which are hashed one by one within minutes.
Under a key that PostgreSQL does not hold, its files tell nobody which numbers these are.

Under another key no number would be found again, and those of people who were deleted could not be hashed anew: nobody has them
any more. So each row names its key, and the api does not start on another. Who ever builds a change of the key keeps the old
one for as long as the ledger bears rows of it.
"""

import base64
import binascii
import os
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from window_scheduler.errors import KeyUnusable, SealBroken

_VERSION = b"\x01"
_NONCE_BYTES = 12
_KEY_BYTES = 32
_KEY_ID_BYTES = 8
_HOW = "Make one with: head -c 32 /dev/urandom | base64"


class Sealer:
    """Seals and opens the columns of `people` and the codes of sign-ins under one key, and hashes numbers under two that are
    derived from it.

    Attributes:
        number_key_id: the name of the key that numbers are hashed under. It tells nothing of the key.
    """

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)
        self._number_key = _derived(key, b"daybook/opted-out-numbers/v1", _KEY_BYTES)
        self.number_key_id = _derived(key, b"daybook/opted-out-numbers/v1/key-id", _KEY_ID_BYTES)
        self._finding_key = _derived(key, b"daybook/numbers-to-find/v1", _KEY_BYTES)

    def number_hash(self, phone_number: str) -> bytes:
        """What a number is remembered by once it opted out, 32 bytes: always the same under one key.

        Args:
            phone_number: E.164, in its one spelling.
        """
        return _hashed(self._number_key, phone_number)

    def finding_hash(self, phone_number: str) -> bytes:
        """What a number is found by, 32 bytes: always the same under one key, and another than `number_hash`.

        Args:
            phone_number: E.164, in its one spelling.
        """
        return _hashed(self._finding_key, phone_number)

    def seal(self, words: str, *, person_id: UUID, column: str) -> bytes:
        return self._sealed(words, _bound_to(person_id, column))

    def open(self, sealed: bytes, *, person_id: UUID, column: str) -> str:
        """The words again.

        Raises:
            SealBroken: they were changed, moved, or sealed with another key.
        """
        words = self._opened(sealed, _bound_to(person_id, column))
        if words is None:
            raise SealBroken(
                f"The {column} of person {person_id} does not open. Was it sealed with another DAYBOOK_PEOPLE_KEY_FILE?"
            )
        return words

    def seal_code(self, code: str, *, sign_in_id: UUID) -> bytes:
        return self._sealed(code, _of_sign_in(sign_in_id))

    def open_code(self, sealed: bytes, *, sign_in_id: UUID) -> str:
        """The code of a sign-in again.

        Raises:
            SealBroken: as `open`.
        """
        code = self._opened(sealed, _of_sign_in(sign_in_id))
        if code is None:
            raise SealBroken("The code of a sign-in does not open. Was it sealed with another DAYBOOK_PEOPLE_KEY_FILE?")
        return code

    def _sealed(self, words: str, bound_to: bytes) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return _VERSION + nonce + self._cipher.encrypt(nonce, words.encode(), bound_to)

    def _opened(self, sealed: bytes, bound_to: bytes) -> str | None:
        nonce, ciphertext = nonce_of(sealed), sealed[1 + _NONCE_BYTES :]
        if sealed[:1] == _VERSION and len(nonce) == _NONCE_BYTES:
            try:
                return self._cipher.decrypt(nonce, ciphertext, bound_to).decode()
            except InvalidTag:
                pass
        return None


def nonce_of(sealed: bytes) -> bytes:
    """Drawn for each sealing: another one tells that a value was sealed anew."""
    return sealed[1 : 1 + _NONCE_BYTES]


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


def _derived(key: bytes, purpose: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt=None, info=purpose).derive(key)


def _hashed(key: bytes, phone_number: str) -> bytes:
    mac = HMAC(key, hashes.SHA256())
    mac.update(phone_number.encode())
    return mac.finalize()


def _bound_to(person_id: UUID, column: str) -> bytes:
    return f"daybook/people/{person_id}/{column}".encode()


def _of_sign_in(sign_in_id: UUID) -> bytes:
    return f"daybook/sign-ins/{sign_in_id}/code".encode()
