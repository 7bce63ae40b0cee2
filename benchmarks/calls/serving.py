"""A contestant's server, in a process of its own while it is measured."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from benchmarks.contestants import ROOT, NotMeasurable


@contextmanager
def serving(argv: Sequence[str]) -> Iterator[tuple[int, int]]:
    """A server's process, while the block runs: its process id, and the port that it printed.

    Raises:
        NotMeasurable: it printed none.
    """
    environment = {**os.environ, "LOGURU_LEVEL": "ERROR"}  # Pipecat greets whoever imports it
    with subprocess.Popen(argv, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not line.strip().isdigit():
                raise NotMeasurable(f"{argv[2]} did not start; what it printed above says why.")
            yield process.pid, int(line)
        finally:
            process.kill()
