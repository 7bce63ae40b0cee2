"""Which bytes of a file a request asks for (RFC 9110, 14). Pure.

One range is given. Several at once are answered by the whole file, as a server may (14.2): no browser asks for them here.
"""

import re
from dataclasses import dataclass

_RANGE = re.compile(r"bytes=[ \t]*(\d{0,18})-(\d{0,18})[ \t]*", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class Span:
    """Bytes that stand in a file, of which there is at least one.

    Attributes:
        first, last: of them, from 0.
        total_bytes: how long the whole file is.
    """

    first: int
    last: int
    total_bytes: int

    @property
    def length(self) -> int:
        return self.last - self.first + 1

    @property
    def content_range(self) -> str:
        return f"bytes {self.first}-{self.last}/{self.total_bytes}"


@dataclass(frozen=True)
class AskedRange:
    """What a Range header asks for, before one knows how long the file is.

    Attributes:
        first: the first byte; None: the last bytes are asked for, `last` of them.
        last: the last byte; None: all from the first one on.
    """

    first: int | None
    last: int | None

    def within(self, total_bytes: int) -> Span | None:
        """What there is of it; None where there is nothing of it (416)."""
        asked = self.from_the_beginning(total_bytes)
        if asked.first is None or asked.first >= total_bytes:
            return None
        last = total_bytes - 1 if asked.last is None else min(asked.last, total_bytes - 1)
        return Span(asked.first, last, total_bytes)

    def from_the_beginning(self, total_bytes: int) -> "AskedRange":
        """The same, told by its first byte; a part that there is not begins beyond the end."""
        if self.first is not None:
            return self
        wanted = min(self.last or 0, total_bytes)
        return AskedRange(total_bytes - wanted, None)


def asked_range(header: str | None) -> AskedRange | None:
    """What a Range header asks for; None where there is none that can be read, and the whole file is to be given."""
    found = _RANGE.fullmatch(header or "")
    if found is None:
        return None
    first, last = (int(number) if number else None for number in found.groups())
    if (first is None and last is None) or (first is not None and last is not None and last < first):
        return None
    return AskedRange(first, last)


def nothing_of(total_bytes: int) -> str:
    """The Content-Range of an answer that has nothing of what was asked for (14.4)."""
    return f"bytes */{total_bytes}"
