"""The command `daybook`: what an operator and a newcomer type. `daybook --help` lists it."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Coroutine
from typing import Annotated, Any

import httpx2
import psutil
import typer
from rich.console import Console
from rich.table import Table

from daybook_cli.entries import entries
from daybook_cli.errors import CommandError, NotRunning
from daybook_cli.home import Home, environment
from daybook_cli.outside import choose_outside
from daybook_cli.people import people, windows
from daybook_cli.run import run_demo
from daybook_cli.running import keep_ticking, running_stack
from daybook_cli.stack import Stack, Tuning
from daybook_cli.supervisor import supervising

UP_WITHIN_S = 180.0
DOWN_WITHIN_S = 120.0
LOOK_EVERY_S = 0.2

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False, help=__doc__)
app.add_typer(people, name="person")
app.add_typer(windows, name="window")
app.add_typer(entries, name="entry")
console = Console(highlight=False)


def main() -> None:
    """Runs a command; what goes wrong is told in a sentence, with exit status 1."""
    try:
        app()
    except* CommandError as group:
        for sentence in _sentences(group):
            Console(stderr=True, highlight=False).print(sentence, style="red", markup=False)
        sys.exit(1)


def _sentences(group: BaseExceptionGroup[CommandError]) -> list[str]:
    return [
        sentence
        for error in group.exceptions
        for sentence in (_sentences(error) if isinstance(error, BaseExceptionGroup) else [str(error)])
    ]


def _until_interrupted(work: Coroutine[Any, Any, None]) -> None:
    """Runs to the end, or until Ctrl-C or SIGTERM, upon which it winds down; a second Ctrl-C changes nothing."""

    async def guarded() -> None:
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, task.cancel)
        await asyncio.wait([task])
        if not task.cancelled():
            task.result()

    asyncio.run(guarded())


def _stack(*, trace: bool) -> Stack:
    surroundings = environment()
    tuning = Tuning(
        time_factor=float(surroundings.get("DAYBOOK_TIME_FACTOR", "1")),
        voices=surroundings.get("DAYBOOK_VOICES", "hibari"),
        persona=surroundings.get("DAYBOOK_PERSONA", "talks_and_completes"),
        trace=trace,
    )
    return Stack(Home.from_environment(), surroundings, choose_outside(surroundings), tuning)


Trace = Annotated[bool, typer.Option("--trace", help="Write spans to the logs and show the call's trace.")]


@app.command()
def run(
    once: Annotated[bool, typer.Option("--once", help="End after the first entry, with status 0.")] = False,
    trace: Trace = False,
) -> None:
    """Start all of Daybook, make a demo call and show it live."""
    stack = _stack(trace=trace)
    phone = environment().get("PHONE") if stack.outside.twilio else None
    _until_interrupted(run_demo(stack, console, phone=phone, once=once, trace=trace))


def _say(sentence: str) -> None:
    print(sentence, flush=True)


@app.command()
def supervise() -> None:
    """Start all of Daybook and keep it until SIGTERM; `daybook up` does this in the background."""

    async def keep() -> None:
        stack = _stack(trace=False)
        async with (
            running_stack(stack, _say) as supervisor,
            asyncio.TaskGroup() as tasks,
        ):
            tasks.create_task(supervisor.keep(_say))
            tasks.create_task(keep_ticking(stack, supervisor))

    _until_interrupted(keep())


@app.command()
def up() -> None:
    """Start all of Daybook in the background."""
    home = Home.from_environment()
    home.make()
    last = home.last_running()
    if last is not None and psutil.pid_exists(last.supervisor_pid):
        raise CommandError("Daybook runs here already. See `daybook status`.")
    log = home.log("supervisor")
    with log.open("wb") as out:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "daybook_cli", "supervise"],
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


@app.command()
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


@app.command()
def status() -> None:
    """What runs, and which outside parties are real. Exit status 1 where something that should run does not."""
    running = Home.from_environment().running()
    table = Table(box=None)
    for column in ("process", "pid", "state"):
        table.add_column(column)
    sound = True
    for name, pid in running.pids.items():
        state = _state(pid, running.health.get(name, ""))
        sound = sound and state == "ready"
        table.add_row(name, str(pid), f"[{'green' if state == 'ready' else 'red'}]{state}[/]")
    console.print(table)
    for party, kind in running.outside.items():
        console.print(f"{party}: {kind}")
    if not sound:
        raise typer.Exit(1)


def _state(pid: int, health_url: str) -> str:
    if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
        return "gone"
    if not health_url:
        return "ready"
    try:
        answer = httpx2.get(health_url, timeout=5, trust_env=False)
    except httpx2.TransportError:
        return "alive, does not answer"
    if answer.status_code == httpx2.codes.OK:
        return "ready"
    failing = (
        answer.json().get("failing", {})
        if answer.headers.get("content-type", "").startswith("application/json")
        else {}
    )
    return f"not ready: {', '.join(failing) or answer.status_code}"


@app.command()
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


@app.command()
def tick() -> None:
    """Run the tick now, as the CronJob does every five minutes."""
    Home.from_environment().running()

    async def once() -> None:
        stack = _stack(trace=False)
        async with supervising(stack.home.logs) as supervisor:
            await supervisor.run(*stack.tick())

    asyncio.run(once())
