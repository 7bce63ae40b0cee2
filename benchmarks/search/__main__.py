"""What does it cost to search a journal that has no index of words, beside one that lies in clear?

A size is so many years of an entry a day. Each contestant keeps the same diary in a database of its own.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from benchmarks.contestants import ContestantFailed, run_contestant
from benchmarks.report import console, tell
from benchmarks.search.diary import ENTRIES_A_YEAR, TURNS
from benchmarks.search.findings import Searched, figures, goals
from benchmarks.search.tables import show_sizes
from benchmarks.servers import Server, ServerUnusable, fresh_database, running_postgres

BENCHMARK = "search"
SIZES = "1,10"


async def measure_size(postgres: Server, years: int) -> Searched:
    async def contestant(name: str) -> dict[str, Any]:
        _progress(f"{years} years: {name}")
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


def _progress(text: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S} {text}", file=sys.stderr)


def _sizes(text: str) -> list[int]:
    return sorted(int(size) for size in text.split(","))


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="make bench NAME=search", description=__doc__)
    parser.add_argument(
        "--sizes", type=_sizes, default=SIZES, help=f"how many years, with commas between; else {SIZES}"
    )
    arguments = parser.parse_args(argv)
    try:
        return asyncio.run(measure(arguments.sizes))
    except (ContestantFailed, ServerUnusable) as error:
        print(error, file=sys.stderr)
        return 2
