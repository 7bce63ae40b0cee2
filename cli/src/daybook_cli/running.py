"""Brings a whole local Daybook up and keeps it: servers, schemas, emulators, services, and the tick every five minutes."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import psutil

from daybook_cli.errors import CommandError
from daybook_cli.home import Home, Running
from daybook_cli.stack import Stack
from daybook_cli.supervisor import Process, Supervisor, supervising

TICK_EVERY_S = 300.0
LEFT_OVER_WITHIN_S = 10.0

Progress = Callable[[str], None]
"""Told each step as it begins, e.g. "Starting journal"."""


@asynccontextmanager
async def running_stack(stack: Stack, progress: Progress) -> AsyncIterator[Supervisor]:
    """All processes of a stack, up and ready, while the block runs.

    Raises:
        StepFailed: one could not be started or prepared.
        CommandError: a Daybook runs here already.
    """
    home = stack.home
    _refuse_second(home)
    home.make()
    _turn_logs(home)
    async with supervising(home.logs) as supervisor:

        async def start(process: Process) -> None:
            progress(f"Starting {process.name}")
            await supervisor.start(process)
            home.write_running(_described(stack, supervisor, complete=False))

        try:
            progress("Preparing PostgreSQL and NATS")
            for process in await asyncio.to_thread(stack.servers):
                await start(process)
            progress("Bringing the schemas up to date")
            async with asyncio.TaskGroup() as tasks:
                for name, argv, environment in stack.migrations():
                    tasks.create_task(supervisor.run(name, argv, environment))
            for process in (*stack.emulators(), *stack.services()):
                await start(process)
            if stack.observatory is not None:
                progress("Rendering the chart's rules")
                await asyncio.to_thread(stack.observatory.prepare)
                for process in stack.observatory.processes():
                    await start(process)
            home.write_running(_described(stack, supervisor, complete=True))
            yield supervisor
        finally:
            home.forget_running()


async def keep_ticking(stack: Stack, supervisor: Supervisor) -> None:
    """Runs the tick every five minutes, as the CronJob does. A tick that fails tells its log; the next comes all the same."""
    name, argv, environment = stack.tick()
    while True:
        await asyncio.sleep(TICK_EVERY_S)
        try:
            await supervisor.run(name, argv, environment)
        except CommandError:
            continue


def _described(stack: Stack, supervisor: Supervisor, *, complete: bool) -> Running:
    return Running(
        complete=complete,
        supervisor_pid=os.getpid(),
        scheduler=stack.scheduler_target,
        dispatcher=stack.dispatcher_target,
        journal=stack.journal_target,
        nats_url=stack.nats_access("toolbox").url,
        nats_user=stack.nats_access("toolbox").user or "",
        emulator_url=stack.parties.carrier_url,
        outside=stack.outside.described(),
        health=supervisor.health,
        pids=supervisor.pids,
        ports=stack.ports,
        portal=stack.portal_url,
        observing=stack.observatory.described() if stack.observatory is not None else {},
    )


def _refuse_second(home: Home) -> None:
    last = home.last_running()
    if last is not None and last.alive:
        raise CommandError("Daybook runs here already. See `make status`; stop it with `make down`.")
    # its supervisor was killed: what it left must not hold the folders of what starts now
    left = _left_over(home, last)
    for process in left:
        process.terminate()
    _, stubborn = psutil.wait_procs(left, timeout=LEFT_OVER_WITHIN_S)
    for process in stubborn:
        process.kill()
    home.forget_running()


def _left_over(home: Home, last: Running | None) -> list[psutil.Process]:
    """Processes of a supervisor that was killed, still alive. One that is younger than its record only bears its number."""
    if last is None:
        return []
    alive = [psutil.Process(pid) for pid in last.pids.values() if psutil.pid_exists(pid)]
    return [process for process in alive if process.create_time() <= home.state.stat().st_mtime]


def _turn_logs(home: Home) -> None:
    """Keeps the logs of the last time beside those of this one; our own is begun already, by who started us."""
    for log in home.logs.glob("*.log"):
        if log != home.log("supervisor"):
            log.replace(log.with_suffix(".log.1"))
