"""The sign-ins in PostgreSQL. A row is the same for a number of somebody and of nobody: its hash, and a sealed code."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from window_scheduler.sealed import Sealer
from window_scheduler.sign_in import ASKED_FOR_AT_MOST, RIGHT_FOR, TRIES, WITHIN, SignIn
from window_scheduler.tables import scheduled_calls, sign_ins

# counted and stored by one number after the other: of several who ask at once, on whatever replica, no more are let through
_ONE_BY_ONE = text("SELECT pg_advisory_xact_lock(:number)")
_ADD = text(
    """
    INSERT INTO sign_ins (sign_in_id, number_hash, code, asked_at, tries_left)
    SELECT :sign_in_id, :number_hash, :code, :now, :tries
    WHERE (SELECT count(*) FROM sign_ins WHERE number_hash = :number_hash AND asked_at > :since) < :at_most
    """
)


@dataclass(frozen=True)
class Undecided:
    """A sign-in of which nobody has decided yet whether a call is to tell its code."""

    sign_in_id: UUID
    number_hash: bytes
    asked_at: datetime


async def add_sign_in(
    connection: AsyncConnection, sealer: Sealer, sign_in_id: UUID, number_hash: bytes, code: str, *, now: datetime
) -> bool:
    """Stores that somebody asked for a call. False: their number was asked for as often as it may be, and nothing is stored."""
    await connection.execute(_ONE_BY_ONE, {"number": int.from_bytes(number_hash[:8], signed=True)})
    added = await connection.execute(
        _ADD,
        {
            "sign_in_id": sign_in_id,
            "number_hash": number_hash,
            "code": sealer.seal_code(code, sign_in_id=sign_in_id),
            "now": now,
            "tries": TRIES,
            "since": now - WITHIN,
            "at_most": ASKED_FOR_AT_MOST,
        },
    )
    return added.rowcount == 1


async def claim_undecided(connection: AsyncConnection) -> Undecided | None:
    """The oldest sign-in that nobody has decided about or is deciding about, until this transaction ends; none: there is none."""
    found = await connection.execute(
        select(sign_ins.c.sign_in_id, sign_ins.c.number_hash, sign_ins.c.asked_at)
        .where(sign_ins.c.decision.is_(None))
        .order_by(sign_ins.c.asked_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = found.one_or_none()
    return None if row is None else Undecided(*row)


async def note_decision(connection: AsyncConnection, sign_in_id: UUID, decision: str, call_id: UUID | None) -> None:
    """Keeps what came of a sign-in, and the call that tells its code, if there is to be one."""
    await connection.execute(
        update(sign_ins).where(sign_ins.c.sign_in_id == sign_in_id).values(decision=decision, call_id=call_id)
    )


async def take_over(connection: AsyncConnection, call_id: UUID, *, asked_at: datetime) -> bool:
    """Lets go of a call whose code was not told yet, so that it may tell that of a sign-in that was asked for at that time.

    Returns:
        False where it was told, or is to tell that of a later one: of two that are decided at once, the later may come first.
    """
    let_go = await connection.execute(
        update(sign_ins)
        .where(sign_ins.c.call_id == call_id, sign_ins.c.told_at.is_(None), sign_ins.c.asked_at <= asked_at)
        .values(call_id=None)
    )
    return let_go.rowcount == 1


async def code_to_tell(connection: AsyncConnection, sealer: Sealer, call_id: UUID, *, now: datetime) -> str:
    """The code that a call is to tell, noted as told; empty where it is of no use any more."""
    found = await connection.execute(
        update(sign_ins)
        .where(sign_ins.c.call_id == call_id, sign_ins.c.tries_left > 0, sign_ins.c.asked_at > now - RIGHT_FOR)
        .values(told_at=func.coalesce(sign_ins.c.told_at, now))
        .returning(sign_ins.c.sign_in_id, sign_ins.c.code)
    )
    row = found.one_or_none()
    return "" if row is None else sealer.open_code(row.code, sign_in_id=row.sign_in_id)


async def locked_sign_in(connection: AsyncConnection, sealer: Sealer, sign_in_id: UUID) -> SignIn | None:
    """A sign-in, whose tries nobody else counts until this transaction ends; none where there is none of that id."""
    person_id = select(scheduled_calls.c.person_id).where(scheduled_calls.c.call_id == sign_ins.c.call_id)
    found = await connection.execute(
        select(sign_ins, person_id.scalar_subquery().label("person_id"))
        .where(sign_ins.c.sign_in_id == sign_in_id)
        .with_for_update(of=sign_ins)
    )
    row = found.one_or_none()
    if row is None:
        return None
    return SignIn(
        sign_in_id=row.sign_in_id,
        code=sealer.open_code(row.code, sign_in_id=row.sign_in_id),
        asked_at=row.asked_at,
        tries_left=row.tries_left,
        person_id=row.person_id,
        told=row.told_at is not None,
    )


async def note_tries(connection: AsyncConnection, sign_in_id: UUID, tries_left: int) -> None:
    await connection.execute(update(sign_ins).where(sign_ins.c.sign_in_id == sign_in_id).values(tries_left=tries_left))


async def forget_sign_ins(connection: AsyncConnection, *, now: datetime) -> None:
    """Deletes what neither a code nor a rate hangs on any more, and with it the hashes of numbers that are nobody's."""
    await connection.execute(delete(sign_ins).where(sign_ins.c.asked_at <= now - WITHIN))
