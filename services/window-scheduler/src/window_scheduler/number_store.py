"""People found by their numbers, in PostgreSQL. The numbers are sealed, so each is found by its hash under a key (`sealed`).

What adds or changes a person keeps the hash with the number. Who was added by a release that kept none, or was changed by one
since, is hashed here: the nonce of the sealed number tells that it is another than the one that was hashed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from window_scheduler.errors import SealBroken
from window_scheduler.sealed import Sealer
from window_scheduler.tables import NUMBER_UNHASHED, people

_NOTE = text(
    """
    UPDATE people SET number_hash = hashed.number_hash, number_hashed_from = substr(phone_number, 2, 12)
    FROM unnest(CAST(:people AS uuid[]), CAST(:hashes AS bytea[])) AS hashed (person_id, number_hash)
    WHERE people.person_id = hashed.person_id
    """
)


@dataclass(frozen=True)
class Hashed:
    """How many people were looked at, and whose number does not open, so that nobody finds them by it."""

    looked_at: int
    unreadable: Sequence[UUID]


async def people_with_number(connection: AsyncConnection, number_hash: bytes, *, limit: int) -> Sequence[UUID]:
    """Who has a number, by its hash: no more than `limit` of them."""
    found = await connection.execute(select(people.c.person_id).where(people.c.number_hash == number_hash).limit(limit))
    return found.scalars().all()


async def hash_numbers(connection: AsyncConnection, sealer: Sealer, *, limit: int) -> Hashed:
    """Hashes the numbers of so many people who have no hash of theirs; whom somebody is changing is left for the next time."""
    found = await connection.execute(
        select(people.c.person_id, people.c.phone_number)
        .where(NUMBER_UNHASHED)
        .order_by(people.c.person_id)
        .limit(limit)
        # FOR NO KEY UPDATE: a tick that stores a call of such a person need not wait
        .with_for_update(key_share=True, skip_locked=True)
    )
    hashes = {person_id: _hash_of(person_id, sealed, sealer) for person_id, sealed in found}
    if hashes:
        await connection.execute(_NOTE, {"people": list(hashes), "hashes": list(hashes.values())})
    return Hashed(len(hashes), [person_id for person_id, number_hash in hashes.items() if number_hash is None])


def _hash_of(person_id: UUID, sealed: bytes, sealer: Sealer) -> bytes | None:
    try:
        return sealer.finding_hash(sealer.open(sealed, person_id=person_id, column="phone_number"))
    except SealBroken:
        return None
