"""Daybook's search as it is, over a diary that is kept as the journal keeps it."""

import asyncio
import base64
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID, uuid4

import uvloop
from sqlalchemy import text

from benchmarks.contestants import contest
from benchmarks.measuring import read_clocks
from benchmarks.search.diary import RARE, TURNS, Day, diary
from chassis.clock import SystemClock
from chassis.database import Database, open_database
from chassis.migrations import upgrade
from daybook.journal.v1.journal_pb2 import SPEAKER_DAYBOOK, SPEAKER_PERSON, Turn
from journal import store
from journal.__main__ import REVISIONS, SCHEMA
from journal.contract import Page
from journal.envelope import Key, new_key
from journal.keyring import Keyring
from journal.keys import find_keys
from journal.mounted_keys import MountedKeys
from journal.records import Entry, Outcome, Session
from journal.sealing import SessionSeal, new_recording, new_session_key
from journal.search import Search
from journal.search_query import parse_query

TIMES = 3
WITHOUT_END_S = 1e9
LOOKS_EVERY_S = 0.001
_TURN = text(
    "INSERT INTO turns (session_id, sequence, speaker, sealed) VALUES (:session_id, :sequence, :speaker, :sealed)"
)


@dataclass
class Holds:
    """How long the loop was not free to do something else, in CPU seconds of its thread."""

    longest_s: float = 0.0

    async def watch(self) -> None:
        before = time.thread_time()
        while True:
            await asyncio.sleep(LOOKS_EVERY_S)
            now = time.thread_time()
            self.longest_s, before = max(self.longest_s, now - before), now


async def keep(database: Database, key: Key, person_id: UUID, day: Day) -> None:
    """One day of a diary, as an entry."""
    session_id, recording = uuid4(), new_recording(key, person_id, uuid4())
    session = Session(
        session_id=session_id,
        call_id=uuid4(),
        person_id=person_id,
        attempt_number=1,
        started_at=day.started_at,
        ended_at=None,
        outcome=None,
        closing=None,
        wrapped_key=new_session_key(key, person_id, session_id),
        recording=recording,
    )
    seal = SessionSeal(key, session)
    turns = [
        seal.seal(Turn(sequence=number, speaker=SPEAKER_PERSON if number % 2 else SPEAKER_DAYBOOK, text=said))
        for number, said in enumerate(day.said)
    ]
    entry = Entry(
        uuid4(),
        session_id,
        person_id,
        session.call_id,
        day.started_at,
        day.started_at,
        Outcome.COMPLETED,
        TURNS,
        0,
        cut_off=False,
    )
    async with database.transaction() as connection:
        await store.add_session(connection, session)
        await connection.execute(_TURN, [vars(turn) for turn in turns])
        await store.add_entry(connection, entry, seal.seal_inventory(entry, []))


async def measure(url: str, years: int, servers: Mapping[str, int], folder: Path) -> dict[str, Any]:
    (folder / "kek").write_bytes(base64.b64encode(new_key().secret))
    await upgrade(url, schema=SCHEMA, revisions=REVISIONS)
    person_id = uuid4()
    async with open_database(url, schema=SCHEMA) as database:
        keyring = Keyring(database, await find_keys([MountedKeys(folder)], ""), SystemClock())
        key = await keyring.key_of_caller(person_id)
        for day in diary(years):
            await keep(database, key, person_id, day)
        async with database.statement() as connection:
            await connection.execute(text("VACUUM ANALYZE"))
        search, query, page = Search(database, keyring, budget_s=WITHOUT_END_S), parse_query(RARE), Page(100, None)
        found = await search.find(person_id, query, page)
        readings = []
        for _ in range(TIMES):
            before = read_clocks(servers)
            await search.find(person_id, query, page)
            readings.append(read_clocks(servers) - before)
        holds = Holds()
        watching = asyncio.create_task(holds.watch())
        await search.find(person_id, query, page)
        watching.cancel()
    return {
        "hits": len(found.hits),
        "cpu_s": median(reading.all_cpu_s for reading in readings),
        "longest_hold_ms": holds.longest_s * 1000,
    }


def work(task: dict[str, Any]) -> dict[str, Any]:
    with TemporaryDirectory(prefix="daybook-bench-") as folder:
        return uvloop.run(measure(task["database_url"], task["years"], task["servers"], Path(folder)))


if __name__ == "__main__":
    contest(work)
