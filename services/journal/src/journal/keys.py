"""Key-encryption keys: what wraps the persons' keys, kept where the database is not.

`KeyEncryptionKeys` is the port. `MountedKeyFile` is a file that the platform mounts (a Kubernetes Secret, a file under
`make run`); a key management service has the same two operations.
"""

import asyncio
import base64
import binascii
from pathlib import Path
from typing import Protocol

from journal.envelope import KEY_BYTES, Key, Place, unwrap, wrap
from journal.errors import KeyUnusable

HOW_TO_MAKE_ONE = f"It is to hold {KEY_BYTES} random bytes as base64: openssl rand -base64 {KEY_BYTES}"

_LARGEST_FILE_BYTES = 1024


class KeyEncryptionKeys(Protocol):
    """Wraps and unwraps keys without giving its own away."""

    @property
    def active_id(self) -> str:
        """The key that new wraps are made with."""

    async def wrap(self, place: Place, key: Key) -> bytes:
        """A key under the active key-encryption key, bound to its place."""

    async def unwrap(self, kek_id: str, place: Place, wrapped: bytes) -> Key:
        """The key that was wrapped under the key-encryption key `kek_id`.

        Raises:
            KeyUnusable: that key-encryption key is not at hand.
            IntegrityError: the wrapped key was changed, or belongs elsewhere.
        """

    async def check(self) -> None:
        """Returns when the keys can be used.

        Raises:
            KeyUnusable: they cannot.
        """


class MountedKeyFile:
    """One key-encryption key, read from a file at start-up and held in memory."""

    def __init__(self, path: Path) -> None:
        """
        Raises:
            KeyUnusable: the file is missing, cannot be read, or holds no key.
        """
        self._path = path
        self._key = _read(path)

    @property
    def active_id(self) -> str:
        return self._key.id

    async def wrap(self, place: Place, key: Key) -> bytes:
        return wrap(self._key, place, key)

    async def unwrap(self, kek_id: str, place: Place, wrapped: bytes) -> Key:
        if kek_id != self._key.id:
            raise KeyUnusable(
                f"DAYBOOK_KEK_FILE holds the key {self._key.id}, and this journal's keys were wrapped by the key {kek_id}. "
                f"Mount the key {kek_id}: without it nothing that was kept can be read."
            )
        return unwrap(self._key, place, wrapped)

    async def check(self) -> None:
        """Also notices a file that was replaced while the process runs.

        Raises:
            KeyUnusable: the file is gone, or no longer holds the key that was read at start-up.
        """
        found = await asyncio.to_thread(_read, self._path)
        if found != self._key:
            raise KeyUnusable(
                f"DAYBOOK_KEK_FILE holds the key {found.id} now, and this process works with {self._key.id}. "
                "Mount the former key again."
            )


def _read(path: Path) -> Key:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE_BYTES)
    except OSError as error:
        raise KeyUnusable(f"DAYBOOK_KEK_FILE cannot be read: {error.strerror}. {HOW_TO_MAKE_ONE}") from None
    try:
        return Key(base64.b64decode(content.strip(), validate=True))
    except (binascii.Error, ValueError):
        # `from None`, and no word about what was found: it may be most of a key
        raise KeyUnusable(f"DAYBOOK_KEK_FILE holds no key. {HOW_TO_MAKE_ONE}") from None
