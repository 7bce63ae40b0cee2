"""What does it cost to search a journal that has no index of words, beside one that lies in clear?

A size is so many years of an entry a day. Each contestant keeps the same diary in a database of its own.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from benchmarks.command import parser, progress
from benchmarks.contestants import run_contestant
from benchmarks.report import console, tell
from benchmarks.search.diary import ENTRIES_A_YEAR, TURNS
from benchmarks.search.findings import Searched, figures, goals
from benchmarks.search.tables import show_sizes
from benchmarks.servers import Server, fresh_database, running_postgres

BENCHMARK = "search"
SIZES = "1,10"


async def measure_size(postgres: Server, years: int) -> Searched:
    async def contestant(name: str) -> dict[str, Any]:
        progress(f"{years} years: {name}")
        async with fresh_database(postgres) as url:
            task = {"database_url": url, "years": years, "servers": {"postgres": postgres.pid}}
            return await asyncio.to_thread(run_contestant, f"benchmarks.search.{name}", task)

    ours, in_clear, sealed = await contestant("daybook"), await contestant("in_clear"), await contestant("sealed_index")
    return Searched(
        years=years,
        entries=years * ENTRIES_A_YEAR,
        turns=years * ENTRIES_A_YEAR * TURNS,
        hits=years,
        daybook_hits=ours["hits"],
        daybook_cpu_s=ours["cpu_s"],
        longest_hold_ms=ours["longest_hold_ms"],
        in_clear_hits=in_clear["hits"],
        in_clear_cpu_s=in_clear["cpu_s"],
        indexed_hits=in_clear["indexed_hits"],
        indexed_cpu_ms=in_clear["indexed_cpu_ms"],
        sealed_index_hits=sealed["hits"],
        sealed_index_cpu_ms=sealed["cpu_ms"],
        upkeep_cpu_ms=sealed["upkeep_cpu_ms"],
    )


async def measure(sizes: Sequence[int]) -> int:
    async with running_postgres() as postgres:
        found = [await measure_size(postgres, years) for years in sizes]
    out = console()
    show_sizes(out, found)
    return tell(out, BENCHMARK, figures(found), goals(found))


def main(argv: Sequence[str]) -> int:
    arguments = parser(BENCHMARK, __doc__, sizes=SIZES, counts="years").parse_args(argv)
    return asyncio.run(measure(arguments.sizes))
