"""What is read for those who look: a person's calls with all that was tried and decided, and how the queue stands.

Every function works on a connection inside a transaction that its caller opened, as in `store`.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from call_dispatcher.attempt_store import attempt_of
from call_dispatcher.attempts import UNCONFIRMED, Attempt, AttemptState
from call_dispatcher.dials import Ended, FailedWithCarrier, KeptDecision, KeptDial, Postponed, QueueStanding

LOOKED_BACK = timedelta(hours=24)
LAST_MINUTE = timedelta(minutes=1)


async def dials_of(connection: AsyncConnection, person_id: str, *, limit: int) -> Sequence[KeptDial]:
    """A person's calls, the newest first."""
    calls = (
        (
            await connection.execute(
                text("""
                SELECT call_id, state, not_before, not_after, next_attempt_at, outcome, reason, finished_at FROM calls
                WHERE person_id = :person_id ORDER BY not_before DESC LIMIT :limit
            """),
                {"person_id": person_id, "limit": limit},
            )
        )
        .mappings()
        .all()
    )
    call_ids = {"call_ids": [call["call_id"] for call in calls]}
    attempts: dict[str, list[Attempt]] = defaultdict(list)
    for row in await connection.execute(
        text("SELECT * FROM attempts WHERE call_id = ANY(:call_ids) ORDER BY number"), call_ids
    ):
        attempts[row.call_id].append(attempt_of(row))
    decisions: dict[str, list[KeptDecision]] = defaultdict(list)
    for row in await connection.execute(
        text("""
            SELECT call_id, attempt_number, decision, reason, times, first_at, last_at FROM decisions
            WHERE call_id = ANY(:call_ids) ORDER BY first_at, attempt_number
        """),
        call_ids,
    ):
        call_id, *decided = row
        decisions[call_id].append(KeptDecision(*decided))
    return [
        KeptDial(**call, attempts=attempts[call["call_id"]], decisions=decisions[call["call_id"]]) for call in calls
    ]


async def queue_standing(connection: AsyncConnection, *, now: datetime) -> QueueStanding:
    counted = await connection.execute(
        text("""
            SELECT
                (SELECT count(*) FROM calls WHERE state = 'pending'),
                due.calls,
                due.since,
                (SELECT count(*) FROM attempts WHERE live),
                unknown.attempts,
                unknown.since,
                (SELECT count(*) FROM outbox WHERE published_at IS NULL),
                (SELECT count(*) FROM attempts WHERE submitted_at > :a_minute_ago)
            FROM
                (SELECT count(*) AS calls, min(next_attempt_at) AS since FROM calls
                 WHERE state = 'pending' AND next_attempt_at <= :now AND not_after > :now) AS due,
                (SELECT count(*) AS attempts, min(submitted_at) AS since FROM attempts
                 WHERE live AND state = ANY(:unconfirmed)) AS unknown
        """),
        {"now": now, "a_minute_ago": now - LAST_MINUTE, "unconfirmed": sorted(UNCONFIRMED)},
    )
    return QueueStanding(*counted.one())


async def postponed(connection: AsyncConnection, *, now: datetime) -> Sequence[Postponed]:
    """Why calls that still wait were put off within the last day."""
    found = await connection.execute(
        text("""
            SELECT decisions.reason, count(DISTINCT call_id), max(last_at) FROM decisions JOIN calls USING (call_id)
            WHERE state = 'pending' AND decision = 'postponed' AND last_at > :since
            GROUP BY decisions.reason ORDER BY 2 DESC, 1
        """),
        {"since": now - LOOKED_BACK},
    )
    return [Postponed(*row) for row in found]


async def ended(connection: AsyncConnection, *, now: datetime) -> Sequence[Ended]:
    """How the calls of the last day ended."""
    found = await connection.execute(
        text("""
            SELECT outcome, reason, count(*) FROM calls WHERE finished_at > :since
            GROUP BY outcome, reason ORDER BY 3 DESC, 1, 2
        """),
        {"since": now - LOOKED_BACK},
    )
    return [Ended(*row) for row in found]


async def failed_with_carrier(connection: AsyncConnection, *, now: datetime) -> Sequence[FailedWithCarrier]:
    """Which attempts of the last day the carrier refused, or could not bring through."""
    found = await connection.execute(
        text("""
            SELECT state, coalesce(fault, ''), coalesce(error_code, 0), coalesce(sip_code, 0), count(*), max(submitted_at)
            FROM attempts WHERE submitted_at > :since AND state = ANY(:states)
            GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC, 1, 2, 3, 4
        """),
        {"since": now - LOOKED_BACK, "states": [AttemptState.REJECTED, AttemptState.FAILED]},
    )
    return [FailedWithCarrier(*row) for row in found]
