"""The table that people read."""

from collections.abc import Sequence

from rich.console import Console

from benchmarks.report import figures_table
from benchmarks.search.findings import Searched


def show_sizes(console: Console, found: Sequence[Searched]) -> None:
    """What one search through everything costs."""
    table = figures_table(
        "A search through all of a person's entries, CPU",
        "years",
        "entries",
        "turns",
        "hits",
        "Daybook, ms",
        "ms an entry",
        "longest hold, ms",
        "in clear, ms",
        "times that",
        "an index in clear, ms",
        "a sealed one, ms",
        "its upkeep, ms",
    )
    for size in found:
        table.add_row(
            *(f"{count:,}" for count in (size.years, size.entries, size.turns, size.daybook_hits)),
            f"{size.daybook_cpu_s * 1000:,.0f}",
            f"{size.cpu_ms_an_entry:.2f}",
            f"{size.longest_hold_ms:.1f}",
            f"{size.in_clear_cpu_s * 1000:,.0f}",
            f"{size.times_in_clear:.2f}",
            f"{size.indexed_cpu_ms:.2f}",
            f"{size.sealed_index_cpu_ms:.0f}",
            f"{size.upkeep_cpu_ms:.0f}",
        )
    console.print(table)
