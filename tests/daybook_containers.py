"""Daybook's processes as containers, each as its pod would run it: another user than root, no capability, a root that nobody can
write to, a limit of memory, secrets as mounted files. The container engine stands where the interpreter stands otherwise, so the
supervisor starts, watches and stops them like processes.

They stand outside this process's tree: `remove_all` takes away whatever is left of them.
"""

import os
import subprocess
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, get_args

import psutil
from pydantic import SecretStr
from pydantic_settings import BaseSettings

import call_dispatcher.settings
import journal.settings
import portal.settings
import voice_gateway.settings
import window_scheduler.settings
from chassis.settings import variable_name
from daybook_cli.stack import Stack
from daybook_cli.supervisor import Process, inherited

ROOT = Path(__file__).parents[1]
ENGINE = str(ROOT / "deploy/images/engine")
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
LABEL = "daybook.tested-by"

# each package, and the image that carries it
IMAGES = {
    "window_scheduler": "window-scheduler",
    "call_dispatcher": "call-dispatcher",
    "voice_gateway": "voice-gateway",
    "journal": "journal",
    "portal": "portal",
    "emulators": "emulators",
    "daybook_cli": "toolbox",
}
GRPC_SERVICES = ("window-scheduler", "call-dispatcher", "journal")
# the limits of values.yaml
MEMORY = {"journal": "512m", "voice_gateway": "1g", "emulators": "512m", "daybook_cli": "256m"}


def secrets_of(settings: type[BaseSettings]) -> set[str]:
    """The variables of a service that are secrets, as its settings say."""
    return {
        variable_name(settings, name)
        for name, field in settings.model_fields.items()
        if SecretStr in {field.annotation, *get_args(field.annotation)}
    }


SECRETS = {
    name
    for settings in (
        call_dispatcher.settings.Settings,
        journal.settings.Settings,
        portal.settings.Settings,
        voice_gateway.settings.Settings,
        window_scheduler.settings.ApiSettings,
    )
    for name in secrets_of(settings)
}
AS_A_POD = (
    *("--rm", "--user", "10001:10001", "--read-only", "--tmpfs", "/tmp", "--network", "host"),
    *("--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--pids-limit", "200"),
)


def image_of(package: str) -> str:
    return f"{os.environ.get('IMAGES_REPOSITORY', 'daybook')}/{IMAGES[package]}:{os.environ.get('TAG', VERSION)}"


def engine(*argv: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([ENGINE, *argv], capture_output=True, text=True, check=False)


def run(package: str, *argv: str, options: Sequence[str] = ()) -> "subprocess.CompletedProcess[str]":
    """Runs an image to its end."""
    return engine(*_as_a_pod(package, options), *argv)


def python(package: str, program: str) -> str:
    """What a program says that runs with an image's own interpreter."""
    ended = run(package, "-c", program, options=["--entrypoint", "python"])
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


def _as_a_pod(package: str, options: Sequence[str]) -> list[str]:
    label = f"{LABEL}={os.getpid()}"
    memory = MEMORY.get(package, "384m")
    return ["run", *AS_A_POD, "--label", label, "--memory", memory, *options, image_of(package)]


def remove_all() -> None:
    """Removes the containers of this test run, and of runs that are gone."""
    shape = '{{.ID}} {{.Label "' + LABEL + '"}}'
    for line in engine("ps", "--all", "--filter", f"label={LABEL}", "--format", shape).stdout.splitlines():
        container, pid = line.split()
        if int(pid) == os.getpid() or not psutil.pid_exists(int(pid)):
            engine("rm", "--force", container)


class Started(NamedTuple):
    """What the engine is asked to start, and its own environment."""

    argv: list[str]
    environment: dict[str, str]


class ContainerStack(Stack):
    """A whole Daybook whose emulators, services, migrations and tick are containers; PostgreSQL and NATS run on the host."""

    def emulators(self) -> list[Process]:
        return [self._process(process) for process in super().emulators()]

    def services(self) -> list[Process]:
        return [self._process(process) for process in super().services()]

    def migrations(self) -> list[tuple[str, list[str], dict[str, str]]]:
        """Each migration, and beside it what an init container does in the meantime: it waits for it."""
        ended: list[tuple[str, list[str], dict[str, str]]] = []
        for name, argv, environment in super().migrations():
            ended.append((name, *self._contained(argv, environment)))
            waiting = [*argv[:-1], "wait-for-schema"]
            ended.append((name.replace("migrate", "wait-for-schema"), *self._contained(waiting, environment)))
        return ended

    def tick(self) -> tuple[str, list[str], dict[str, str]]:
        name, argv, environment = super().tick()
        return (name, *self._contained(argv, environment))

    def toolbox(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Runs the command `daybook` as an operator does in a cluster."""
        access = self.nats_access("toolbox")
        assert access.user is not None
        assert access.password is not None
        settings = {
            "DAYBOOK_SCHEDULER_TARGET": self.scheduler_target,
            "DAYBOOK_DISPATCHER_TARGET": self.dispatcher_target,
            "DAYBOOK_JOURNAL_TARGET": self.journal_target,
            "DAYBOOK_JOURNAL_SECRET": self.home.journal_secret("toolbox"),
            "DAYBOOK_NATS_URL": access.url,
            "DAYBOOK_NATS_USER": access.user,
            "DAYBOOK_NATS_PASSWORD": access.password.get_secret_value(),
        }
        started = self._contained(["python", "-m", "daybook_cli", *arguments], settings)
        return subprocess.run(started.argv, env=started.environment, capture_output=True, text=True, check=False)

    def sign_in_link(self, person_id: str) -> str:
        """Has the portal's image make a link, as an operator does by `kubectl exec`."""
        started = self._contained(["python", "-m", "portal", "sign-in-link", person_id], self.portal_settings())
        made = subprocess.run(started.argv, env=started.environment, capture_output=True, text=True, check=True)
        return made.stdout.splitlines()[-1]

    def probe_target(self, service: str) -> str:
        return self._target(f"{service}.probes")

    def _process(self, process: Process) -> Process:
        environment = dict(process.environment)
        if process.name in GRPC_SERVICES:
            environment["DAYBOOK_GRPC_HEALTH_PORT"] = str(self._port(f"{process.name}.probes"))
        argv, around = self._contained(process.argv, environment)
        return replace(process, argv=argv, environment=around)

    def _contained(self, argv: Sequence[str], environment: Mapping[str, str]) -> Started:
        """The same program with the same settings, as a container."""
        module, *arguments = argv[2:]
        package, _, _ = module.partition(".")
        command = [module, *arguments] if package == "emulators" else arguments
        settings = {name: value for name, value in environment.items() if name not in inherited() and value}
        secrets = {name: settings.pop(name) for name in SECRETS & settings.keys()}
        options = [*self._mounts(package, settings, secrets)]
        for name, value in settings.items():
            options += ["--env", f"{name}={value}"]
        return Started([ENGINE, *_as_a_pod(package, options), *command], dict(os.environ))

    def _mounts(self, package: str, settings: dict[str, str], secrets: Mapping[str, str]) -> list[str]:
        """Mounts secrets, keys and recordings where the chart does, and tells the settings of it."""
        options: list[str] = []
        if secrets:
            folder = self.home.folder / "secrets" / package
            folder.mkdir(parents=True, exist_ok=True)
            for name, value in secrets.items():
                (folder / name).write_text(value)
            settings["DAYBOOK_SECRETS_DIR"] = "/run/secrets/daybook"
            options += ["--volume", f"{folder}:/run/secrets/daybook:ro"]
        # as fsGroup would: the container's user is not this one
        if "DAYBOOK_PEOPLE_KEY_FILE" in settings:
            key = Path(settings["DAYBOOK_PEOPLE_KEY_FILE"])
            key.chmod(0o444)
            settings["DAYBOOK_PEOPLE_KEY_FILE"] = f"/run/secrets/daybook-keys/{key.name}"
            options += ["--volume", f"{key}:{settings['DAYBOOK_PEOPLE_KEY_FILE']}:ro"]
        if "DAYBOOK_KEK_FOLDER" in settings:
            keks = Path(settings["DAYBOOK_KEK_FOLDER"])
            keks.chmod(0o755)
            for key in keks.iterdir():
                key.chmod(0o444)
            settings["DAYBOOK_KEK_FOLDER"] = "/run/secrets/daybook-keks"
            options += ["--volume", f"{keks}:{settings['DAYBOOK_KEK_FOLDER']}:ro"]
        if "DAYBOOK_OBJECT_STORE_URL" in settings:
            self.home.objects.chmod(0o777)
            settings["DAYBOOK_OBJECT_STORE_URL"] = "file:///var/lib/daybook/recordings"
            options += ["--volume", f"{self.home.objects}:/var/lib/daybook/recordings"]
        return options
