"""The tables that people read."""

from collections.abc import Sequence
from statistics import median

from rich.console import Console

from benchmarks.journal.findings import (
    FirstByte,
    Keeping,
    RotationCost,
    SessionCost,
    Stored,
    ms_a_mib,
    reckoned,
    times,
)
from benchmarks.report import figures_table


def show_keeping(console: Console, keeping: Keeping) -> None:
    """What a segment took each. CPU is that of the process, the medians of all rounds."""
    table = figures_table(
        f"Segments of {keeping.segment_bytes:,} bytes",
        "",
        "encrypted, CPU µs",
        "and stored",
        "CPU ms a MiB",
        "times the first",
    )
    contestants: list[tuple[str, Stored]] = [
        ("AES-GCM and plain files", keeping.raw),
        ("the journal, one recording at a time", keeping.alone),
        (f"the journal, {keeping.at_once} recordings at once", keeping.many),
    ]
    if keeping.tink is not None:
        contestants.append(("Tink's streaming AEAD into plain files", keeping.tink))
    for name, stored in contestants:
        table.add_row(
            name,
            f"{median(stored.sealed_us):.1f}",
            f"{median(stored.stored_us):.0f}",
            f"{ms_a_mib(stored.stored_us, keeping.segment_bytes):.1f}",
            f"{times(stored.stored_us, keeping.raw.stored_us):.2f}",
        )
    console.print(table)


def show_sessions(console: Console, cost: SessionCost, *, turns: int, seconds: int) -> None:
    table = figures_table(
        f"Sessions of {turns} turns and {seconds} s, over gRPC",
        "sessions",
        "at once",
        "CPU ms each: journal",
        "PostgreSQL",
        "sessions/s a core",
        "sessions/s here",
    )
    table.add_row(
        f"{cost.sessions:,}",
        f"{cost.at_once}",
        f"{cost.journal_cpu_s / cost.sessions * 1000:.0f}",
        f"{cost.postgres_cpu_s / cost.sessions * 1000:.0f}",
        f"{cost.sessions_a_second_a_core:.1f}",
        f"{cost.sessions / cost.wall_s:.1f}",
    )
    console.print(table)


def show_first_byte(console: Console, waited: FirstByte) -> None:
    table = figures_table(
        f"A recording of {waited.minutes} minutes", "to the first sample, ms", "to the one in the middle", "times"
    )
    table.add_row(
        f"{waited.from_start_ms:.1f}",
        f"{waited.from_middle_ms:.1f}",
        f"{waited.from_middle_ms / waited.from_start_ms:.2f}",
    )
    console.print(table)


def show_rotations(console: Console, rotations: Sequence[RotationCost]) -> None:
    table = figures_table(
        "Persons' keys wrapped anew", "persons", "CPU s: journal", "PostgreSQL", "CPU µs each", "seconds here"
    )
    for cost in rotations:
        table.add_row(
            f"{cost.persons:,}",
            f"{cost.journal_cpu_s:.1f}",
            f"{cost.postgres_cpu_s:.1f}",
            f"{cost.cpu_s / cost.persons * 1e6:.0f}",
            f"{cost.wall_s:.1f}",
        )
    console.print(table)
    if million := reckoned(rotations):
        console.print(
            f"1,000,000, reckoned: {million.cpu_s:.0f} s CPU, {million.wall_s:.0f} s here, at {million.cpu_us_a_key:.0f} µs CPU "
            f"each and {million.cpu_s_at_rest:.2f} s besides. No size is further than {million.off_by:.0%} from that line."
        )
