"""How long does a reader of the portal wait for a page, with a hundred of them at once, beside a bare FastAPI page?

Portal, window-scheduler and journal run as they are, each in a process of its own, on a real PostgreSQL and NATS.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.calls.serving import serving
from benchmarks.command import parser, progress
from benchmarks.contestants import OUR_PYTHON, run_contestant
from benchmarks.measuring import read_clocks
from benchmarks.portal.findings import Reading, figures, goals, reading_of
from benchmarks.portal.house import House, running_portal
from benchmarks.portal.tables import show_pages
from benchmarks.report import console, tell
from benchmarks.servers import fresh_database, running_nats, running_postgres

BENCHMARK = "portal"
SIZES = "100"
SECONDS = 40
THINKS_S = 5.0
SEED = 20261201
READERS = "benchmarks.portal.readers"


async def read(house: House, seconds: int, thinks_s: float = THINKS_S) -> Reading:
    """Everybody opens one page after another, and reads each for a while."""
    task = {"origin": house.origin, "people": house.people, "seconds": seconds, "thinks_s": thinks_s, "seed": SEED}
    before = read_clocks(house.servers)
    told = await asyncio.to_thread(run_contestant, READERS, task)
    return reading_of(len(house.people), told, read_clocks(house.servers) - before)


async def read_bare(people: int, seconds: int, thinks_s: float = THINKS_S) -> Reading:
    """The same readers at a page that nothing is asked for."""
    with serving([str(OUR_PYTHON), "-m", "benchmarks.portal.bare_page"]) as (pid, port):
        everybody = [{"cookie": "", "paths": {"bare": "/"}}] * people
        return await read(House(f"http://127.0.0.1:{port}", everybody, {"bare": pid}), seconds, thinks_s)


async def measure(sizes: Sequence[int], seconds: int) -> int:
    readings, bare = [], []
    async with running_postgres() as postgres, running_nats() as nats:
        for people in sizes:
            progress(f"{people} people are let in")
            with TemporaryDirectory(prefix="daybook-bench-") as folder:
                async with (
                    fresh_database(postgres) as url,
                    running_portal(postgres, url, nats, Path(folder), people) as house,
                ):
                    progress(f"{people} people read for {seconds} s")
                    readings.append(await read(house, seconds))
            progress(f"{people} people read a bare page for {seconds} s")
            bare.append(await read_bare(people, seconds))
    out = console()
    show_pages(out, readings, bare)
    return tell(out, BENCHMARK, figures(readings, bare), goals(readings))


def main(argv: Sequence[str]) -> int:
    parsing = parser(BENCHMARK, __doc__, sizes=SIZES, counts="people")
    parsing.add_argument("--seconds", type=int, default=SECONDS, help=f"how long they read; else {SECONDS}")
    arguments = parsing.parse_args(argv)
    return asyncio.run(measure(arguments.sizes, arguments.seconds))
