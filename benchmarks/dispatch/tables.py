"""The tables that people read."""

from collections.abc import Sequence

from rich.console import Console

from benchmarks.dispatch.findings import Backlog, Waits
from benchmarks.dispatch.polling_dialer import PERIOD_S
from benchmarks.report import figures_table


def show_waits(console: Console, dispatcher: Waits, poll: Waits | None) -> None:
    title = "From call.scheduled to the request at the carrier"
    table = figures_table(title, "", "calls", "a second", "CPU ms a call", "p50 ms", "p99 ms", "longest ms")
    table.add_row("call-dispatcher", *_waits_row(dispatcher))
    if poll is not None:
        table.add_row(f"a poll every {PERIOD_S:g} s", *_waits_row(poll))
        ratios = (poll.p50_ms / dispatcher.p50_ms, poll.p99_ms / dispatcher.p99_ms)
        table.add_row("so many times sooner", "", "", "", *(f"{ratio:,.0f}" for ratio in ratios), "")
    console.print(table)


def show_backlogs(console: Console, backlogs: Sequence[Backlog]) -> None:
    """CPU is in milliseconds a call."""
    table = figures_table("A backlog", "waiting", "calls/s", "dispatcher, CPU ms a call", "PostgreSQL", "NATS")
    for each in backlogs:
        cpu = (f"{each.cpu_ms_a_call(name):.2f}" for name in ("dispatcher", "postgres", "nats"))
        table.add_row(f"{each.announced:,}", f"{each.calls_a_second:,.0f}", *cpu)
    console.print(table)


def _waits_row(waits: Waits) -> tuple[str, ...]:
    return (
        f"{waits.calls:,}",
        f"{waits.a_second:g}",
        f"{waits.cpu_ms_a_call:.2f}",
        f"{waits.p50_ms:,.1f}",
        f"{waits.p99_ms:,.1f}",
        f"{waits.longest_ms:,.1f}",
    )
