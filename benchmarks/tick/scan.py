"""The first system's way: every person's windows are fetched, and each is tested in the person's own time zone.

As cheap as that can be: no ORM, the fastest driver, rows streamed through a cursor, each zone read once (zoneinfo by itself
holds on to the last eight alone, and would read the others anew for almost each row).
"""

import asyncio
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg

from benchmarks.contestants import contest
from benchmarks.measuring import peak_memory_mib, read_clocks

ROWS_AT_ONCE = 1000

zone = cache(ZoneInfo)

_ALL = """
    SELECT window_id, person_id, time_zone, starts_at, ends_at, weekdays, on_date
    FROM call_windows JOIN people USING (person_id)
"""


async def scan(task: dict[str, Any]) -> dict[str, Any]:
    now = datetime.fromisoformat(task["now"])
    connection = await asyncpg.connect(task["database_url"], server_settings={"search_path": "window_scheduler"})
    before = read_clocks(task["servers"])
    looked_at, open_now = 0, []
    async with connection.transaction():
        cursor = await connection.cursor(_ALL)
        while rows := await cursor.fetch(ROWS_AT_ONCE):
            looked_at += len(rows)
            for window_id, person_id, time_zone, starts_at, ends_at, weekdays, on_date in rows:
                local = now.astimezone(zone(time_zone))
                today = local.date() == on_date if weekdays is None else local.isoweekday() in weekdays
                if today and starts_at <= local.time() < ends_at:
                    open_now.append((window_id, person_id))
    cost = read_clocks(task["servers"]) - before
    await connection.close()
    return {
        "looked_at": looked_at,
        "open": len(open_now),
        "wall_s": cost.wall_s,
        "cpu_s": cost.all_cpu_s,
        "peak_memory_mib": peak_memory_mib(),
    }


if __name__ == "__main__":
    contest(lambda task: asyncio.run(scan(task)))
