"""The SQL of key-encryption keys: what each wraps, and how its wraps are replaced. As in `store`, nothing is committed here."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from journal.records import PersonKey, RewrapPosition


async def add_first_canary(connection: AsyncConnection, kek_id: str, sealed: bytes, now: datetime) -> None:
    """Adds a canary to a journal that has none; two processes that start at once see one."""
    await connection.execute(text("LOCK TABLE canaries IN SHARE ROW EXCLUSIVE MODE"))
    await connection.execute(
        text(
            "INSERT INTO canaries (kek_id, sealed, created_at) "
            "SELECT :kek_id, :sealed, :now WHERE NOT EXISTS (SELECT FROM canaries)"
        ),
        {"kek_id": kek_id, "sealed": sealed, "now": now},
    )


async def canaries(connection: AsyncConnection) -> Sequence[tuple[str, bytes]]:
    rows = await connection.execute(text("SELECT kek_id, sealed FROM canaries"))
    return [(row.kek_id, row.sealed) for row in rows]


async def keks_in_use(connection: AsyncConnection) -> set[str]:
    """The key-encryption keys that wrap a person's key, or a canary: by one look into the index for each."""
    rows = await connection.execute(
        text(
            "WITH RECURSIVE used AS ("
            "  (SELECT kek_id FROM person_keys WHERE wrapped IS NOT NULL ORDER BY kek_id LIMIT 1)"
            "  UNION ALL"
            "  SELECT (SELECT kek_id FROM person_keys WHERE wrapped IS NOT NULL AND kek_id > used.kek_id ORDER BY kek_id LIMIT 1)"
            "  FROM used WHERE used.kek_id IS NOT NULL"
            ") SELECT kek_id FROM used WHERE kek_id IS NOT NULL UNION SELECT kek_id FROM canaries"
        )
    )
    return {row.kek_id for row in rows}


async def count_person_keys(connection: AsyncConnection) -> dict[str, int]:
    """How many persons' keys each key-encryption key wraps."""
    rows = await connection.execute(
        text("SELECT kek_id, count(*) AS keys FROM person_keys WHERE wrapped IS NOT NULL GROUP BY kek_id")
    )
    return {row.kek_id: int(row.keys) for row in rows}


async def keys_to_rewrap(
    connection: AsyncConnection, active_id: str, *, after: RewrapPosition, limit: int
) -> Sequence[PersonKey]:
    """Persons' keys under other key-encryption keys than the active one, in the order of these and of the persons."""
    rows = await connection.execute(
        text(
            "SELECT person_id, kek_id, wrapped FROM person_keys WHERE wrapped IS NOT NULL AND kek_id <> :active_id "
            "AND (kek_id, person_id) > (:kek_id, :person_id) ORDER BY kek_id, person_id LIMIT :limit"
        ),
        {"active_id": active_id, "limit": limit, **vars(after)},
    )
    return [PersonKey(row.person_id, row.kek_id, row.wrapped) for row in rows]


async def replace_wraps(connection: AsyncConnection, kek_id: str, rewrapped: Sequence[tuple[PersonKey, bytes]]) -> int:
    """Puts other wraps in place of those that were read; what has changed since is left as it is.

    Returns:
        How many were replaced.
    """
    # locked in one order: rotations that run at once wait for each other, and never in a circle
    replaced = await connection.execute(
        text(
            "WITH anew AS ("
            "  SELECT * FROM unnest(CAST(:person_ids AS uuid[]), CAST(:former AS bytea[]), CAST(:later AS bytea[]))"
            "  AS anew (person_id, former, later)"
            "), held AS ("
            "  SELECT person_id FROM person_keys WHERE person_id = ANY(CAST(:person_ids AS uuid[]))"
            "  ORDER BY person_id FOR NO KEY UPDATE"
            ") UPDATE person_keys SET kek_id = :kek_id, wrapped = anew.later FROM anew JOIN held USING (person_id) "
            "WHERE person_keys.person_id = anew.person_id AND person_keys.wrapped = anew.former"
        ),
        {
            "kek_id": kek_id,
            "person_ids": [kept.person_id for kept, _ in rewrapped],
            "former": [kept.wrapped for kept, _ in rewrapped],
            "later": [later for _, later in rewrapped],
        },
    )
    return replaced.rowcount


async def move_canary(connection: AsyncConnection, kek_id: str, sealed: bytes, now: datetime) -> None:
    """Has a canary under the active key-encryption key, and none under those that wrap nobody's key any more."""
    await connection.execute(text("LOCK TABLE canaries IN SHARE ROW EXCLUSIVE MODE"))
    await connection.execute(
        text(
            "INSERT INTO canaries (kek_id, sealed, created_at) VALUES (:kek_id, :sealed, :now) ON CONFLICT DO NOTHING"
        ),
        {"kek_id": kek_id, "sealed": sealed, "now": now},
    )
    await connection.execute(
        text(
            "DELETE FROM canaries WHERE kek_id <> :kek_id AND NOT EXISTS ("
            "SELECT FROM person_keys WHERE person_keys.kek_id = canaries.kek_id AND wrapped IS NOT NULL)"
        ),
        {"kek_id": kek_id},
    )
