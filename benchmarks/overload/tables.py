"""The table that people read."""

from collections.abc import Sequence

from rich.console import Console

from benchmarks.overload.findings import Load
from benchmarks.report import figures_table


def show_loads(console: Console, loads: Sequence[Load], *, seed: int) -> None:
    """How many calls each order placed in their windows."""
    table = figures_table(
        f"Calls placed in their windows (seed {seed})",
        "",
        "people",
        "slots",
        "optimum",
        "earliest deadline",
        "as they came",
        "blindly",
        "CPU ms a call",
        "longest take, ms",
    )
    for load in loads:
        table.add_row(
            load.name,
            *(f"{count:,}" for count in (load.people, load.slots, load.optimum, load.earliest_deadline)),
            *(f"{count:,}" for count in (load.first_come, load.first_come_blindly)),
            f"{load.cpu_ms_a_call:.2f}",
            f"{load.longest_take_ms:.1f}",
        )
    console.print(table)
