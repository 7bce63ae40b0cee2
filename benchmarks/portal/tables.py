"""The tables that people read."""

from collections.abc import Sequence

from rich.console import Console

from benchmarks.portal.findings import Reading, Waits
from benchmarks.report import figures_table


def show_pages(console: Console, readings: Sequence[Reading], bare: Sequence[Reading]) -> None:
    for reading, beside in zip(readings, bare, strict=True):
        title = f"{reading.people:,} people, {reading.pages_a_second:.1f} pages a second: how long each is waited for"
        table = figures_table(title, "", "pages", "p50 ms", "p95 ms", "longest ms", "p95 beside a bare page")
        for page, waits in (*reading.of_page.items(), ("all", reading.all_pages)):
            table.add_row(page, *_row(waits), f"{waits.p95_ms / beside.all_pages.p95_ms:.1f}")
        table.add_row("a bare FastAPI page", *_row(beside.all_pages), "")
        console.print(table)
        cpu = figures_table("CPU of a page, in milliseconds", "", "ms")
        for name, cpu_ms in (*reading.cpu_ms_a_page.items(), *beside.cpu_ms_a_page.items()):
            cpu.add_row(name, f"{cpu_ms:.2f}")
        console.print(cpu)


def _row(waits: Waits) -> tuple[str, ...]:
    return (f"{waits.pages:,}", f"{waits.p50_ms:.1f}", f"{waits.p95_ms:.1f}", f"{waits.longest_ms:.1f}")
