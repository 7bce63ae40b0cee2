"""Daybook's tick as it is, with the CPU of PostgreSQL and NATS counted to it: over nothing that is due, or over all that is.

Each measurement begins with the same work when nothing is due, so that connections and prepared statements stand, as they do
in a process that ticks in a loop.
"""

import contextlib
import gc
import os
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import uvloop

from benchmarks.contestants import contest
from benchmarks.measuring import Reading, read_clocks
from benchmarks.tick.population import rows_touched
from chassis.bus import open_bus
from chassis.clock import ManualClock
from chassis.database import Database, open_database
from chassis.logs import configure_logs
from chassis.nats_access import NatsAccess
from chassis.streams import STREAMS
from chassis.time_zones import INSTALLED
from window_scheduler.__main__ import SERVICE
from window_scheduler.tables import SCHEMA
from window_scheduler.tick import WINDOWS_A_BATCH, conclude, schedule
from window_scheduler.tick_store import claim_due

PERIOD = timedelta(minutes=5)
TIMES, TIMES_A_READING = 200, 10

Servers = Mapping[str, int]


async def idle(url: str, now: datetime, servers: Servers) -> dict[str, Any]:
    """Nothing is due: what looking for it costs, and what the whole first half of a tick costs."""
    # on one connection: a tick looks on a new one, which is not asked first whether it still stands, as a pool's would be
    async with open_database(url, schema=SCHEMA) as database, database.engine.connect() as connection:

        async def look() -> None:
            async with connection.begin():
                await claim_due(connection, INSTALLED, until=now + PERIOD, limit=WINDOWS_A_BATCH)

        look_cpu_ms = await _cpu_ms(look, servers)
    rows = await rows_touched(url)
    async with open_database(url, schema=SCHEMA) as database:

        async def start() -> None:
            await schedule(database, ManualClock(now), INSTALLED, period=PERIOD)

        start_cpu_ms = await _cpu_ms(start, servers)
    rows = await rows_touched(url) - rows
    return {"look_cpu_ms": look_cpu_ms, "start_cpu_ms": start_cpu_ms, "start_rows": rows.read / (TIMES + 1)}


async def _cpu_ms(work: Callable[[], Awaitable[None]], servers: Servers) -> float:
    """What it costs once, when it is done again and again."""
    await work()
    readings = []
    for _ in range(TIMES // TIMES_A_READING):
        before = read_clocks(servers)
        for _ in range(TIMES_A_READING):
            await work()
        readings.append(read_clocks(servers) - before)
    return median(reading.all_cpu_s for reading in readings) / TIMES_A_READING * 1000


async def due(url: str, nats_url: str, now: datetime, servers: Servers, windows: int) -> dict[str, Any]:
    """So many windows are due: what finding them costs, and each half of a tick over them."""
    clock = ManualClock(now)
    async with open_database(url, schema=SCHEMA) as database:
        find = await _find(database, now, servers, windows)
    rows = await rows_touched(url)
    async with (
        open_database(url, schema=SCHEMA) as database,
        open_bus(NatsAccess(nats_url), source=SERVICE, clock=clock, streams=STREAMS) as bus,
    ):
        await schedule(database, ManualClock(now - timedelta(days=1)), INSTALLED, period=PERIOD)
        started = read_clocks(servers)
        tick_id, tally = await schedule(database, clock, INSTALLED, period=PERIOD)
        scheduled = read_clocks(servers)
        await conclude(database, bus, clock, tick_id=tick_id, tally=tally)
        published = read_clocks(servers)
    rows = await rows_touched(url) - rows
    storing, publishing = scheduled - started, published - scheduled
    return {
        "windows": tally.found,
        "calls": tally.published,
        "find_cpu_s": find.all_cpu_s,
        "store_cpu_s": storing.all_cpu_s,
        "publish_cpu_s": publishing.all_cpu_s,
        "store_wall_s": storing.wall_s,
        "publish_wall_s": publishing.wall_s,
        "rows_read": rows.read,
        "rows_written": rows.written,
    }


async def _find(database: Database, now: datetime, servers: Servers, windows: int) -> Reading:
    """Claims all that is due, and lets go of it."""
    async with database.transaction() as connection:
        # so that its statements stand
        await claim_due(connection, INSTALLED, until=now + PERIOD, limit=1)
        before = read_clocks(servers)
        await claim_due(connection, INSTALLED, until=now + PERIOD, limit=windows)
        cost = read_clocks(servers) - before
        await connection.rollback()
    return cost


async def measure(task: dict[str, Any]) -> dict[str, Any]:
    url, now, servers = task["database_url"], datetime.fromisoformat(task["now"]), task["servers"]
    if task["due"] == 0:
        return await idle(url, now, servers)
    return await due(url, task["nats_url"], now, servers, task["due"])


def work(task: dict[str, Any]) -> dict[str, Any]:
    # the log is written, as in production, and read by nobody
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        # as run_program does
        configure_logs(service=SERVICE, level="info")
        gc.collect()
        gc.freeze()
        return uvloop.run(measure(task))


if __name__ == "__main__":
    contest(work)
