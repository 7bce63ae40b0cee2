"""What the rows of a tick cost without a tick: PostgreSQL alone finds what is due, stores the same rows and advances each window.

Nothing is decided and nothing told: each opening becomes a call, and opens again a day later. It is a floor for a thousand due
windows. For 1 % of ten million a run took more than the whole tick (467 µs to 295), for a reason that was not found.
"""

import asyncio
from datetime import datetime
from typing import Any

import asyncpg

from benchmarks.contestants import contest
from benchmarks.measuring import read_clocks
from benchmarks.tick.daybook import PERIOD
from benchmarks.tick.population import connected
from window_scheduler.tick import WINDOWS_A_BATCH

PAYLOAD_BYTES = 142
"""Of an encoded CallScheduled."""

_STORE = """
    WITH due AS (
        SELECT window_id, person_id, next_local_day, next_opens_at, next_closes_at, gen_random_uuid() AS call_id
        FROM call_windows WHERE next_opens_at <= $1 ORDER BY next_opens_at LIMIT $2 FOR UPDATE SKIP LOCKED
    ), stored AS (
        INSERT INTO scheduled_calls (call_id, person_id, window_id, local_day, not_before, not_after, scheduled_at)
        SELECT call_id, person_id, window_id, next_local_day, next_opens_at, next_closes_at, $3 FROM due
        ON CONFLICT DO NOTHING RETURNING call_id
    ), announced AS (
        INSERT INTO outbox (event_id, call_id, payload, created_at)
        SELECT call_id || '.scheduled', call_id, $4, $3 FROM stored
    ), decided AS (
        INSERT INTO window_decisions (person_id, local_day, window_id, decision, decided_at, opens_at, closes_at)
        SELECT person_id, next_local_day, window_id, 'scheduled', $3, next_opens_at, next_closes_at FROM due
    )
    UPDATE call_windows
    SET next_local_day = due.next_local_day + 1, next_opens_at = due.next_opens_at + interval '1 day',
        next_closes_at = due.next_closes_at + interval '1 day'
    FROM due WHERE call_windows.window_id = due.window_id
"""


async def store(task: dict[str, Any]) -> dict[str, Any]:
    now = datetime.fromisoformat(task["now"])
    connection = await connected(task["database_url"])
    payload = bytes(PAYLOAD_BYTES)
    before = read_clocks(task["servers"])
    windows = 0
    while advanced := await _advanced(connection, now, payload):
        windows += advanced
    cost = read_clocks(task["servers"]) - before
    await connection.execute("TRUNCATE outbox")
    await connection.close()
    return {"windows": windows, "cpu_s": cost.cpu_s["postgres"]}


async def _advanced(connection: "asyncpg.Connection[asyncpg.Record]", now: datetime, payload: bytes) -> int:
    """One batch. Returns how many windows it advanced."""
    status = await connection.execute(_STORE, now + PERIOD, WINDOWS_A_BATCH, now, payload)
    return int(status.removeprefix("UPDATE "))


if __name__ == "__main__":
    contest(lambda task: asyncio.run(store(task)))
