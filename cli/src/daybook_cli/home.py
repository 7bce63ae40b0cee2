"""The folder in which a local Daybook keeps everything: data, keys, logs, and what is running."""

import base64
import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

from daybook_cli.errors import NotRunning


@dataclass(frozen=True)
class Running:
    """What a supervisor tells other commands about the stack that it runs.

    Attributes:
        complete: every process is up and ready.
        supervisor_pid: the process that started all the others.
        scheduler: host:port of window-scheduler's gRPC.
        dispatcher: host:port of call-dispatcher's gRPC.
        journal: host:port of journal's gRPC.
        nats_url, nats_user: where events pass, and who looks at them; no user where NATS asks nobody.
        portal: where people open their pages.
        emulator_url: the Twilio emulator's address; empty where the carrier is real.
        outside: outside party → "real" or "emulated".
        health: process → address of its health endpoint, or empty where it has none.
        pids: process → its id.
        ports: who listens where, for a stack that is to describe the same.
        observing: what shows the metrics → its address, or how to get it; empty where nobody looks.
    """

    complete: bool
    supervisor_pid: int
    scheduler: str
    dispatcher: str
    journal: str
    nats_url: str
    nats_user: str
    emulator_url: str
    outside: dict[str, str]
    health: dict[str, str]
    pids: dict[str, int]
    ports: dict[str, int]
    portal: str = ""
    observing: dict[str, str] = field(default_factory=dict)

    @property
    def alive(self) -> bool:
        """Whether the supervisor that wrote this is still there."""
        return is_alive(self.supervisor_pid)


class Home:
    """Paths below one folder, `.daybook` of the working directory unless DAYBOOK_HOME names another."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.logs = self.folder / "logs"
        self.keys = self.folder / "keys"
        self.keks = self.folder / "keks"
        self.objects = self.folder / "objects"
        self.observatory = self.folder / "observatory"
        self.state = self.folder / "running.json"

    @classmethod
    def from_environment(cls) -> "Home":
        return cls(Path(os.environ.get("DAYBOOK_HOME", ".daybook")))

    def make(self) -> None:
        for folder in (self.folder, self.logs, self.keys, self.keks, self.objects):
            folder.mkdir(parents=True, exist_ok=True)
        self.keys.chmod(0o700)
        self.keks.chmod(0o700)

    def log(self, process: str) -> Path:
        return self.logs / f"{process}.log"

    def key(self, name: str) -> Path:
        """A key file of 32 random bytes in base64, made once."""
        path = self.keys / name
        if not path.exists():
            _make_key(path)
        return path

    def key_encryption_keys(self) -> Path:
        """The folder of the journal's key-encryption keys, each a file; the first is made once."""
        if not any(self.keks.iterdir()):
            _make_key(self.keks / "kek")
        return self.keks

    def secret(self, name: str) -> str:
        """A random word kept in a file, made once."""
        path = self.keys / name
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_hex(16))
        return path.read_text()

    def journal_secret(self, caller: str) -> str:
        """What a caller and the journal alone have: voice-gateway, portal or toolbox."""
        return self.secret(f"journal-{caller}")

    def write_running(self, running: Running) -> None:
        # whole or not at all: `daybook up` reads it while it is written
        written = self.state.with_suffix(".new")
        written.write_text(json.dumps(asdict(running), indent=2))
        written.replace(self.state)

    def forget_running(self) -> None:
        self.state.unlink(missing_ok=True)

    def running(self) -> Running:
        """What runs now.

        Raises:
            NotRunning: nothing does.
        """
        running = self.last_running()
        if running is None or not running.alive:
            raise NotRunning
        return running

    def last_running(self) -> Running | None:
        """What a supervisor wrote last, though it may be gone."""
        if not self.state.exists():
            return None
        return Running(**json.loads(self.state.read_text()))


def _make_key(path: Path) -> None:
    path.touch(mode=0o600)
    path.write_text(base64.b64encode(secrets.token_bytes(32)).decode())


def is_alive(pid: int) -> bool:
    """Whether there is a process of that id."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # somebody else's
    return True
