"""The commands that start, stop and show a whole Daybook on this machine. Their packages come with the extra `local`."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Annotated

import psutil
import typer
from dotenv import dotenv_values
from rich.console import Console

from daybook_cli.carrier_words import EVER, carrier_words
from daybook_cli.errors import CommandError, NotRunning
from daybook_cli.home import Home, Running
from daybook_cli.interruptible import until_interrupted
from daybook_cli.outside import choose_outside
from daybook_cli.portal_link import portal_link
from daybook_cli.run import run_demo
from daybook_cli.running import keep_ticking, running_stack
from daybook_cli.stack import Stack
from daybook_cli.supervisor import supervising
from daybook_cli.tuning import Tuning

UP_WITHIN_S = 180.0
DOWN_WITHIN_S = 120.0
LOOK_EVERY_S = 0.2

commands = typer.Typer()
console = Console(highlight=False)


def _environment() -> dict[str, str]:
    """The process's environment, with what `.env` of the working directory adds to it."""
    from_file = {name: value for name, value in dotenv_values(".env").items() if value}
    return {**from_file, **os.environ}


def _stack(*, trace: bool = False, observe: bool = False, ports: Mapping[str, int] | None = None) -> Stack:
    settings = _environment()
    tuning = Tuning(
        time_factor=float(settings.get("DAYBOOK_TIME_FACTOR", "1")),
        voices=settings.get("DAYBOOK_VOICES", "hibari"),
        persona=settings.get("DAYBOOK_PERSONA", "talks_and_completes"),
        trace=trace,
        observe=observe,
    )
    return Stack(Home.from_environment(), settings, choose_outside(settings), tuning, ports=ports)


Trace = Annotated[bool, typer.Option("--trace", help="Write spans to the logs and show the call's trace.")]
Observe = Annotated[
    bool, typer.Option("--observe", help="Start a Prometheus with the chart's alerts, and Grafana where there is one.")
]


@commands.command()
def run(
    once: Annotated[bool, typer.Option("--once", help="End after the first entry, with status 0.")] = False,
    trace: Trace = False,
    observe: Observe = False,
) -> None:
    """Start all of Daybook, make a demo call and show it live."""
    stack = _stack(trace=trace, observe=observe)
    phone = _environment().get("PHONE") if stack.outside.twilio else None
    until_interrupted(run_demo(stack, console, phone=phone, once=once, trace=trace))


def _say(sentence: str) -> None:
    print(sentence, flush=True)


@commands.command()
def supervise(observe: Observe = False) -> None:
    """Start all of Daybook and keep it until SIGTERM; `daybook up` does this in the background."""

    async def keep() -> None:
        stack = _stack(observe=observe)
        async with (
            running_stack(stack, _say) as supervisor,
            asyncio.TaskGroup() as tasks,
        ):
            tasks.create_task(supervisor.keep(_say))
            tasks.create_task(keep_ticking(stack, supervisor))

    until_interrupted(keep())


@commands.command()
def up(observe: Observe = False) -> None:
    """Start all of Daybook in the background."""
    home = Home.from_environment()
    home.make()
    last = home.last_running()
    if last is not None and last.alive:
        raise CommandError("Daybook runs here already. See `daybook status`.")
    log = home.log("supervisor")
    with log.open("wb") as out:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "daybook_cli", "supervise", *(["--observe"] if observe else [])],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    deadline = time.monotonic() + UP_WITHIN_S
    with console.status("Starting") as status:
        while (last := home.last_running()) is None or not last.complete:
            said = log.read_text().splitlines() if log.exists() else []
            if supervisor.poll() is not None:
                raise CommandError(f"Daybook did not start: {said[-1] if said else 'it said nothing'}")
            if time.monotonic() > deadline:
                raise CommandError(
                    f"Daybook was not up within {UP_WITHIN_S:.0f} s. See the logs in {home.logs}, then `daybook down`."
                )
            status.update(f"{said[-1] if said else 'Starting'} …")
            time.sleep(LOOK_EVERY_S)
    console.print("Daybook is up. `daybook status` shows it, `daybook logs -f` follows it, `daybook down` stops it.")
    console.print(f"The portal: {last.portal}", soft_wrap=True)
    for name, address in last.observing.items():
        console.print(f"{name}: {address}", soft_wrap=True)


@commands.command()
def down() -> None:
    """Stop all of it."""
    home = Home.from_environment()
    try:
        running = home.running()
    except NotRunning:
        console.print("Daybook is not running here.")
        return
    os.kill(running.supervisor_pid, signal.SIGTERM)
    with console.status("Stopping …"):
        try:
            psutil.Process(running.supervisor_pid).wait(DOWN_WITHIN_S)
        except psutil.NoSuchProcess:
            pass
        except psutil.TimeoutExpired:
            raise CommandError(
                f"Daybook did not stop within {DOWN_WITHIN_S:.0f} s. See the logs in {home.logs}."
            ) from None
    console.print("Stopped.")


@commands.command()
def logs(
    service: Annotated[
        str, typer.Argument(help="A process's name, as `daybook status` shows it; all where none is named.")
    ] = "",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what comes.")] = False,
) -> None:
    """Show the logs, one JSON object a line."""
    home = Home.from_environment()
    known = sorted(path.stem for path in home.logs.glob("*.log"))
    if service and service not in known:
        raise CommandError(
            f"There is no log of {service}. There are: {', '.join(known) or 'none yet; start Daybook first'}."
        )
    files = [str(home.log(name)) for name in ([service] if service else known)]
    if files:
        os.execvp("tail", ["tail", "-n", "50", *(["-F"] if follow else []), *files])  # noqa: S606, S607 - POSIX's own tail


@commands.command()
def overhear() -> None:
    """Show what the emulated carrier says to those whom it calls, the code of a call for signing in included; until Ctrl-C."""
    emulator_url = Home.from_environment().running().emulator_url
    if not emulator_url:
        raise CommandError("The carrier is the real one here: what it says is heard on the telephone alone.")

    async def tell() -> None:
        async for words in carrier_words(emulator_url, since=EVER):
            print(f"{words.at.astimezone():%H:%M:%S}  {words.text}", flush=True)

    until_interrupted(tell())


@commands.command()
def tick() -> None:
    """Run the tick now, as the CronJob does every five minutes."""
    asyncio.run(run_tick(Home.from_environment().running()))


@commands.command()
def retain() -> None:
    """Remove now what its person wished to be kept no longer, as the CronJob does once a day; here nothing else does it."""
    asyncio.run(_retain(Home.from_environment().running()))


async def _retain(running: Running) -> None:
    """
    Raises:
        StepFailed: it failed; its log says how.
    """
    stack = _stack(ports=running.ports)
    async with supervising(stack.home.logs) as supervisor:
        await supervisor.run(*stack.retention())


async def make_portal_link(running: Running, person_id: str) -> str:
    """A link that signs a person in at the portal of the Daybook that runs here, once, within ten minutes.

    Raises:
        StepFailed: none was made; it says why.
    """
    return await portal_link(_stack(ports=running.ports), person_id)


async def run_tick(running: Running) -> None:
    """Runs a tick of the Daybook that runs here, to its end.

    Raises:
        StepFailed: it failed; its log says how.
    """
    stack = _stack(ports=running.ports)
    async with supervising(stack.home.logs) as supervisor:
        await supervisor.run(*stack.tick())
