"""The command `daybook` as a process that starts in a moment: one process imports it once, and forks itself for each command.

What is forked has no event loop, thread or connection yet, and runs the command's own `main` with its own words, environment
and output: only the second and more that Python takes to import it is saved.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from daybook_cli.app import main

HERE = Path()


class ForkedCommands:
    """The client of the process that forks. One command runs at a time, whoever types them."""

    def __init__(self, process: "subprocess.Popen[str]", folder: Path) -> None:
        self._process = process
        self._folder = folder

    async def typed(self, *words: str | bytes, environment: Mapping[str, str]) -> tuple[int, str, str]:
        """As `run`, beside what else the event loop does."""
        return await asyncio.to_thread(self.run, [os.fsdecode(word) for word in words], environment)

    def run(self, words: Sequence[str], environment: Mapping[str, str], cwd: Path = HERE) -> tuple[int, str, str]:
        """Runs a command: (exit status, standard output, standard error)."""
        out, err = self._folder / "out", self._folder / "err"
        asked = {
            "words": list(words),
            "environment": dict(environment),
            "cwd": str(cwd),
            "out": str(out),
            "err": str(err),
        }
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the process that forks the commands has ended"
        return int(answer), out.read_text(), err.read_text()


@contextmanager
def forked_commands() -> Iterator[ForkedCommands]:
    """Commands while the block runs. Their terminal is wide enough for a sentence: that is read when they are imported."""
    wide = {**os.environ, "COLUMNS": "400"}
    with (
        tempfile.TemporaryDirectory(prefix="daybook-commands-") as folder,
        subprocess.Popen(
            [sys.executable, __file__], env=wide, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process,
    ):
        yield ForkedCommands(process, Path(folder))
        process.stdin.close()


def _serve() -> None:
    for line in sys.stdin:
        asked = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _become_a_command(asked)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201 - what the client reads


def _become_a_command(asked: dict) -> None:
    status = 1  # as Python's own, where `main` raises
    try:
        for name, stream in (("out", sys.stdout), ("err", sys.stderr)):
            os.dup2(os.open(asked[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream.fileno())
        os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
        os.chdir(asked["cwd"])
        os.environ.clear()
        os.environ.update(asked["environment"])
        sys.argv = ["daybook", *asked["words"]]
        main()
        status = 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001 - told as Python tells it
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)  # nothing of the process that forks is to be ended twice


if __name__ == "__main__":
    _serve()
