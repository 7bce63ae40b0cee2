"""The tables that people read."""

from collections.abc import Sequence

from rich.console import Console

from benchmarks.report import figures_table
from benchmarks.tick.findings import AtSize, Peers, TickCost


def show_sizes(console: Console, sizes: Sequence[AtSize], *, bare_memory_mib: float) -> None:
    """What a tick took at each size. CPU is that of the tick and of all processes of PostgreSQL and NATS."""
    idle = figures_table(
        "Nothing due", "windows", "a look, CPU ms", "a start, CPU ms", "rows read", "a scan of all, CPU s", "its MiB"
    )
    for each in sizes:
        scan = f"{each.scan.cpu_s:.2f}" + (" (extrapolated)" if each.scan.extrapolated else "")
        idle.add_row(
            f"{each.windows:,}",
            f"{each.look_cpu_ms:.2f}",
            f"{each.start_cpu_ms:.2f}",
            f"{each.start_rows:,.0f}",
            scan,
            f"{each.scan.peak_memory_mib:.0f}",
        )
    console.print(idle)
    due = figures_table(
        "Due",
        "windows",
        "due",
        "calls",
        "find, CPU µs each",
        "store",
        "PostgreSQL alone",
        "publish",
        "windows/s",
        "rows read",
        "written",
        "peak MiB",
    )
    for each in sizes:
        due.add_row(f"{each.windows:,}", *_tick_row(each.few_due, f"{each.floor_cpu_s_a_window * 1e6:.0f}"), "")
        due.add_row("", *_tick_row(each.one_percent_due, ""), f"{each.peak_memory_mib:.0f}")
    console.print(due)
    console.print(f"Importing the program alone takes {bare_memory_mib:.0f} MiB.")


def show_peers(console: Console, peers: Peers) -> None:
    table = figures_table(
        f"Peers with {peers.jobs:,} jobs", "", "nothing due, CPU ms", "due", "CPU µs each", "peak MiB"
    )
    table.add_row(
        "APScheduler, SQLAlchemy store",
        f"{peers.apscheduler_idle_cpu_ms:.2f}",
        f"{peers.apscheduler_due:,}",
        f"{peers.apscheduler_due_cpu_s / peers.apscheduler_due * 1e6:,.0f}",
        f"{peers.apscheduler_memory_mib:.0f}",
    )
    table.add_row(
        "Celery beat, in memory",
        f"{peers.celery_idle_cpu_s * 1000:,.0f} (first: {peers.celery_first_cpu_s * 1000:,.0f})",
        "",
        "",
        f"{peers.celery_memory_mib:.0f}",
    )
    console.print(table)


def _tick_row(tick: TickCost, floor: str) -> tuple[str, ...]:
    return (
        f"{tick.windows:,}",
        f"{tick.calls:,}",
        f"{tick.find_cpu_s / tick.windows * 1e6:.0f}",
        f"{tick.store_cpu_s / tick.windows * 1e6:.0f}",
        floor,
        f"{tick.publish_cpu_s / tick.windows * 1e6:.0f}",
        f"{tick.windows_a_second:,.0f}",
        f"{tick.rows_read:,}",
        f"{tick.rows_written:,}",
    )
