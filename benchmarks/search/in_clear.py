"""The same turns with nothing sealed: read and matched as Daybook does; and found by PostgreSQL's full text search."""

from collections.abc import AsyncIterator, Mapping
from statistics import median
from typing import Any

import asyncpg
import uvloop
from sqlalchemy import text

from benchmarks.contestants import contest
from benchmarks.measuring import read_clocks
from benchmarks.search.diary import RARE, diary
from chassis.database import Database, open_database
from journal.search import BATCH
from journal.search_query import Query, parse_query

SCHEMA = "public"
TIMES = 3
INDEXED_TIMES = 100

_TABLES = """
    CREATE TABLE entries (entry_id int PRIMARY KEY, started_at timestamptz NOT NULL);
    CREATE TABLE turns (entry_id int, sequence int, said text NOT NULL, PRIMARY KEY (entry_id, sequence));
"""
_INDEX = "CREATE INDEX words ON turns USING gin (to_tsvector('simple', said))"
_NEXT = """
    SELECT entry_id, said FROM entries CROSS JOIN LATERAL (
        SELECT array_agg(said ORDER BY sequence) AS said FROM turns WHERE turns.entry_id = entries.entry_id
    ) spoken WHERE entry_id > :after ORDER BY entry_id LIMIT :limit
"""
_INDEXED = """
    SELECT DISTINCT entry_id FROM turns
    WHERE to_tsvector('simple', said) @@ to_tsquery('simple', :word) ORDER BY entry_id LIMIT 100
"""


async def fill(url: str, years: int) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(_TABLES)
    entries, turns = list[tuple[Any, ...]](), list[tuple[Any, ...]]()
    for number, day in enumerate(diary(years)):
        entries.append((number, day.started_at))
        turns += ((number, sequence, said) for sequence, said in enumerate(day.said))
    await connection.copy_records_to_table("entries", records=entries)
    await connection.copy_records_to_table("turns", records=turns)
    await connection.execute(_INDEX)
    await connection.execute("VACUUM ANALYZE")
    await connection.close()


async def entries(database: Database) -> AsyncIterator[list[str]]:
    """What was said in each entry, fetched as Daybook's search does."""
    after = -1
    while True:
        async with database.transaction() as connection:
            batch = (await connection.execute(text(_NEXT), {"after": after, "limit": BATCH})).all()
        if not batch:
            return
        for row in batch:
            yield row.said
        after = batch[-1].entry_id


async def read_all(database: Database, query: Query) -> int:
    """How many entries hold it, by reading all; what Daybook said is read and not looked at."""
    return sum([query.matches(said[1::2], ()) async for said in entries(database)])


async def find_indexed(database: Database) -> int:
    async with database.transaction() as connection:
        return len((await connection.execute(text(_INDEXED), {"word": f"{RARE}:*"})).all())


async def measure(url: str, years: int, servers: Mapping[str, int]) -> dict[str, Any]:
    await fill(url, years)
    query = parse_query(RARE)
    async with open_database(url, schema=SCHEMA) as database:
        hits, indexed_hits = await read_all(database, query), await find_indexed(database)
        readings = []
        for _ in range(TIMES):
            before = read_clocks(servers)
            await read_all(database, query)
            readings.append(read_clocks(servers) - before)
        before = read_clocks(servers)
        for _ in range(INDEXED_TIMES):
            await find_indexed(database)
        indexed = read_clocks(servers) - before
    return {
        "hits": hits,
        "indexed_hits": indexed_hits,
        "cpu_s": median(reading.all_cpu_s for reading in readings),
        "indexed_cpu_ms": indexed.all_cpu_s / INDEXED_TIMES * 1000,
    }


def work(task: dict[str, Any]) -> dict[str, Any]:
    return uvloop.run(measure(task["database_url"], task["years"], task["servers"]))


if __name__ == "__main__":
    contest(work)
