"""What an index that is encrypted at rest would cost at least: one envelope a person, with the folded words of every entry.

To find is to open it as a whole; to keep it true is to open, to add to and to seal it with each entry, and with each edit.
"""

from collections.abc import Mapping
from statistics import median
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import uvloop
from sqlalchemy import text

from benchmarks.contestants import contest
from benchmarks.measuring import read_clocks
from benchmarks.search.diary import RARE, diary
from chassis.database import Database, open_database
from journal.envelope import Key, Kind, Place, new_key, seal, unseal
from journal.folding import fold
from journal.search_query import parse_query

SCHEMA = "public"
TIMES = 5


class SealedIndex:
    """A line an entry: its number, and the words of its person."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._key: Key = new_key()
        self._place = Place(uuid4(), UUID(int=0), Kind.INVENTORY)

    async def read(self) -> str:
        async with self._database.transaction() as connection:
            sealed = (await connection.execute(text("SELECT sealed FROM word_index"))).scalar_one()
        return unseal(self._key, self._place, bytes(sealed)).decode()

    async def write(self, lines: str) -> None:
        async with self._database.transaction() as connection:
            await connection.execute(
                text("UPDATE word_index SET sealed = :sealed"), {"sealed": seal(self._key, self._place, lines.encode())}
            )

    async def find(self, pieces: tuple[str, ...]) -> int:
        lines = (await self.read()).split("\n")
        return sum(all(piece in line for piece in pieces) for line in lines)

    async def add(self, line: str) -> None:
        await self.write(f"{line}\n{await self.read()}")


async def measure(url: str, years: int, servers: Mapping[str, int]) -> dict[str, Any]:
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE TABLE word_index (sealed bytea NOT NULL)")
    await connection.execute("INSERT INTO word_index VALUES ('')")
    await connection.close()
    lines = [f"{number}{''.join(map(fold, day.said[1::2]))}" for number, day in enumerate(diary(years))]
    pieces = parse_query(RARE).words
    async with open_database(url, schema=SCHEMA) as database:
        index = SealedIndex(database)
        await index.write("\n".join(lines))
        hits = await index.find(pieces)
        finding, adding = list[float](), list[float]()
        for _ in range(TIMES):
            before = read_clocks(servers)
            await index.find(pieces)
            found = read_clocks(servers)
            await index.add(lines[0])
            finding.append((found - before).all_cpu_s)
            adding.append((read_clocks(servers) - found).all_cpu_s)
    return {"hits": hits, "cpu_ms": median(finding) * 1000, "upkeep_cpu_ms": median(adding) * 1000}


def work(task: dict[str, Any]) -> dict[str, Any]:
    return uvloop.run(measure(task["database_url"], task["years"], task["servers"]))


if __name__ == "__main__":
    contest(work)
