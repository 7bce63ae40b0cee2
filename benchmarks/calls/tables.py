"""The table that people read."""

from rich.console import Console

from benchmarks.calls.findings import CARRIER_LATE_SHARE, Found
from benchmarks.report import figures_table


def show(console: Console, found: Found) -> None:
    table = figures_table(
        "Calls in progress on one core",
        "",
        "calls",
        "CPU s a call-minute",
        "reply after ms",
        "late frames %",
        "ended calls",
        "load of the machine",
    )
    for contestant in found.values():
        for run in contestant.runs:
            mark = " *" if run.carrier_late_share > CARRIER_LATE_SHARE else ""
            replied = run.usual_s is not None
            table.add_row(
                contestant.name,
                f"{run.calls:,}{mark}",
                f"{run.cpu_s_a_call_minute:.3f}",
                f"{run.usual_s * 1000:,.0f}" if run.usual_s is not None else "",
                f"{run.late_share * 100:.2f}" if replied else "",
                str(run.closed),
                f"{run.load:.1f}",
            )
    console.print(table)
    console.print("* the carrier itself was late: too many calls for it, or too busy a machine")
