"""The one row that all dispatchers share: when the next call may be handed to the carrier (`rate`, `account_pause`).

Every function works on a connection inside a transaction that its caller opened, as in `store`. Times are PostgreSQL's, so that
no process's own clock counts.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

STANDS_STILL = timedelta(seconds=10)
"""With the row in hand: whoever works has it for milliseconds, and on a loaded machine still far shorter than this."""


@dataclass(frozen=True)
class CarrierRate:
    """The row.

    Attributes:
        next_slot_at: when the next slot may open.
        refusals: how often the account was refused since the carrier last took a call; 0: it is not,
        paused_until: and until when nobody is dialed for it.
        now: the time now.
    """

    next_slot_at: datetime
    refusals: int
    paused_until: datetime
    now: datetime


_LOCKED = text("""
    WITH locked AS MATERIALIZED (SELECT next_slot_at, refusals, paused_until FROM carrier_rate FOR UPDATE)
    SELECT next_slot_at, refusals, paused_until, clock_timestamp(), set_config('synchronous_commit', 'off', true),
        set_config('transaction_timeout', :stands_still, true)
    FROM locked
""")
"""In two steps: what tells the time, and starts the clock of STANDS_STILL, is done once the row is had, not before it is waited
for."""


async def locked_rate(connection: AsyncConnection) -> CarrierRate:
    """The row, locked until the transaction ends.

    What such a transaction writes (a slot taken, a call leased) may be lost when PostgreSQL crashes, and nothing is: the slot
    would long be over, and the call is due again. So it does not wait for the disk, which every other one would wait for too.

    Whoever stands still with the row, a process that was stopped or a machine that was paused, loses it after STANDS_STILL:
    nobody could be dialed meanwhile.
    """
    found = await connection.execute(_LOCKED, {"stands_still": f"{STANDS_STILL.total_seconds():.0f}s"})
    next_slot_at, refusals, paused_until, now, *_ = found.one()
    return CarrierRate(next_slot_at, refusals, paused_until, now)


async def read_rate(connection: AsyncConnection) -> CarrierRate:
    """The row as it is now, for those who look."""
    found = await connection.execute(
        text("SELECT next_slot_at, refusals, paused_until, clock_timestamp() FROM carrier_rate")
    )
    return CarrierRate(*found.one())


_SET_NEXT_SLOT = text("UPDATE carrier_rate SET next_slot_at = :at")


async def set_next_slot(connection: AsyncConnection, at: datetime) -> None:
    await connection.execute(_SET_NEXT_SLOT, {"at": at})


async def give_back_slot(connection: AsyncConnection, slot_at: datetime, *, next_slot_at: datetime) -> None:
    """Returns a slot that was not needed, unless one after it has been taken since."""
    await connection.execute(
        text("UPDATE carrier_rate SET next_slot_at = :slot_at WHERE next_slot_at = :next_slot_at"),
        {"slot_at": slot_at, "next_slot_at": next_slot_at},
    )


async def set_pause(connection: AsyncConnection, *, refusals: int, until: datetime) -> None:
    """Keeps that the account was refused so often, and until when nobody is dialed for it."""
    await connection.execute(
        text("UPDATE carrier_rate SET refusals = :refusals, paused_until = :until"),
        {"refusals": refusals, "until": until},
    )


async def end_pause(connection: AsyncConnection) -> None:
    """Keeps that the account is taken."""
    await connection.execute(text("UPDATE carrier_rate SET refusals = 0, paused_until = clock_timestamp()"))
