"""What is kept of calls and decisions; `attempt_store` has the attempts. No phone number is ever stored.

Every function works on a connection inside a transaction that its caller opened (`Database.transaction`), and commits nothing.
Where rows are locked, a call's row comes before its attempts', so that no two transactions wait for each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from call_dispatcher.attempts import UNCONFIRMED
from call_dispatcher.calls import Call, CallState, Outcome, WithdrawalReason

SCHEMA = "call_dispatcher"


@dataclass(frozen=True)
class DueCall:
    """A call that may be dialed as far as this service knows.

    Attributes:
        due_since: from when on it was to be dialed, aware, UTC.
        number: of the attempt to make.
        revision: of the times that it was taken by. Once the row bears another, nothing that was found out for these holds.
    """

    call_id: str
    person_id: str
    not_after: datetime
    due_since: datetime
    number: int
    revision: int


# in one order, so that no two of them wait for each other
_ADD_CALLS = text("""
    INSERT INTO calls (call_id, person_id, not_before, not_after, revision, state, next_attempt_at, outcome)
    SELECT call_id, person_id, not_before, not_after, revision, 'pending',
        CASE WHEN EXISTS (SELECT FROM withdrawals WHERE call_id = told.call_id AND revision >= told.revision)
            THEN not_after ELSE greatest(not_before, :now) END, outcome
    FROM unnest(CAST(:call_ids AS text[]), CAST(:person_ids AS text[]), CAST(:not_befores AS timestamptz[]),
        CAST(:not_afters AS timestamptz[]), CAST(:revisions AS bigint[]), CAST(:outcomes AS text[]))
        AS told (call_id, person_id, not_before, not_after, revision, outcome)
    ORDER BY call_id
    ON CONFLICT (call_id) DO NOTHING RETURNING call_id, revision
""")


async def add_calls(connection: AsyncConnection, calls: Sequence[Call], *, now: datetime) -> set[tuple[str, int]]:
    """Adds calls to be made from their time on, at once where it has come, or never where they are withdrawn already.

    Returns:
        Id and revision of those that were not there.
    """
    added = await connection.execute(
        _ADD_CALLS,
        {
            "call_ids": [call.call_id for call in calls],
            "person_ids": [call.person_id for call in calls],
            "not_befores": [call.not_before for call in calls],
            "not_afters": [call.not_after for call in calls],
            "revisions": [call.revision for call in calls],
            "outcomes": [call.outcome for call in calls],
            "now": now,
        },
    )
    return {(row.call_id, row.revision) for row in added}


async def renew_call(connection: AsyncConnection, call: Call, *, due_at: datetime) -> None:
    """Makes a call begin anew at other times, whether it has ended or not: to be made from `due_at` on."""
    await connection.execute(
        text("""
            UPDATE calls SET not_before = :not_before, not_after = :not_after, revision = :revision,
                state = 'pending', next_attempt_at = :due_at, outcome = :outcome, reason = '', finished_at = NULL
            WHERE call_id = :call_id
        """),
        {
            "call_id": call.call_id,
            "not_before": call.not_before,
            "not_after": call.not_after,
            "revision": call.revision,
            "outcome": call.outcome,
            "due_at": due_at,
        },
    )


async def shift_call(connection: AsyncConnection, call: Call) -> None:
    """Gives a call other times and leaves it where it stands. A retry that is queued does not come before them."""
    await connection.execute(
        text("""
            UPDATE calls SET not_before = :not_before, not_after = :not_after, revision = :revision,
                next_attempt_at = CASE WHEN state = 'pending' THEN greatest(next_attempt_at, :not_before) END
            WHERE call_id = :call_id
        """),
        {
            "call_id": call.call_id,
            "not_before": call.not_before,
            "not_after": call.not_after,
            "revision": call.revision,
        },
    )


_DUE_TAKEN = """
    WITH due AS (
        SELECT call_id, next_attempt_at FROM calls
        WHERE state = 'pending' AND next_attempt_at <= :now AND not_after > :now
            AND NOT EXISTS (SELECT FROM attempts WHERE attempts.person_id = calls.person_id AND live)
        ORDER BY not_after, call_id LIMIT :limit FOR UPDATE SKIP LOCKED
    ), taken AS (
        UPDATE calls SET next_attempt_at = :lease_until FROM due WHERE calls.call_id = due.call_id
        RETURNING calls.call_id, calls.person_id, calls.not_after, calls.revision,
            due.next_attempt_at AS due_since,
            (SELECT count(*) FROM attempts
             WHERE attempts.call_id = calls.call_id AND attempts.state <> 'turned_away') + 1 AS number
    )
"""
_IN_ORDER = "SELECT * FROM taken ORDER BY not_after, call_id"
_TAKE_DUE = text(f"{_DUE_TAKEN} {_IN_ORDER}")
_TAKE_DUE_AND_SLOTS = text(f"""
    {_DUE_TAKEN}, slots AS (
        UPDATE carrier_rate
        SET next_slot_at = CAST(:first_slot AS timestamptz) + CAST(:spacing AS interval) * (SELECT count(*) FROM taken)
        WHERE EXISTS (SELECT FROM taken)
    )
    {_IN_ORDER}
""")  # noqa: S608 - constants


async def take_due(
    connection: AsyncConnection, *, now: datetime, lease_until: datetime, limit: int
) -> Sequence[DueCall]:
    """Takes the due calls whose windows close first, in that order. They come due again at `lease_until`, should nothing become
    of this.
    """
    taken = await connection.execute(_TAKE_DUE, {"now": now, "lease_until": lease_until, "limit": limit})
    return [_due_call(row) for row in taken]


async def take_due_and_slots(
    connection: AsyncConnection, slots: Sequence[datetime], *, spacing: timedelta, now: datetime, lease_until: datetime
) -> Sequence[DueCall]:
    """As `take_due`, and with each call one of these slots, from the first on: the next one that may open is that after the last
    call's (`rate_store`).
    """
    asked = {"now": now, "lease_until": lease_until, "limit": len(slots), "first_slot": slots[0], "spacing": spacing}
    return [_due_call(row) for row in await connection.execute(_TAKE_DUE_AND_SLOTS, asked)]


def _due_call(row: Row[Any]) -> DueCall:
    return DueCall(row.call_id, row.person_id, row.not_after, row.due_since, row.number, row.revision)


async def next_due_at(connection: AsyncConnection, *, after: datetime) -> datetime | None:
    """When the next call comes due."""
    found = await connection.execute(
        text("SELECT min(next_attempt_at) FROM calls WHERE state = 'pending' AND next_attempt_at > :after"),
        {"after": after},
    )
    at: datetime | None = found.scalar_one()
    return at


LOCK_CALL = text("SELECT * FROM calls WHERE call_id = :call_id FOR UPDATE")
BESIDE_CALL = """
    (SELECT count(*) FROM attempts WHERE call_id = :call_id AND state <> 'turned_away') AS attempts,
    (SELECT reason FROM withdrawals WHERE call_id = :call_id AND revision >= :revision) AS withdrawn
"""
_OF_CALL = text(f"SELECT {BESIDE_CALL}")


async def locked_call(connection: AsyncConnection, call_id: str) -> Call | None:
    """A call, its row locked until the transaction ends."""
    row = (await connection.execute(LOCK_CALL, {"call_id": call_id})).one_or_none()
    if row is None:
        return None
    # only now: what was seen before the lock was had may have changed
    found = (await connection.execute(_OF_CALL, {"call_id": call_id, "revision": row.revision})).one()
    return call_of(row, found)


async def take_closed(connection: AsyncConnection, *, now: datetime, limit: int) -> Sequence[str]:
    """Pending calls whose window has closed, their rows locked until the transaction ends."""
    taken = await connection.execute(
        text("""
            SELECT call_id FROM calls WHERE state = 'pending' AND not_after <= :now
            ORDER BY not_after, call_id LIMIT :limit FOR UPDATE SKIP LOCKED
        """),
        {"now": now, "limit": limit},
    )
    return taken.scalars().all()


async def hold_call(connection: AsyncConnection, call_id: str) -> None:
    """Marks a call as one with an attempt under way."""
    await connection.execute(
        text("UPDATE calls SET state = 'active', next_attempt_at = NULL WHERE call_id = :call_id"),
        {"call_id": call_id},
    )


async def queue_call(connection: AsyncConnection, call_id: str, *, at: datetime, outcome: Outcome) -> None:
    """Puts a call back, to be dialed from `at` on; were it not for that, it would end with `outcome`."""
    await connection.execute(
        text("""
            UPDATE calls SET state = 'pending', next_attempt_at = :at, outcome = :outcome
            WHERE call_id = :call_id AND state <> 'finished'
        """),
        {"call_id": call_id, "at": at, "outcome": outcome},
    )


async def finish_call(
    connection: AsyncConnection, call_id: str, *, outcome: Outcome, reason: str, at: datetime
) -> None:
    await connection.execute(
        text("""
            UPDATE calls SET state = 'finished', next_attempt_at = NULL,
                outcome = :outcome, reason = :reason, finished_at = :at
            WHERE call_id = :call_id
        """),
        {"call_id": call_id, "outcome": outcome, "reason": reason, "at": at},
    )


async def add_decision(
    connection: AsyncConnection, call_id: str, *, number: int, decision: str, reason: str, at: datetime
) -> None:
    """Keeps what was decided and why, in stable terms. The same decision for the same reason is one row that counts."""
    await connection.execute(
        text("""
            INSERT INTO decisions (call_id, attempt_number, decision, reason, first_at, last_at)
            VALUES (:call_id, :number, :decision, :reason, :at, :at)
            ON CONFLICT (call_id, attempt_number, decision, reason)
            DO UPDATE SET times = decisions.times + 1, last_at = excluded.last_at
        """),
        {"call_id": call_id, "number": number, "decision": decision, "reason": reason, "at": at},
    )


@dataclass(frozen=True)
class Depths:
    """What is waiting: calls to be dialed, attempts under way, those of them whose POST has no known outcome, and events to be
    published; of the last two also since when the oldest does.
    """

    pending: int
    live: int
    unknown: int
    unknown_since: datetime | None
    unpublished: int
    unpublished_since: datetime | None


async def depths(connection: AsyncConnection) -> Depths:
    counted = await connection.execute(
        text("""
            SELECT (SELECT count(*) FROM calls WHERE state = 'pending'),
                attempts_now.live, attempts_now.unknown, attempts_now.unknown_since,
                outbox_now.unpublished, outbox_now.unpublished_since
            FROM (SELECT count(*) AS live, count(*) FILTER (WHERE state = ANY(:unconfirmed)) AS unknown,
                    min(submitted_at) FILTER (WHERE state = ANY(:unconfirmed)) AS unknown_since
                FROM attempts WHERE live) AS attempts_now,
                (SELECT count(*) AS unpublished, min(created_at) AS unpublished_since
                FROM outbox WHERE published_at IS NULL) AS outbox_now
        """),
        {"unconfirmed": sorted(UNCONFIRMED)},
    )
    return Depths(*counted.one())


def call_of(row: Row[Any], beside: Row[Any]) -> Call:
    return Call(
        call_id=row.call_id,
        person_id=row.person_id,
        not_before=row.not_before,
        not_after=row.not_after,
        revision=row.revision,
        state=CallState(row.state),
        outcome=Outcome(row.outcome),
        attempts=beside.attempts,
        withdrawn=None if beside.withdrawn is None else WithdrawalReason(beside.withdrawn),
        reason=row.reason,
        finished_at=row.finished_at,
    )
