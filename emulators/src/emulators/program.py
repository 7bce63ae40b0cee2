"""How an emulator runs as a program: settings from the environment, one ready line, a stop by SIGTERM or SIGINT."""

import asyncio
import json
import signal
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TypeVar

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from emulators.errors import EmulatorError

ENV_PREFIX = "DAYBOOK_EMULATOR_"

EXIT_FAILED = 1
EXIT_MISUSED = 2


class EmulatorSettings(BaseSettings):
    """What every emulator can be told, by `DAYBOOK_EMULATOR_…` in its own environment."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, extra="ignore", frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(default=0, ge=0, le=65535, description="0 is any free port; the ready line tells which")
    admin_port: int = Field(default=0, ge=0, le=65535, description="HTTP: /healthz, and faults on demand")
    time_factor: float = Field(default=1.0, gt=0, le=1000, description="seconds that pass here in one real second")

    def real(self, emulated: timedelta) -> float:
        """How many real seconds an emulated duration takes."""
        return emulated.total_seconds() / self.time_factor


@dataclass(frozen=True)
class Running:
    """Where an emulator listens."""

    host: str
    port: int
    admin_port: int

    @property
    def endpoint(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def base_url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def admin_url(self) -> str:
        return f"http://{self.host}:{self.admin_port}"


SettingsT = TypeVar("SettingsT", bound=EmulatorSettings)
Serve = Callable[[SettingsT], AbstractAsyncContextManager[Running]]


def run_emulator(name: str, settings_class: type[SettingsT], serve: Serve[SettingsT]) -> int:
    """Serves until SIGTERM or SIGINT, and prints one line of JSON once it is ready:

        {"event": "ready", "emulator": "gemini", "host": "127.0.0.1", "port": 41873, "admin_port": 38221}

    Returns:
        The exit status: 0, 1 where a port cannot be had, 2 where a setting is wrong (standard error says which).
    """
    try:
        settings = settings_class()
    except ValidationError as error:
        for problem in error.errors():
            variable = ENV_PREFIX + "_".join(map(str, problem["loc"])).upper()
            print(f"{name} does not start: set {variable} right: {problem['msg']}", file=sys.stderr)  # noqa: T201 - no log is set up in an emulator
        return EXIT_MISUSED
    try:
        asyncio.run(_until_stopped(name, serve(settings)))
    except EmulatorError as error:
        print(f"{name} does not start: {error}", file=sys.stderr)  # noqa: T201 - see above
        return EXIT_MISUSED
    except OSError as error:
        print(f"{name} does not start: {error}", file=sys.stderr)  # noqa: T201 - see above
        return EXIT_FAILED
    return 0


async def _until_stopped(name: str, serving: AbstractAsyncContextManager[Running]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with serving as running:
        print(json.dumps({"event": "ready", "emulator": name, **asdict(running)}), flush=True)  # noqa: T201 - the line that a starter waits for
        await stop.wait()
