"""What is kept of calls, attempts and decisions. No phone number is ever stored.

Every function works on a connection inside a transaction that its caller opened (`Database.transaction`), and commits nothing.
Where rows are locked, a call's row comes before its attempts', so that no two transactions wait for each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from call_dispatcher.attempts import ANSWERED, UNCONFIRMED, Attempt, AttemptState, Party, Reflection
from call_dispatcher.calls import Call, CallState, Outcome, WithdrawalReason
from call_dispatcher.carrier_errors import Fault
from call_dispatcher.errors import AnotherCarrierCall

SCHEMA = "call_dispatcher"
ONE_ATTEMPT_PER_CARRIER_CALL = "attempts_carrier_call_id_key"


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


_ADD_CALL = text("""
    INSERT INTO calls (call_id, person_id, not_before, not_after, revision, state, next_attempt_at, outcome)
    VALUES (:call_id, :person_id, :not_before, :not_after, :revision, 'pending',
        CASE WHEN EXISTS (SELECT FROM withdrawals WHERE call_id = :call_id AND revision >= :revision)
            THEN CAST(:not_after AS timestamptz) ELSE CAST(:due_at AS timestamptz) END, :outcome)
    ON CONFLICT (call_id) DO NOTHING
""")


async def add_call(connection: AsyncConnection, call: Call, *, due_at: datetime) -> bool:
    """Adds a call to be made from `due_at` on, or never where it is withdrawn already; False where it was there."""
    added = await connection.execute(
        _ADD_CALL,
        {
            "call_id": call.call_id,
            "person_id": call.person_id,
            "not_before": call.not_before,
            "not_after": call.not_after,
            "revision": call.revision,
            "outcome": call.outcome,
            "due_at": due_at,
        },
    )
    return bool(added.rowcount)


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


_TAKE_DUE = text("""
    WITH due AS (
        SELECT call_id, next_attempt_at FROM calls
        WHERE state = 'pending' AND next_attempt_at <= :now AND not_after > :now
            AND NOT EXISTS (SELECT FROM attempts WHERE attempts.person_id = calls.person_id AND live)
        ORDER BY not_after, call_id LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    UPDATE calls SET next_attempt_at = :lease_until FROM due WHERE calls.call_id = due.call_id
    RETURNING calls.call_id, calls.person_id, calls.not_after, calls.revision,
        due.next_attempt_at AS due_since,
        (SELECT count(*) FROM attempts
         WHERE attempts.call_id = calls.call_id AND attempts.state <> 'turned_away') + 1 AS number
""")


async def take_due(
    connection: AsyncConnection, *, now: datetime, lease_until: datetime, limit: int
) -> Sequence[DueCall]:
    """Takes the due calls whose windows close first, in that order. They come due again at `lease_until`, should nothing become
    of this.
    """
    taken = await connection.execute(_TAKE_DUE, {"now": now, "lease_until": lease_until, "limit": limit})
    calls = [
        DueCall(row.call_id, row.person_id, row.not_after, row.due_since, row.number, row.revision) for row in taken
    ]
    return sorted(calls, key=lambda call: (call.not_after, call.call_id))


async def next_due_at(connection: AsyncConnection, *, after: datetime) -> datetime | None:
    """When the next call comes due."""
    found = await connection.execute(
        text("SELECT min(next_attempt_at) FROM calls WHERE state = 'pending' AND next_attempt_at > :after"),
        {"after": after},
    )
    at: datetime | None = found.scalar_one()
    return at


_LOCK_CALL = text("SELECT * FROM calls WHERE call_id = :call_id FOR UPDATE")
_BESIDE_CALL = """
    (SELECT count(*) FROM attempts WHERE call_id = :call_id AND state <> 'turned_away') AS attempts,
    (SELECT reason FROM withdrawals WHERE call_id = :call_id AND revision >= :revision) AS withdrawn
"""
_OF_CALL = text(f"SELECT {_BESIDE_CALL}")


async def locked_call(connection: AsyncConnection, call_id: str) -> Call | None:
    """A call, its row locked until the transaction ends."""
    row = (await connection.execute(_LOCK_CALL, {"call_id": call_id})).one_or_none()
    if row is None:
        return None
    # only now: what was seen before the lock was had may have changed
    found = (await connection.execute(_OF_CALL, {"call_id": call_id, "revision": row.revision})).one()
    return _call_of(row, found)


_ATTEMPT_OF_CALL = text(f"SELECT *, {_BESIDE_CALL} FROM attempts WHERE attempt_id = :attempt_id")  # noqa: S608 - a constant


async def locked_attempt(connection: AsyncConnection, call_id: str, attempt_id: str) -> tuple[Call, Attempt] | None:
    """An attempt and its call, locked until the transaction ends."""
    call = (await connection.execute(_LOCK_CALL, {"call_id": call_id})).one_or_none()
    if call is None:
        return None
    asked = {"call_id": call_id, "attempt_id": attempt_id, "revision": call.revision}
    row = (await connection.execute(_ATTEMPT_OF_CALL, asked)).one_or_none()
    return None if row is None else (_call_of(call, row), attempt_of(row))


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


_BEGIN_ATTEMPT = text("""
    WITH due AS (
        SELECT call_id FROM calls
        WHERE call_id = :call_id AND state = 'pending' AND revision = :revision AND not_after > :submitted_at FOR UPDATE
    ), added AS (
        INSERT INTO attempts (attempt_id, call_id, person_id, number, state, live, submitted_at, heard_at,
            last_sequence, review_at)
        SELECT :attempt_id, call_id, :person_id, :number, :state, true, :submitted_at, :submitted_at,
            :last_sequence, :review_at FROM due
        ON CONFLICT DO NOTHING RETURNING call_id
    )
    UPDATE calls SET state = 'active', next_attempt_at = NULL FROM added WHERE calls.call_id = added.call_id
""")


async def begin_attempt(connection: AsyncConnection, attempt: Attempt, *, revision: int, review_at: datetime) -> bool:
    """Stores an attempt before its POST, and marks its call as one with an attempt under way.

    Returns:
        False where it may not be made: the call is no more to be dialed, bears another revision or is over, or another attempt at
        it or its person is live; or the carrier has turned this same attempt away (`forget_turned_away`).
    """
    begun = await connection.execute(
        _BEGIN_ATTEMPT,
        {
            "attempt_id": attempt.attempt_id,
            "call_id": attempt.call_id,
            "person_id": attempt.person_id,
            "number": attempt.number,
            "state": attempt.state,
            "submitted_at": attempt.submitted_at,
            "last_sequence": attempt.last_sequence,
            "revision": revision,
            "review_at": review_at,
        },
    )
    return bool(begun.rowcount)


async def forget_turned_away(connection: AsyncConnection, attempt_id: str) -> bool:
    """Deletes an attempt that the carrier has not looked at, so that it can be made once more under the same number."""
    deleted = await connection.execute(
        text("DELETE FROM attempts WHERE attempt_id = :attempt_id AND state = 'turned_away'"),
        {"attempt_id": attempt_id},
    )
    return bool(deleted.rowcount)


_SAVE_ATTEMPT = text("""
    UPDATE attempts SET state = :state, live = :live, heard_at = :heard_at, ended_at = :ended_at,
        carrier_call_id = :carrier_call_id, last_sequence = :last_sequence, fault = :fault,
        error_code = :error_code, sip_code = :sip_code, answered_by = :answered_by,
        reflection = :reflection, review_at = :review_at
    WHERE attempt_id = :attempt_id
""")


async def save_attempt(connection: AsyncConnection, attempt: Attempt, *, review_at: datetime | None) -> None:
    """Stores where an attempt stands, and when it is to be looked after if nothing is heard of it.

    Raises:
        AnotherCarrierCall: the carrier's call that it is bound to is another attempt's.
    """
    try:
        await connection.execute(
            _SAVE_ATTEMPT,
            {
                "attempt_id": attempt.attempt_id,
                "state": attempt.state,
                "live": attempt.live,
                "heard_at": attempt.heard_at,
                "ended_at": attempt.ended_at,
                "carrier_call_id": attempt.carrier_call_id,
                "last_sequence": attempt.last_sequence,
                "fault": attempt.fault,
                "error_code": attempt.error_code,
                "sip_code": attempt.sip_code,
                "answered_by": attempt.answered_by,
                "reflection": attempt.reflection,
                "review_at": review_at,
            },
        )
    except IntegrityError as error:
        if ONE_ATTEMPT_PER_CARRIER_CALL not in str(error.orig):
            raise
        raise AnotherCarrierCall(
            f"The carrier's call {attempt.carrier_call_id} is told of attempt {attempt.attempt_id} and bound to another. "
            "Look it up with the carrier: the paths of its webhooks name its attempt."
        ) from None


async def another_is_live(connection: AsyncConnection, attempt: Attempt) -> bool:
    """Whether another attempt at the same person may ring, or does."""
    found = await connection.execute(
        text("""
            SELECT EXISTS (SELECT FROM attempts
                WHERE person_id = :person_id AND live AND attempt_id <> :attempt_id)
        """),
        {"person_id": attempt.person_id, "attempt_id": attempt.attempt_id},
    )
    return bool(found.scalar_one())


async def another_was_answered(connection: AsyncConnection, attempt: Attempt) -> bool:
    """Whether somebody picked up in another attempt at the same call."""
    found = await connection.execute(
        text("""
            SELECT EXISTS (SELECT FROM attempts
                WHERE call_id = :call_id AND attempt_id <> :attempt_id AND state = ANY(:answered))
        """),
        {"call_id": attempt.call_id, "attempt_id": attempt.attempt_id, "answered": sorted(ANSWERED)},
    )
    return bool(found.scalar_one())


async def take_reviews(
    connection: AsyncConnection, *, now: datetime, lease_until: datetime, limit: int
) -> list[Attempt]:
    """Attempts of which nothing was heard for long enough. They come again at `lease_until`, should nothing become of this."""
    taken = await connection.execute(
        text("""
            UPDATE attempts SET review_at = :lease_until
            WHERE attempt_id IN (
                SELECT attempt_id FROM attempts WHERE review_at <= :now
                ORDER BY review_at, attempt_id LIMIT :limit FOR UPDATE SKIP LOCKED)
            RETURNING *
        """),
        {"now": now, "lease_until": lease_until, "limit": limit},
    )
    return [attempt_of(row) for row in taken]


async def bound_elsewhere(connection: AsyncConnection, carrier_call_ids: Sequence[str], attempt_id: str) -> set[str]:
    """Which of these calls of the carrier belong to other attempts."""
    found = await connection.execute(
        text("SELECT carrier_call_id FROM attempts WHERE carrier_call_id = ANY(:ids) AND attempt_id <> :attempt_id"),
        {"ids": list(carrier_call_ids), "attempt_id": attempt_id},
    )
    return set(found.scalars())


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


def attempt_of(row: Row[Any]) -> Attempt:
    """The attempt in a row of `attempts`."""
    return Attempt(
        attempt_id=row.attempt_id,
        call_id=row.call_id,
        person_id=row.person_id,
        number=row.number,
        submitted_at=row.submitted_at,
        heard_at=row.heard_at,
        state=AttemptState(row.state),
        carrier_call_id=row.carrier_call_id,
        last_sequence=row.last_sequence,
        fault=None if row.fault is None else Fault(row.fault),
        error_code=row.error_code,
        sip_code=row.sip_code,
        answered_by=None if row.answered_by is None else Party(row.answered_by),
        reflection=None if row.reflection is None else Reflection(row.reflection),
        ended_at=row.ended_at,
    )


def _call_of(row: Row[Any], beside: Row[Any]) -> Call:
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
