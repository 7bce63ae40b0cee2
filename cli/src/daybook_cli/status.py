"""`daybook status`: what runs, and how it goes, in one screen."""

import asyncio

import typer
from rich.console import Console
from rich.table import Table

from chassis.clock import SystemClock
from daybook_cli.examination import examine
from daybook_cli.home import Running, is_alive
from daybook_cli.observations import Health, Observations, Process
from daybook_cli.probes import look_once
from daybook_cli.status_lines import figures
from daybook_cli.surroundings import find_surroundings

console = Console(highlight=False)


def status() -> None:
    """What runs, and how it goes, in one screen. Exit status 1 where something that should run does not."""
    surroundings = find_surroundings()
    seen = asyncio.run(examine(surroundings, SystemClock()))
    states = asyncio.run(_processes_here(surroundings.running, seen)) if surroundings.running else _services(seen)
    table = Table(box=None)
    for column in ("process", "pid", "state") if surroundings.running else ("service", "pods", "state"):
        table.add_column(column)
    for name, number, state in states:
        table.add_row(name, number, f"[{'green' if state == 'ready' else 'red'}]{state}[/]")
    console.print(table)
    for line in figures(seen):
        console.print(line, soft_wrap=True)
    for party, kind in (*surroundings.outside.items(), *surroundings.shown.items()):
        console.print(f"{party}: {kind}", soft_wrap=True)
    if any(state != "ready" for _, _, state in states):
        raise typer.Exit(1)


async def _processes_here(running: Running, seen: Observations) -> list[tuple[str, str, str]]:
    """Name, process id and state of all that the supervisor started."""
    states: list[tuple[str, str, str]] = []
    for name, pid in running.pids.items():
        if not is_alive(pid):
            state = "gone"
        elif name in seen.processes:
            state = _state(seen.processes[name])
        else:
            address = running.health.get(name, "")
            state = "ready" if not address or await look_once(address) else "alive, does not answer"
        states.append((name, str(pid), state))
    return states


def _services(seen: Observations) -> list[tuple[str, str, str]]:
    """Name, pods and state of each service."""
    pods = {each.name: f"{each.ready}/{each.wanted}" for each in seen.cluster.deployments} if seen.cluster else {}
    return [
        (service, pods.get(f"{seen.fullname}-{service}", "?"), _state(process))
        for service, process in seen.processes.items()
    ]


def _state(process: Process) -> str:
    match process.health:
        case Health.READY:
            return "ready"
        case Health.NOT_READY:
            return f"not ready: {', '.join(process.failing) or 'it does not say why'}"
        case Health.SLOW:
            return "alive, does not say whether it is ready"
        case _:
            return "does not answer"
