"""The tables that people read."""

from rich.console import Console

from benchmarks.calls.findings import CARRIER_LATE_SHARE
from benchmarks.gap.findings import Found
from benchmarks.report import figures_table


def show(console: Console, found: Found) -> None:
    show_deducted(console, found)
    gaps = figures_table(
        "From the end of speech to the first audio of the answer, without that",
        "",
        "calls",
        "answers",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "longest ms",
        "ended calls",
        "load of the machine",
    )
    for contestant in found.values():
        for run in contestant.runs:
            gaps.add_row(
                contestant.name,
                f"{run.calls:,}{' *' if run.carrier_late_share > CARRIER_LATE_SHARE else ''}",
                f"{run.answers:,}",
                *(f"{gap_ms:,.1f}" for gap_ms in (run.p50_ms, run.p95_ms, run.p99_ms, run.longest_ms)),
                str(run.closed),
                f"{run.load:.1f}",
            )
    console.print(gaps)
    console.print("* the carrier itself was late: too many calls for it, or too busy a machine")


def show_deducted(console: Console, found: Found) -> None:
    table = figures_table("What is deducted", "", "wait ms", "recogniser ms", "model ms", "voice ms", "all of it ms")
    for contestant in found.values():
        known = contestant.deducted
        times = (known.wait_ms, known.recogniser_ms, known.model_ms, known.voice_ms, known.all_ms)
        table.add_row(contestant.name, *(f"{time_ms:,.0f}" for time_ms in times))
    console.print(table)
    console.print(
        "Daybook waits from the end of speech, and the recogniser tells meanwhile; Pipecat waits from when it has told."
    )
