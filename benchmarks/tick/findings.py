"""What was found at each size and of each peer, and how that stands to the goals. Pure."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.report import Goal, at_least, at_most

LOOK_CPU_MS = 1.0
GROWTH = 2.0
LESS_THAN_SCAN = 90.0
LESS_THAN_APSCHEDULER = 5.0
TIMES_POSTGRESQL_ALONE = 4.0
CPU_US_A_WINDOW = 500.0
"""8,000 windows a second on four cores. ADR 0015 says why these three are not those that were first asked for."""
PEAK_MEMORY_MIB = 150.0


@dataclass(frozen=True)
class TickCost:
    """What one tick over due windows took. CPU is that of the tick and of all processes of PostgreSQL and NATS.

    Attributes:
        windows: that were due.
        calls: that came of them.
        find_cpu_s: finding them alone.
        store_cpu_s: finding them, deciding, storing calls and announcements, advancing each window.
        publish_cpu_s: publishing the announcements.
        store_wall_s: storing, by the clock on the wall.
        publish_wall_s: publishing, likewise.
        rows_read: of tables and through indexes.
        rows_written: inserted, updated and deleted.
    """

    windows: int
    calls: int
    find_cpu_s: float
    store_cpu_s: float
    publish_cpu_s: float
    store_wall_s: float
    publish_wall_s: float
    rows_read: int
    rows_written: int

    @property
    def windows_a_second(self) -> float:
        return self.windows / (self.store_wall_s + self.publish_wall_s)

    @property
    def store_cpu_s_a_window(self) -> float:
        return self.store_cpu_s / self.windows

    @property
    def cpu_s_a_window(self) -> float:
        return (self.store_cpu_s + self.publish_cpu_s) / self.windows


@dataclass(frozen=True)
class ScanCost:
    """What scanning every window takes.

    Attributes:
        cpu_s: of the scan and of PostgreSQL.
        peak_memory_mib: of the scan.
        extrapolated: not measured at this size, but ten times what was at a tenth of it.
    """

    cpu_s: float
    peak_memory_mib: float
    extrapolated: bool


@dataclass(frozen=True)
class AtSize:
    """What was found with so many windows.

    Attributes:
        windows: in the table.
        look_cpu_ms: one look at what is due when nothing is.
        start_cpu_ms: all that a tick asks before and while it looks, its own record among it, when nothing is due.
        start_rows: rows read by such a start.
        few_due: a tick over 1,000 due windows, or a twentieth of all where these are fewer than 20,000; the median of several.
        one_percent_due: a tick over 1 % of all.
        floor_cpu_s_a_window: what PostgreSQL alone takes for the same rows as `few_due` (`floor.py`), by the window; the median.
        scan: the first system's way.
        peak_memory_mib: of the process `window_scheduler tick` over 1 % of all.
    """

    windows: int
    look_cpu_ms: float
    start_cpu_ms: float
    start_rows: float
    few_due: TickCost
    one_percent_due: TickCost
    floor_cpu_s_a_window: float
    scan: ScanCost
    peak_memory_mib: float


@dataclass(frozen=True)
class Peers:
    """What the others took, with `jobs` daily jobs each.

    Attributes:
        jobs: stored.
        apscheduler_idle_cpu_ms: one wake-up of APScheduler that finds nothing.
        apscheduler_due: how many were due at once.
        apscheduler_due_cpu_s: what those took it.
        apscheduler_memory_mib: its peak.
        celery_first_cpu_s: Celery beat's first wake-up.
        celery_idle_cpu_s: each later one, with nothing due.
        celery_memory_mib: its peak.
    """

    jobs: int
    apscheduler_idle_cpu_ms: float
    apscheduler_due: int
    apscheduler_due_cpu_s: float
    apscheduler_memory_mib: float
    celery_first_cpu_s: float
    celery_idle_cpu_s: float
    celery_memory_mib: float


def median_tick(ticks: Sequence[TickCost]) -> TickCost:
    """The one whose storing took the median of all: a tick that was measured, not one made of several."""
    return sorted(ticks, key=lambda tick: tick.store_cpu_s)[len(ticks) // 2]


def goals(sizes: Sequence[AtSize], peers: Peers | None) -> list[Goal]:
    """The goals that can be judged by what was measured, each at the sizes it names."""
    by_windows = {each.windows: each for each in sizes}
    largest = by_windows[max(by_windows)]
    judged = [
        at_most(
            LOOK_CPU_MS,
            largest.look_cpu_ms,
            f"Nothing due of {largest.windows:,}: at most 1 ms CPU of queries for a look",
        )
    ]
    if 100_000 in by_windows and largest.windows > 100_000:
        growth = largest.few_due.store_cpu_s / by_windows[100_000].few_due.store_cpu_s
        judged.append(
            at_most(
                GROWTH, growth, f"1,000 due of {largest.windows:,}: at most 2 times the CPU of 1,000 due of 100,000"
            )
        )
    if 1_000_000 in by_windows:
        million = by_windows[1_000_000]
        ratio = million.scan.cpu_s / million.few_due.find_cpu_s
        judged.append(
            at_least(
                LESS_THAN_SCAN, ratio, "1,000 due of 1,000,000: finding them at least 90 times less CPU than a scan"
            )
        )
    if peers is not None and peers.jobs in by_windows:
        ours = by_windows[peers.jobs].few_due.store_cpu_s_a_window
        ratio = peers.apscheduler_due_cpu_s / peers.apscheduler_due / ours
        judged.append(
            at_least(
                LESS_THAN_APSCHEDULER,
                ratio,
                f"1,000 due of {peers.jobs:,}: claimed, stored and advanced at 5 times less CPU than APScheduler",
            )
        )
    judged.append(
        at_most(
            TIMES_POSTGRESQL_ALONE,
            largest.few_due.store_cpu_s_a_window / largest.floor_cpu_s_a_window,
            f"1,000 due of {largest.windows:,}: at most 4 times the CPU that PostgreSQL alone takes for the same rows",
        )
    )
    judged.append(
        at_most(
            CPU_US_A_WINDOW,
            largest.one_percent_due.cpu_s_a_window * 1e6,
            f"1 % due of {largest.windows:,}: at most 500 µs CPU for a window claimed, stored and published",
        )
    )
    judged.append(
        at_most(
            PEAK_MEMORY_MIB,
            max(each.peak_memory_mib for each in sizes),
            "1 % due, any size: at most 150 MiB of memory for the tick",
        )
    )
    return judged


def figures(sizes: Sequence[AtSize], peers: Peers | None, bare_memory_mib: float) -> dict[str, Any]:
    """All that was found, for programs."""
    return {
        "sizes": {str(each.windows): asdict(each) for each in sizes},
        "peers": asdict(peers) if peers is not None else None,
        "import_peak_memory_mib": bare_memory_mib,
    }
