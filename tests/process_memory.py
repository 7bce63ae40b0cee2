"""What a core dump of a process would hold, read from the process while it runs (`man proc_pid_mem`)."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from io import FileIO
from pathlib import Path

import psutil

CHUNK_BYTES = 1 << 22
LONGEST_NEEDLE = 256


def found_in_memory(pid: int, needles: Sequence[bytes]) -> set[bytes]:
    """Those of the needles that stand in the memory of a process or of one that it has started."""
    processes = [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
    return {
        needle
        for process in processes
        for chunk in _written_by(process, with_shared=process == pid)  # what they share, the first one has
        for needle in needles
        if needle in chunk
    }


def _written_by(pid: int, *, with_shared: bool) -> Iterator[bytes]:
    """All that may have been written to, in pieces that overlap; of a process that has ended, nothing."""
    ended = suppress(FileNotFoundError, ProcessLookupError)
    with ended, Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for mapping in Path(f"/proc/{pid}/maps").read_text().splitlines():
            addresses, permissions, *_ = mapping.split()
            if permissions[1] == "w" and (with_shared or permissions[3] == "p"):
                first, end = (int(address, 16) for address in addresses.split("-"))
                for at in range(first, end, CHUNK_BYTES):
                    yield _read(memory, at, min(CHUNK_BYTES + LONGEST_NEEDLE, end - at))


def _read(memory: FileIO, at: int, size: int) -> bytes:
    """Nothing of what has been given back meanwhile."""
    try:
        memory.seek(at)
        return memory.read(size)
    except OSError:
        return b""
