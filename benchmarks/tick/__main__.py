"""What does a tick cost over N windows, beside a scan of all of them, APScheduler and Celery beat?

Each measurement runs in a process of its own; this one fills the tables, starts them and gathers what they tell.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import median
from typing import Any

from benchmarks.command import parser, progress
from benchmarks.contestants import peers_python, run_contestant
from benchmarks.report import console, tell
from benchmarks.servers import Server, fresh_database, running_nats, running_postgres
from benchmarks.tick.findings import AtSize, Peers, ScanCost, TickCost, figures, goals, median_tick
from benchmarks.tick.population import ZONES, fill, make_due
from benchmarks.tick.tables import show_peers, show_sizes

BENCHMARK = "tick"
SIZES = "10000,100000,1000000,10000000"
LARGEST_SCANNED = 1_000_000
PEERS_JOBS = 100_000
FEW_DUE, ROUNDS = 1000, 3


class Bench:
    """One database with so many windows, and what is measured on it."""

    def __init__(self, windows: int, postgres: Server, nats: Server, url: str) -> None:
        self.windows = windows
        self._url = url
        self._nats_url = nats.url
        self._servers = {"postgres": postgres.pid, "nats": nats.pid}

    async def run(self, smaller: AtSize | None) -> AtSize:
        progress(f"{self.windows:,} windows: filling the tables")
        await fill(self._url, self.windows)
        progress(f"{self.windows:,} windows: nothing due")
        idle = await self._daybook(due=0)
        scan = await self._scan(smaller)
        few, hundredth = min(FEW_DUE, self.windows // 20), self.windows // 100
        progress(f"{self.windows:,} windows: {few:,} due")
        few_due = median_tick([await self._tick(few) for _ in range(ROUNDS)])
        floor_cpu_s_a_window = median([await self._floor(few) for _ in range(ROUNDS)])
        progress(f"{self.windows:,} windows: {hundredth:,} due")
        one_percent_due = await self._tick(hundredth)
        return AtSize(
            windows=self.windows,
            look_cpu_ms=idle["look_cpu_ms"],
            start_cpu_ms=idle["start_cpu_ms"],
            start_rows=idle["start_rows"],
            few_due=few_due,
            one_percent_due=one_percent_due,
            floor_cpu_s_a_window=floor_cpu_s_a_window,
            scan=scan,
            peak_memory_mib=await self._peak_memory_mib(hundredth),
        )

    async def _tick(self, due: int) -> TickCost:
        await make_due(self._url, due, now=_now())
        return TickCost(**await self._daybook(due=due))

    async def _floor(self, due: int) -> float:
        """PostgreSQL's CPU seconds a window for the rows of a tick, without a tick."""
        await make_due(self._url, due, now=_now())
        floor = await self._on_postgresql("benchmarks.tick.floor")
        return float(floor["cpu_s"] / floor["windows"])

    async def _scan(self, smaller: AtSize | None) -> ScanCost:
        if self.windows > LARGEST_SCANNED and smaller is not None:
            return ScanCost(
                cpu_s=smaller.scan.cpu_s * self.windows / smaller.windows,
                peak_memory_mib=smaller.scan.peak_memory_mib,
                extrapolated=True,
            )
        progress(f"{self.windows:,} windows: a scan of all")
        scan = await self._on_postgresql("benchmarks.tick.scan")
        return ScanCost(cpu_s=scan["cpu_s"], peak_memory_mib=scan["peak_memory_mib"], extrapolated=False)

    async def _on_postgresql(self, module: str) -> dict[str, Any]:
        """What a contestant that needs no NATS tells."""
        task = {
            "database_url": self._url,
            "servers": {"postgres": self._servers["postgres"]},
            "now": _now().isoformat(),
        }
        return await asyncio.to_thread(run_contestant, module, task)

    async def _daybook(self, *, due: int) -> dict[str, Any]:
        task = {
            "due": due,
            "database_url": self._url,
            "nats_url": self._nats_url,
            "servers": self._servers,
            "now": _now().isoformat(),
        }
        return await asyncio.to_thread(run_contestant, "benchmarks.tick.daybook", task)

    async def _peak_memory_mib(self, due: int) -> float:
        """Of the program itself, as a CronJob starts it."""
        await make_due(self._url, due, now=_now())
        task = {
            "module": "window_scheduler",
            "arguments": ["tick"],
            "environment": {"DAYBOOK_DATABASE_URL": self._url, "DAYBOOK_NATS_URL": self._nats_url},
        }
        ran = await asyncio.to_thread(run_contestant, "benchmarks.peak_memory", task)
        return float(ran["peak_memory_mib"])


async def measure_peers(postgres: Server, url: str, jobs: int) -> Peers:
    python, due = peers_python(BENCHMARK), min(FEW_DUE, jobs // 10)
    task = {"database_url": url, "servers": {"postgres": postgres.pid}, "now": _now().isoformat(), "zones": ZONES}
    progress(f"APScheduler: {jobs:,} jobs, {due:,} due")
    module, counts = "benchmarks.tick.apscheduler_peer", {"jobs": jobs, "jobs_due": due}
    apscheduler = await asyncio.to_thread(run_contestant, module, task | counts, python=python)
    progress(f"Celery beat: {jobs:,} entries")
    module = "benchmarks.tick.celery_peer"
    celery = await asyncio.to_thread(run_contestant, module, {"entries": jobs}, python=python)
    return Peers(
        jobs=jobs,
        apscheduler_idle_cpu_ms=apscheduler["idle_cpu_ms"],
        apscheduler_due=due,
        apscheduler_due_cpu_s=apscheduler["cpu_s"],
        apscheduler_memory_mib=apscheduler["peak_memory_mib"],
        celery_first_cpu_s=celery["first_cpu_s"],
        celery_idle_cpu_s=celery["idle_cpu_s"],
        celery_memory_mib=celery["peak_memory_mib"],
    )


async def measure(sizes: Sequence[int], *, with_peers: bool) -> int:
    found: list[AtSize] = []
    peers = None
    async with running_postgres() as postgres:
        for windows in sizes:
            # NATS anew too: what it holds from another size would be in its way
            async with running_nats() as nats, fresh_database(postgres) as url:
                found.append(await Bench(windows, postgres, nats, url).run(found[-1] if found else None))
        jobs = max((windows for windows in sizes if windows <= PEERS_JOBS), default=None)
        if with_peers and jobs is not None:
            async with fresh_database(postgres) as url:
                peers = await measure_peers(postgres, url, jobs)
    bare = await asyncio.to_thread(run_contestant, "benchmarks.peak_memory", {"module": "window_scheduler"})
    out = console()
    show_sizes(out, found, bare_memory_mib=bare["peak_memory_mib"])
    if peers is not None:
        show_peers(out, peers)
    return tell(out, BENCHMARK, figures(found, peers, bare["peak_memory_mib"]), goals(found, peers))


def _now() -> datetime:
    return datetime.now(UTC)


def main(argv: Sequence[str]) -> int:
    parsing = parser(BENCHMARK, __doc__, sizes=SIZES, counts="windows")
    parsing.add_argument("--without-peers", action="store_true", help="leave out APScheduler and Celery beat")
    arguments = parsing.parse_args(argv)
    return asyncio.run(measure(arguments.sizes, with_peers=not arguments.without_peers))
