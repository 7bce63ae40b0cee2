"""call-dispatcher's own order, on a real PostgreSQL: for each slot its store takes a call, and its ledger begins an attempt.

Time is told, not waited for: from slot to slot. Nobody is dialed, and an attempt that was begun stays so.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from time import perf_counter
from typing import Any
from uuid import uuid4

import uvloop

from benchmarks.contestants import contest
from benchmarks.measuring import read_clocks
from benchmarks.overload.crowd import Window, draw, slot_times
from call_dispatcher import store
from call_dispatcher.__main__ import REVISIONS
from call_dispatcher.calls import Call
from call_dispatcher.ledger import Ledger
from call_dispatcher.retries import Patience
from call_dispatcher.retry_policy_file import COMES_WITH_DAYBOOK
from call_dispatcher.store import SCHEMA, DueCall
from call_dispatcher.turns import LEASE
from call_dispatcher.wake_ups import WakeUps
from chassis.clock import ManualClock
from chassis.database import Database, open_database
from chassis.migrations import upgrade

BEGIN = datetime(2026, 11, 25, 17, 0, tzinfo=UTC)


async def place(url: str, windows: Sequence[Window], slots: int, servers: Mapping[str, int]) -> dict[str, Any]:
    """Places what can be placed in so many slots.

    Returns:
        `placed`: how many calls were begun in their windows. `cpu_s`: of this process and of PostgreSQL, for all slots.
        `longest_take_ms`: the longest that choosing a call took, by the clock on the wall.
    """
    await upgrade(url, schema=SCHEMA, revisions=REVISIONS)
    clock = ManualClock(BEGIN)
    async with open_database(url, schema=SCHEMA) as database:
        await _fill(database, windows)
        ledger = Ledger(database, patience=Patience(retries=COMES_WITH_DAYBOOK), clock=clock, wake_ups=WakeUps())
        await _take(database, BEGIN - LEASE)  # nothing is due: so that the connection and its statements stand
        before, placed, longest_take_s = read_clocks(servers), 0, 0.0
        for at in slot_times(slots):
            clock.set(BEGIN + at)
            started = perf_counter()
            due = await _take(database, clock.now())
            longest_take_s = max(longest_take_s, perf_counter() - started)
            for call in due:
                placed += await ledger.begin(call) is not None
        cost = read_clocks(servers) - before
    return {"placed": placed, "cpu_s": cost.all_cpu_s, "longest_take_ms": longest_take_s * 1000}


async def _take(database: Database, now: datetime) -> Sequence[DueCall]:
    async with database.transaction() as connection:
        return await store.take_due(connection, now=now, lease_until=now + LEASE, limit=1)


async def _fill(database: Database, windows: Sequence[Window]) -> None:
    async with database.transaction() as connection:
        calls = [
            Call(str(uuid4()), str(uuid4()), not_before=BEGIN + window.opens, not_after=BEGIN + window.closes)
            for window in windows
        ]
        await store.add_calls(connection, calls, now=BEGIN)


async def work(task: dict[str, Any]) -> dict[str, Any]:
    windows = draw(task["people"], seed=task["seed"])
    return await place(task["database_url"], windows, task["slots"], task["servers"])


if __name__ == "__main__":
    contest(lambda task: uvloop.run(work(task)))
