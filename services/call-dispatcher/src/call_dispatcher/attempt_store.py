"""What is kept of attempts.

Every function works on a connection inside a transaction that its caller opened, or where it is one statement on one of its own,
as in `store`.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from call_dispatcher.announcements import OutgoingEvent
from call_dispatcher.attempts import ANSWERED, Attempt, AttemptState, Party, Reflection
from call_dispatcher.calls import Call
from call_dispatcher.carrier_errors import Fault
from call_dispatcher.errors import AnotherCarrierCall
from call_dispatcher.store import BESIDE_CALL, LOCK_CALL, call_of

ONE_ATTEMPT_PER_CARRIER_CALL = "attempts_carrier_call_id_key"

_ATTEMPT_OF_CALL = text(f"SELECT *, {BESIDE_CALL} FROM attempts WHERE attempt_id = :attempt_id")  # noqa: S608 - a constant


async def locked_attempt(connection: AsyncConnection, call_id: str, attempt_id: str) -> tuple[Call, Attempt] | None:
    """An attempt and its call, locked until the transaction ends."""
    call = (await connection.execute(LOCK_CALL, {"call_id": call_id})).one_or_none()
    if call is None:
        return None
    asked = {"call_id": call_id, "attempt_id": attempt_id, "revision": call.revision}
    row = (await connection.execute(_ATTEMPT_OF_CALL, asked)).one_or_none()
    return None if row is None else (call_of(call, row), attempt_of(row))


_BEGIN_ATTEMPT = text("""
    WITH due AS (
        SELECT call_id FROM calls
        WHERE call_id = :call_id AND state = 'pending' AND revision = :revision AND not_after > :submitted_at FOR UPDATE
    ), added AS (
        INSERT INTO attempts (attempt_id, call_id, person_id, number, state, live, submitted_at, heard_at,
            last_sequence, review_at)
        SELECT :attempt_id, call_id, :person_id, :number, :state, true, :submitted_at, :submitted_at,
            :last_sequence, :review_at FROM due
        ON CONFLICT DO NOTHING RETURNING call_id, CAST(xmin AS text) AS version
    )
    UPDATE calls SET state = 'active', next_attempt_at = NULL FROM added WHERE calls.call_id = added.call_id
    RETURNING added.version
""")


async def begin_attempt(
    connection: AsyncConnection, attempt: Attempt, *, revision: int, review_at: datetime
) -> str | None:
    """Stores an attempt before its POST, and marks its call as one with an attempt under way.

    Returns:
        The version of its row (`accept_attempt`). None where it may not be made: the call is no more to be dialed, bears another
        revision or is over, or another attempt at it or its person is live; or the carrier has turned this same attempt away
        (`forget_turned_away`).
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
    version: str | None = begun.scalar_one_or_none()
    return version


_ACCEPT_ATTEMPT = text("""
    WITH call AS (
        SELECT call_id FROM calls WHERE call_id = :call_id AND state = 'active' AND revision = :revision
            AND NOT EXISTS (SELECT FROM withdrawals WHERE call_id = :call_id AND revision >= :revision) FOR UPDATE
    ), accepted AS (
        UPDATE attempts SET state = :state, carrier_call_id = :carrier_call_id, heard_at = :heard_at, review_at = :review_at
        FROM call WHERE attempts.attempt_id = :attempt_id AND CAST(attempts.xmin AS text) = :version
        RETURNING attempts.attempt_id
    )
    INSERT INTO outbox (event_id, call_id, subject, body, created_at)
    SELECT :event_id, :call_id, :subject, :body, :heard_at FROM accepted ON CONFLICT (event_id) DO NOTHING
""")


async def accept_attempt(
    connection: AsyncConnection,
    attempt: Attempt,
    told: OutgoingEvent,
    *,
    version: str,
    revision: int,
    review_at: datetime,
) -> bool:
    """Stores that the carrier took an attempt, with the event that tells it, where nothing else has happened since it was begun.

    A withdrawal that is committed while this waits for the call's row is not seen. Its attempt has another version by then
    (`take_unanswered`).

    Args:
        connection: see above.
        attempt: as it is now.
        told: its event.
        version: of its row, as it was begun. A row's xmin (PostgreSQL's documentation, 5.5) is another after every change of it.
        revision: of its call, as it was begun.
        review_at: as for `save_attempt`.

    Returns:
        False where something has happened, or the call is withdrawn: nothing was stored.

    Raises:
        AnotherCarrierCall: the carrier's call is another attempt's.
    """
    with _one_attempt_per_carrier_call(attempt):
        stored = await connection.execute(
            _ACCEPT_ATTEMPT,
            {
                "call_id": attempt.call_id,
                "revision": revision,
                "state": attempt.state,
                "carrier_call_id": attempt.carrier_call_id,
                "heard_at": attempt.heard_at,
                "review_at": review_at,
                "attempt_id": attempt.attempt_id,
                "version": version,
                "event_id": told.event_id,
                "subject": told.subject,
                "body": told.body,
            },
        )
    return bool(stored.rowcount)


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
    with _one_attempt_per_carrier_call(attempt):
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


@contextmanager
def _one_attempt_per_carrier_call(attempt: Attempt) -> Iterator[None]:
    try:
        yield
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
