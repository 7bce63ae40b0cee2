"""Persons' keys by the thousands under the former key-encryption key, wrapped anew under the active one while it serves."""

from datetime import UTC, datetime
from uuid import uuid4

import asyncpg

from benchmarks.contestants import NotMeasurable
from benchmarks.journal.findings import RotationCost
from benchmarks.journal.house import ACTIVE_KEK, FORMER_KEK, House
from benchmarks.measuring import read_clocks
from daybook.journal.v1 import keys_pb2 as pb
from daybook.journal.v1.keys_pb2_grpc import KeysServiceStub
from journal.__main__ import SCHEMA
from journal.envelope import Key, new_key, wrap
from journal.keyring import place_of_person_key

COLUMNS = ("person_id", "kek_id", "wrapped", "created_at")
AT_ONCE = 10_000


async def fill(database_url: str, persons: int) -> None:
    """So many persons' keys, each wrapped by the former key-encryption key."""
    former, now = Key(FORMER_KEK), datetime.now(UTC)
    connection = await asyncpg.connect(database_url)
    for first in range(0, persons, AT_ONCE):
        ids = [uuid4() for _ in range(min(AT_ONCE, persons - first))]
        rows = [
            (person_id, former.id, wrap(former, place_of_person_key(person_id), new_key()), now) for person_id in ids
        ]
        await connection.copy_records_to_table("person_keys", records=rows, columns=COLUMNS, schema_name=SCHEMA)
    await connection.execute("ANALYZE")
    await connection.execute("CHECKPOINT")
    await connection.close()


async def measure_rotation(house: House, persons: int) -> RotationCost:
    """As `daybook keys rotate` asks for it, page by page."""
    stub, request, rewrapped = KeysServiceStub(house.channel), pb.RewrapKeysRequest(active_kek_id=Key(ACTIVE_KEK).id), 0
    before = read_clocks(house.servers)
    while True:
        page = await stub.RewrapKeys(request, metadata=house.as_operator())
        rewrapped += page.rewrapped
        if not page.HasField("next_after"):
            break
        request.after.CopyFrom(page.next_after)
    cost = read_clocks(house.servers) - before
    if rewrapped != persons:
        raise RotationIncomplete(f"{rewrapped:,} of {persons:,} persons' keys were wrapped anew.")
    return RotationCost(
        persons=persons,
        wall_s=cost.wall_s,
        journal_cpu_s=cost.cpu_s["journal"],
        postgres_cpu_s=cost.cpu_s["postgres"],
    )


class RotationIncomplete(NotMeasurable):
    """Some key was not wrapped anew; the text says how many were."""
