"""Key-encryption keys as files of a folder: a Kubernetes Secret, or what `make run` makes.

Kubernetes brings a changed Secret into running pods after a while. So a key that was added is found while the process runs, and
one that was taken away stays in its memory until it ends.
"""

import asyncio
import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from journal.envelope import KEY_BYTES, Key, Place, unwrap, wrap
from journal.errors import KeyUnusable

HOW_TO_MAKE_ONE = f"{KEY_BYTES} random bytes as base64: openssl rand -base64 {KEY_BYTES}"

_LARGEST_FILE_BYTES = 1024


@dataclass(frozen=True)
class FileKek:
    """A key-encryption key that was read from a file, and is held in memory."""

    name: str
    key: Key

    @property
    def id(self) -> str:
        return self.key.id

    async def wrap(self, place: Place, key: Key) -> bytes:
        return wrap(self.key, place, key)

    async def unwrap(self, place: Place, wrapped: bytes) -> Key:
        return unwrap(self.key, place, wrapped)


class MountedKeys:
    """
    Args:
        folder: each file in it holds one key. Names that begin with a dot are passed over: Kubernetes keeps its own there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def look(self) -> Sequence[FileKek]:
        """
        Raises:
            KeyUnusable: the folder cannot be read, or a file in it holds no key.
        """
        return await asyncio.to_thread(_read, self._folder)


def _read(folder: Path) -> list[FileKek]:
    try:
        paths = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise KeyUnusable(
            f"DAYBOOK_KEK_FOLDER cannot be read: {error.strerror}. It is to be a folder with a file for each key-encryption "
            f"key, {HOW_TO_MAKE_ONE}"
        ) from None
    if not paths:
        raise KeyUnusable(
            f"DAYBOOK_KEK_FOLDER is empty. It is to hold a file for each key-encryption key, {HOW_TO_MAKE_ONE}"
        )
    keks = [FileKek(path.name, _key_of(path)) for path in paths]
    names: dict[str, str] = {}
    for kek in keks:
        if kek.id in names:
            raise KeyUnusable(
                f"The files {names[kek.id]} and {kek.name} of DAYBOOK_KEK_FOLDER hold the same key. Remove one of them."
            )
        names[kek.id] = kek.name
    return keks


def _key_of(path: Path) -> Key:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE_BYTES)
    except OSError as error:
        raise KeyUnusable(f"The file {path.name} of DAYBOOK_KEK_FOLDER cannot be read: {error.strerror}.") from None
    try:
        return Key(base64.b64decode(content.strip(), validate=True))
    except (binascii.Error, ValueError):
        # `from None`, and no word about what was found: it may be most of a key
        raise KeyUnusable(
            f"The file {path.name} of DAYBOOK_KEK_FOLDER holds no key. It is to hold {HOW_TO_MAKE_ONE}"
        ) from None
