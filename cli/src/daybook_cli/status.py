"""`daybook status`: what runs, in one screen."""

import httpx2
import typer
from rich.console import Console
from rich.table import Table

from daybook_cli.home import Home, is_alive

console = Console(highlight=False)


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
    for name, address in running.observing.items():
        console.print(f"{name}: {address}", soft_wrap=True)
    if not sound:
        raise typer.Exit(1)


def _state(pid: int, health_url: str) -> str:
    if not is_alive(pid):
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
