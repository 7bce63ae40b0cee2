"""The calls that window-scheduler took back.

Every function works on a connection inside a transaction that its caller opened, as in `store`.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from call_dispatcher.attempts import UNANSWERED, UNCONFIRMED
from call_dispatcher.calls import Withdrawal


async def add_withdrawal(connection: AsyncConnection, withdrawal: Withdrawal) -> bool:
    """Keeps that a call is withdrawn; False where that is known, of this revision of it or a later one."""
    added = await connection.execute(
        text("""
            INSERT INTO withdrawals (call_id, revision, reason, withdrawn_at)
            VALUES (:call_id, :revision, :reason, :withdrawn_at)
            ON CONFLICT (call_id) DO UPDATE SET
                revision = excluded.revision, reason = excluded.reason, withdrawn_at = excluded.withdrawn_at
                WHERE excluded.revision > withdrawals.revision
        """),
        {
            "call_id": withdrawal.call_id,
            "revision": withdrawal.revision,
            "reason": withdrawal.reason,
            "withdrawn_at": withdrawal.withdrawn_at,
        },
    )
    return bool(added.rowcount)


_IS_WITHDRAWN = text("SELECT EXISTS (SELECT FROM withdrawals WHERE call_id = :call_id AND revision >= :revision)")


async def is_withdrawn(connection: AsyncConnection, call_id: str, revision: int) -> bool:
    """Whether a call is withdrawn, at this revision of it."""
    found = await connection.execute(
        _IS_WITHDRAWN,
        {"call_id": call_id, "revision": revision},
    )
    return bool(found.scalar_one())


async def take_unanswered(connection: AsyncConnection, call_id: str, *, review_at: datetime) -> Sequence[str]:
    """The carrier's ids of a call's attempts that nobody has answered yet. They are looked after at `review_at`.

    One whose POST may still be answered is written anew as it is: who is about to store its answer, and has not seen the
    withdrawal, then finds another version of it than was begun (`accept_attempt`).
    """
    taken = await connection.execute(
        text("""
            UPDATE attempts
            SET review_at = CASE WHEN state = ANY(:unanswered) THEN least(review_at, :review_at) ELSE review_at END
            WHERE call_id = :call_id AND state = ANY(:not_answered)
            RETURNING carrier_call_id
        """),
        {
            "call_id": call_id,
            "unanswered": sorted(UNANSWERED),
            "not_answered": sorted(UNANSWERED | UNCONFIRMED),
            "review_at": review_at,
        },
    )
    return [carrier_call_id for carrier_call_id in taken.scalars() if carrier_call_id is not None]
