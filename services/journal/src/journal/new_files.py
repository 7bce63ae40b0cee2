"""New files of a folder, each whole or not at all.

They lie where obstore's store of that folder would put them, and come about as its own do: first under a name that ends in
`#` and a number, which it never lists, then under their own. What is asked for within one turn of the loop, one thread makes: to
go to a thread and back takes longer than to make a file (ADR 0025). Paths are text here, since pathlib would take as long again.
"""

import asyncio
import errno
import os
import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

THREADS = 8
"""A volume may be slow; then they wait for it side by side."""


@dataclass(frozen=True)
class _New:
    """A file to be made, and who waits for it: told True, or False where there is one of its path.

    Attributes:
        path: below the folder.
    """

    folder: str
    path: str
    content: bytes
    made: "asyncio.Future[bool]"


class NewFiles:
    """
    Args:
        folder: where. Folders below it are made as they are needed, and it never is: one that was taken away is told, and
            nothing is kept beside what was in it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="new-files")
        self._waiting: list[_New] = []

    async def create(self, path: str, content: bytes) -> bool:
        """Makes a file; False, and nothing is changed, where there is one of this path.

        Raises:
            OSError: the file system refused it.
        """
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._make_waiting, loop)
        new = _New(self._folder, path, content, loop.create_future())
        self._waiting.append(new)
        return await new.made

    def _make_waiting(self, loop: asyncio.AbstractEventLoop) -> None:
        waiting, self._waiting = self._waiting, []
        self._threads.submit(_make_all, waiting, loop)


def _make_all(files: Sequence[_New], loop: asyncio.AbstractEventLoop) -> None:
    """Runs in a thread."""
    loop.call_soon_threadsafe(_tell, [(file.made, _made(file)) for file in files])


def _tell(outcomes: "Sequence[tuple[asyncio.Future[bool], bool | OSError]]") -> None:
    for made, outcome in outcomes:
        if made.done():
            continue  # who waited has given up
        if isinstance(outcome, OSError):
            made.set_exception(outcome)
        else:
            made.set_result(outcome)


def _made(file: _New) -> bool | OSError:
    staged = f"{file.path}#{secrets.randbits(64)}"
    try:
        _write(file.folder, staged, file.content)
        return _linked(f"{file.folder}/{staged}", f"{file.folder}/{file.path}")
    except OSError as error:
        return error
    finally:
        with suppress(OSError):
            os.unlink(f"{file.folder}/{staged}")


def _write(folder: str, path: str, content: bytes) -> None:
    with _opened(folder, path) as file:
        if file.write(content) < len(content):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _opened(folder: str, path: str) -> FileIO:
    try:
        return open(f"{folder}/{path}", "xb", buffering=0)
    except FileNotFoundError:
        *below, _ = path.split("/")
        for name in below:
            folder = f"{folder}/{name}"
            with suppress(FileExistsError):
                os.mkdir(folder)
        return open(f"{folder}/{path.rpartition('/')[2]}", "xb", buffering=0)


def _linked(staged: str, path: str) -> bool:
    try:
        os.link(staged, path)
    except FileExistsError:
        return False
    return True
