"""The first system's way: a worker that wakes every 15 seconds, looks for pending calls, and places one after the other.

As cheap as that can be: no ORM, one row read and one written a call, one connection to the carrier. Run as a program it
prints its process id once it polls.
"""

import argparse
import asyncio
import os

import asyncpg
import httpx2
import uvloop

PERIOD_S = 15.0

_TABLE = """
    CREATE TABLE pending_calls (
        call_id text PRIMARY KEY,
        phone_number text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        state text NOT NULL DEFAULT 'pending'
    )
"""


async def make_table(pool: "asyncpg.Pool[asyncpg.Record]") -> None:
    await pool.execute(_TABLE)


async def add_call(pool: "asyncpg.Pool[asyncpg.Record]", call_id: str) -> None:
    """What the first system's other worker does when a window opens."""
    await pool.execute("INSERT INTO pending_calls VALUES ($1, '+15005550006')", call_id)


async def poll(connection: "asyncpg.Connection[asyncpg.Record]", carrier: httpx2.AsyncClient) -> None:
    """Places all calls that are pending."""
    pending = await connection.fetch("SELECT call_id FROM pending_calls WHERE state = 'pending' ORDER BY created_at")
    for call in pending:
        call_id = call["call_id"]
        number = await connection.fetchval("SELECT phone_number FROM pending_calls WHERE call_id = $1", call_id)
        form = {"To": number, "From": number, "Url": f"https://daybook.example/webhooks/twilio/voice/{call_id}"}
        answer = await carrier.post("/2010-04-01/Accounts/AC/Calls.json", data=form)
        state = "initiated" if answer.status_code == httpx2.codes.CREATED else "failed"
        await connection.execute("UPDATE pending_calls SET state = $2 WHERE call_id = $1", call_id, state)


async def work(database_url: str, carrier_url: str, period_s: float) -> None:
    connection = await asyncpg.connect(database_url)
    async with httpx2.AsyncClient(base_url=carrier_url) as carrier:
        print(os.getpid(), flush=True)
        while True:
            await poll(connection, carrier)
            await asyncio.sleep(period_s)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("database_url")
    parser.add_argument("carrier_url")
    parser.add_argument("period_s", type=float)
    arguments = parser.parse_args()
    uvloop.run(work(arguments.database_url, arguments.carrier_url, arguments.period_s))
