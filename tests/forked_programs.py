"""Programs of ours as processes that start in a moment: one process a program imports it once, and forks itself for each start.

What is forked has no event loop, thread or connection yet, and runs the program's own `main` with its own words, environment
and output: only the seconds that Python takes to import it are saved. It is a process like another, to be killed at any moment.
"""

import asyncio
import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib import import_module

LONGEST_REQUEST = 2**16
WIDE = {"COLUMNS": "400"}
"""A terminal in which a sentence stands on one line."""


class ForkedProcess:
    """One that was started, as `asyncio.subprocess.Process` is.

    Attributes:
        stdout, stderr: what it writes.
        returncode: its exit status, or the negative number of the signal that ended it; None until it was waited for.
    """

    def __init__(self, forge: "_Forge", pid: int, stdout: "_Output", stderr: "_Output") -> None:
        self.pid = pid
        self.stdout = stdout.reader
        self.stderr = stderr.reader
        self.returncode: int | None = None
        self._forge = forge
        self._outputs = (stdout, stderr)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def send_signal(self, number: int) -> None:
        if self.returncode is None:  # until it was waited for, no other process has its number
            with suppress(ProcessLookupError):  # it is being waited for
                os.kill(self.pid, number)

    async def wait(self) -> int:
        for output in self._outputs:
            await output.over.wait()
        if self.returncode is None:
            self.returncode = await asyncio.to_thread(self._forge.status_of, self.pid)
        return self.returncode

    async def communicate(self) -> tuple[bytes, bytes]:
        """All that it writes yet, once it has ended."""
        await self.wait()
        return await self.stdout.read(), await self.stderr.read()


async def start_program(module: str, *words: str, environment: Mapping[str, str]) -> ForkedProcess:
    """Starts `python -m MODULE WORDS`, with this environment and nothing more."""
    forge = await asyncio.to_thread(_forge_of, module)
    (out, its_out), (err, its_err) = os.pipe(), os.pipe()
    try:
        pid = await asyncio.to_thread(forge.fork, words, environment, [its_out, its_err])
    finally:
        os.close(its_out)
        os.close(its_err)
    return ForkedProcess(forge, pid, await _Output.of(out), await _Output.of(err))


async def run_program(module: str, *words: str, environment: Mapping[str, str]) -> tuple[int, str, str]:
    """Runs `python -m MODULE WORDS` to its end: (exit status, standard output, standard error)."""
    process = await start_program(module, *words, environment=environment)
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def typed(*words: str | bytes, environment: Mapping[str, str]) -> tuple[int, str, str]:
    """What the command `daybook` answers to these words: (exit status, standard output, standard error)."""
    return await run_program("daybook_cli", *map(os.fsdecode, words), environment={**environment, **WIDE})


class _Output(asyncio.StreamReaderProtocol):
    """What a process writes; `over` is set once it has ended."""

    def __init__(self) -> None:
        self.reader = asyncio.StreamReader(limit=2**20)
        self.over = asyncio.Event()
        super().__init__(self.reader)

    @classmethod
    async def of(cls, descriptor: int) -> "_Output":
        _, output = await asyncio.get_running_loop().connect_read_pipe(cls, os.fdopen(descriptor, "rb", buffering=0))
        return output

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.over.set()


@cache
def _forge_of(module: str) -> "_Forge":
    forge = _Forge(module)
    atexit.register(forge.close)
    return forge


class _Forge:
    """The client of the process that forks: a request and its answer at a time."""

    def __init__(self, module: str) -> None:
        self._socket, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with its:
            argv = [sys.executable, __file__, module, str(its.fileno())]
            # a command looks how wide its terminal is when it is imported, too
            self._process = subprocess.Popen(argv, pass_fds=[its.fileno()], env={**os.environ, **WIDE})
        self._turn = threading.Lock()

    def fork(self, words: tuple[str, ...], environment: Mapping[str, str], descriptors: list[int]) -> int:
        return self._ask({"words": words, "environment": dict(environment)}, descriptors)

    def status_of(self, pid: int) -> int:
        """Waits for its end."""
        return self._ask({"status_of": pid}, [])

    def close(self) -> None:
        self._socket.close()
        self._process.wait()

    def _ask(self, request: dict[str, object], descriptors: list[int]) -> int:
        with self._turn:
            socket.send_fds(self._socket, [json.dumps(request).encode()], descriptors)
            answer = self._socket.recv(LONGEST_REQUEST)
        assert answer, "the process that forks programs has ended"
        return int(answer)


def _serve(module: str, client: socket.socket) -> None:
    program = import_module(f"{module}.__main__")
    while True:
        request, descriptors, _, _ = socket.recv_fds(client, LONGEST_REQUEST, 2)
        if not request:
            return
        asked = json.loads(request)
        if "status_of" in asked:
            _, status = os.waitpid(asked["status_of"], 0)
            answer = os.waitstatus_to_exitcode(status)
        else:
            answer = os.fork()
            if answer == 0:
                client.close()
                _become(program.main, module, asked["words"], asked["environment"], descriptors)
            for descriptor in descriptors:
                os.close(descriptor)
        client.send(str(answer).encode())


def _become(main, module: str, words: list[str], environment: dict[str, str], descriptors: list[int]) -> None:
    status = 1  # as Python's own, where `main` raises
    try:
        for descriptor, stream in zip(descriptors, (sys.stdout, sys.stderr), strict=True):
            os.dup2(descriptor, stream.fileno())
            os.close(descriptor)
        os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = [module, *words]
        status = main() or 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001 - told as Python tells it
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)  # nothing of the process that forks is to be ended twice


if __name__ == "__main__":
    _serve(sys.argv[1], socket.socket(fileno=int(sys.argv[2])))
