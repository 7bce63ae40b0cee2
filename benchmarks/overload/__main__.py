"""With more calls than the carrier takes, how many does each order place in their windows, and how many could any?

The crowd is drawn by chance, from a seed that is printed: the same one each time.
"""

import asyncio
from collections.abc import Sequence

from benchmarks.command import parser, progress
from benchmarks.contestants import peers_python, run_contestant
from benchmarks.overload.crowd import draw
from benchmarks.overload.findings import Load, figures, goals
from benchmarks.overload.first_come import placed_blindly, placed_in_window
from benchmarks.overload.tables import show_loads
from benchmarks.report import console, tell
from benchmarks.servers import Server, fresh_database, running_postgres

BENCHMARK = "overload"
SIZES = "20000"
SEED = 20261125
NAMES = {"half": "Capacity for half", "enough": "Exactly enough"}


async def measure_load(postgres: Server, name: str, people: int, *, slots: int, optimum: int) -> Load:
    async with fresh_database(postgres) as url:
        task = {
            "database_url": url,
            "servers": {"postgres": postgres.pid},
            "people": people,
            "seed": SEED,
            "slots": slots,
        }
        ours = await asyncio.to_thread(run_contestant, "benchmarks.overload.earliest_deadline", task)
    windows = draw(people, seed=SEED)
    return Load(
        name=name,
        people=people,
        slots=slots,
        optimum=optimum,
        earliest_deadline=ours["placed"],
        first_come=placed_in_window(windows, slots),
        first_come_blindly=placed_blindly(windows, slots),
        cpu_s=ours["cpu_s"],
        longest_take_ms=ours["longest_take_ms"],
    )


async def measure(sizes: Sequence[int]) -> int:
    loads = []
    async with running_postgres() as postgres:
        for people in sizes:
            progress(f"{people:,} people: the optimum")
            task = {"people": people, "seed": SEED, "half": people // 2}
            optimum = await asyncio.to_thread(
                run_contestant, "benchmarks.overload.optimum", task, python=peers_python(BENCHMARK)
            )
            for load, name in NAMES.items():
                slots, at_most = optimum[load]["slots"], optimum[load]["placed"]
                progress(f"{people:,} people, {slots:,} slots: earliest deadline first")
                loads.append(await measure_load(postgres, name, people, slots=slots, optimum=at_most))
    out = console()
    show_loads(out, loads, seed=SEED)
    return tell(out, BENCHMARK, figures(loads, seed=SEED), goals(loads))


def main(argv: Sequence[str]) -> int:
    arguments = parser(BENCHMARK, __doc__, sizes=SIZES, counts="people").parse_args(argv)
    return asyncio.run(measure(arguments.sizes))
