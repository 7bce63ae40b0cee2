"""The one row that all dispatchers share: when the next call may be handed to the carrier (`rate`).

Every function works on a connection inside a transaction that its caller opened, as in `store`. Times are PostgreSQL's, so that
no process's own clock counts.
"""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


async def locked_rate(connection: AsyncConnection) -> tuple[datetime, datetime]:
    """When the next slot may open, and the time now. The row is locked until the transaction ends.

    What such a transaction writes (a slot taken, a call leased) may be lost when PostgreSQL crashes, and nothing is: the slot
    would long be over, and the call is due again. So it does not wait for the disk, which every other one would wait for too.
    """
    found = await connection.execute(
        text("""
            SELECT next_slot_at, clock_timestamp() AS now, set_config('synchronous_commit', 'off', true)
            FROM carrier_rate FOR UPDATE
        """)
    )
    row = found.one()
    return row.next_slot_at, row.now


async def set_next_slot(connection: AsyncConnection, at: datetime) -> None:
    await connection.execute(text("UPDATE carrier_rate SET next_slot_at = :at"), {"at": at})


async def give_back_slot(connection: AsyncConnection, slot_at: datetime, *, next_slot_at: datetime) -> None:
    """Returns a slot that was not needed, unless one after it has been taken since."""
    await connection.execute(
        text("UPDATE carrier_rate SET next_slot_at = :slot_at WHERE next_slot_at = :next_slot_at"),
        {"slot_at": slot_at, "next_slot_at": next_slot_at},
    )
