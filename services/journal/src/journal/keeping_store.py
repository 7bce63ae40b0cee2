"""The SQL of how persons' journals are kept. As in `store`, nothing is committed here."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from journal.records import Keeping

_OF_PERSON = "SELECT audio_days, entry_days, descriptions FROM keeping WHERE person_id = :person_id"


async def keeping(connection: AsyncConnection, person_id: UUID) -> Keeping:
    """How a person's journal is kept; the default where they never set it."""
    return await _keeping(connection, _OF_PERSON, person_id)


async def hold_keeping(connection: AsyncConnection, person_id: UUID) -> Keeping:
    """The same, and nobody changes what they set until the transaction ends."""
    return await _keeping(connection, f"{_OF_PERSON} FOR SHARE", person_id)


async def _keeping(connection: AsyncConnection, sql: str, person_id: UUID) -> Keeping:
    row = (await connection.execute(text(sql), {"person_id": person_id})).one_or_none()
    return Keeping() if row is None else Keeping(row.audio_days, row.entry_days, row.descriptions)


async def set_keeping(connection: AsyncConnection, person_id: UUID, keeping: Keeping) -> None:
    """Sets it for a person who has a key, which the caller holds (`store.hold_person_key`)."""
    await connection.execute(
        text(
            "INSERT INTO keeping (person_id, audio_days, entry_days, descriptions) "
            "VALUES (:person_id, :audio_days, :entry_days, :descriptions) ON CONFLICT (person_id) DO UPDATE "
            "SET audio_days = :audio_days, entry_days = :entry_days, descriptions = :descriptions"
        ),
        {"person_id": person_id, **vars(keeping)},
    )


async def forget_keeping(connection: AsyncConnection, person_id: UUID) -> None:
    await connection.execute(text("DELETE FROM keeping WHERE person_id = :person_id"), {"person_id": person_id})
