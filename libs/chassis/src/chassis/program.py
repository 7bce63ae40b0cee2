"""How a process starts and stops: settings, logs, traces, an event loop, and a stop that a signal asks for.

async def serve(settings: Settings, stop: asyncio.Event) -> None:
    async with asyncio.TaskGroup() as tasks: …

if __name__ == "__main__":
    sys.exit(run_program("journal", Settings, serve))
"""

import asyncio
import gc
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TypeVar, cast

import structlog
import uvicorn
import uvloop
from prometheus_client import Gauge
from starlette.types import ASGIApp

from chassis.errors import DaybookError, SettingsError
from chassis.logs import configure_logs
from chassis.settings import ServiceSettings, load_settings
from chassis.telemetry import configure_traces

log = structlog.get_logger()

running_tasks = Gauge("daybook_tasks", "asyncio tasks that have begun and not ended.")

EXIT_FAILED = 1
EXIT_MISUSED = 2

Websockets = Callable[..., asyncio.BaseProtocol]
"""Called with uvicorn's `config`, `server_state` and `app_state`, by name."""
SettingsT = TypeVar("SettingsT", bound=ServiceSettings)


def run_program(
    service: str,
    settings_class: type[SettingsT],
    main: Callable[[SettingsT, asyncio.Event], Awaitable[None]],
) -> int:
    """Runs `main` until it returns, or until SIGTERM or SIGINT set its stop event and it has wound down.

    Returns:
        The exit status: 0, 1 where `main` failed (the log says how), 2 where a setting is wrong (standard error says which).
    """
    try:
        settings = load_settings(settings_class)
    except SettingsError as error:
        print(f"{service} does not start. {error}", file=sys.stderr)  # noqa: T201 - there is no log yet
        return EXIT_MISUSED
    configure_logs(service=service, level=settings.log_level)
    endpoint = str(settings.otlp_endpoint) if settings.otlp_endpoint is not None else None
    traces = configure_traces(service=service, otlp_endpoint=endpoint, trace_log=settings.trace_log)
    # what the imports made stays: looking through it for garbage, at every large piece of work, would cost a quarter of that
    gc.collect()
    gc.freeze()
    try:
        uvloop.run(_until_stopped(settings, main))
    except Exception as error:
        log.error("process.failed", reasons=_sentences(error), exc_info=error)
        return EXIT_FAILED
    finally:
        traces.shutdown()
    return 0


def _sentences(error: BaseException) -> list[str]:
    """The texts of our own errors, which hold no word of a person by rule; a library's may, and are left out."""
    if isinstance(error, BaseExceptionGroup):
        return [sentence for inner in error.exceptions for sentence in _sentences(inner)]
    return [str(error)] if isinstance(error, DaybookError) else []


async def _until_stopped(settings: SettingsT, main: Callable[[SettingsT, asyncio.Event], Awaitable[None]]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    running_tasks.set_function(lambda: len(asyncio.all_tasks(loop)))
    log.info("process.started")
    await main(settings, stop)
    log.info("process.stopped")


@asynccontextmanager
async def serving_http(
    app: ASGIApp, host: str, port: int, *, websockets: Websockets | None = None
) -> AsyncIterator[int]:
    """Serves an ASGI app while the block runs, and websockets where `websockets` makes a protocol for each connection that asks
    for one.

    Yields:
        The port it listens on, of use where 0 was asked for.

    Raises:
        OSError: the port is taken.
    """
    listener = socket.create_server((host, port))
    config = uvicorn.Config(
        app,
        ws=cast("type[asyncio.Protocol]", websockets) if websockets else "none",  # it does nothing but call it
        lifespan="off",
        log_config=None,
        access_log=False,
        # what a request says of where it comes from, anybody can write
        proxy_headers=False,
        timeout_graceful_shutdown=5,
    )
    server = _Server(config)
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(server.serve(sockets=[listener]))
        try:
            yield int(listener.getsockname()[1])
        finally:
            server.should_exit = True
            await asyncio.wait([serving])


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: `run_program` decides when to stop."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
