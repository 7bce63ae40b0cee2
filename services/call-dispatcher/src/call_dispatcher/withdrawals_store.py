"""The calls that window-scheduler took back.

Every function works on a connection inside a transaction that its caller opened, as in `store`.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from call_dispatcher.attempts import UNANSWERED, UNCONFIRMED
from call_dispatcher.calls import Call, Withdrawal


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


_WITHDRAWN = text("""
    SELECT call_id FROM withdrawals
    JOIN unnest(CAST(:call_ids AS text[]), CAST(:revisions AS bigint[])) AS asked (call_id, revision) USING (call_id)
    WHERE withdrawals.revision >= asked.revision
""")


async def withdrawn_of(connection: AsyncConnection, calls: Sequence[Call]) -> set[str]:
    """The ids of those calls that are withdrawn, at their revisions."""
    found = await connection.execute(
        _WITHDRAWN,
        {"call_ids": [call.call_id for call in calls], "revisions": [call.revision for call in calls]},
    )
    return set(found.scalars())


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
