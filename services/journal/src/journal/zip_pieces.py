"""A ZIP file that is made piece by piece and never held as a whole: what has been made is taken away while more is put in. Pure.

Python's `zipfile` writes to what cannot be sought in: sizes and checksums follow each file (APPNOTE.TXT, 4.3.9), and ZIP64 takes
over beyond 4 GiB. All is deflated, audio too: who reads such a file from its beginning on finds an end only of what is deflated
(java.util.zip.ZipInputStream refuses the rest), and half of a recording is silence. The fastest level makes it as
small as the usual one does, for an eighth of the CPU.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from types import TracebackType
from typing import IO, Any, Self
from zipfile import ZIP_DEFLATED, ZipFile

LEVEL = 1
LARGE_BYTES = 2_000_000_000
"""A file that may be longer gets sizes of 64 bits, which `zipfile` asks for from 2 GiB on, and which not every reader knows."""

_FIRST_YEAR, _LAST_YEAR = 1980, 2107  # APPNOTE.TXT, 4.4.6: a date has 7 bits for the year


class _Sink:
    """Where `zipfile` writes to: it may ask how far it is, and cannot seek."""

    def __init__(self, at: int) -> None:
        self._at = at
        self._made = bytearray()
        self.most_bytes = 0

    def write(self, data: bytes) -> int:
        self._made += data
        self._at += len(data)
        self.most_bytes = max(self.most_bytes, len(self._made))
        return len(data)

    def tell(self) -> int:
        return self._at

    def flush(self) -> None:
        """There is nothing below to be told."""

    def take(self) -> bytes:
        made = bytes(self._made)
        self._made.clear()
        return made


class Member:
    """A file in the ZIP, while it is written; and what it has come to."""

    def __init__(self, handle: IO[bytes]) -> None:
        self.size_bytes = 0
        self._handle = handle
        self._digest = hashlib.sha256()

    def write(self, piece: bytes) -> None:
        self._handle.write(piece)
        self._digest.update(piece)
        self.size_bytes += len(piece)

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


class ZipPieces:
    """Use it as a context manager: whoever gives up leaves it, and nothing stays.

    Args:
        at: how many bytes stand before this file where it is put.
    """

    def __init__(self, at: int = 0) -> None:
        self._sink = _Sink(at)
        sink: Any = self._sink  # the stubs ask for more than `zipfile` does
        self._zip = ZipFile(sink, "w", ZIP_DEFLATED, compresslevel=LEVEL)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()

    @property
    def most_bytes(self) -> int:
        """How much was held at most between two times that it was taken."""
        return self._sink.most_bytes

    @contextmanager
    def member(self, path: str, at: datetime, most_bytes: int) -> Iterator[Member]:
        """Adds a file.

        Args:
            path: with / between folders; none that is there already.
            at: when it was made, by the clocks that it is to tell.
            most_bytes: how long it will be, at most.
        """
        with self._zip.open(path, "w", force_zip64=most_bytes > LARGE_BYTES) as handle:
            yield Member(handle)
        if _FIRST_YEAR <= at.year <= _LAST_YEAR:
            self._zip.getinfo(path).date_time = (at.year, at.month, at.day, at.hour, at.minute, at.second)

    def take(self) -> bytes:
        """What has been made since it was taken last; it may be nothing yet."""
        return self._sink.take()

    def end(self) -> bytes:
        """Ends the file, which then has a directory, and takes the rest."""
        self._zip.close()
        return self._sink.take()
