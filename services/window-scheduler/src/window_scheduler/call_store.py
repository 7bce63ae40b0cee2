"""The scheduled calls in PostgreSQL, from the moment that they stand: which dials were allowed, and how each call ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum, auto
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from window_scheduler.errors import NoSuchCall
from window_scheduler.tables import dial_authorizations, scheduled_calls

_DIALS_REMEMBERED = timedelta(days=2)


class CallKind(Enum):
    """What a call is for. The dials of each kind are counted apart."""

    OF_DAY = auto()
    TEST = auto()
    SIGN_IN = auto()


_OF_KIND = {
    CallKind.OF_DAY: scheduled_calls.c.test_number == 0,
    CallKind.TEST: and_(scheduled_calls.c.test_number > 0, ~scheduled_calls.c.for_sign_in),
    CallKind.SIGN_IN: scheduled_calls.c.for_sign_in,
}


@dataclass(frozen=True)
class ScheduledCall:
    """The intent to call a person once on one local day; or once more, for a test or for signing in.

    Attributes:
        window_id: that it came from; none where it is not the day's call.
        outcome: a name of CallOutcome in daybook.events.v1.
        dial_asked_at: when it was first asked whether it may be dialed, whatever the answer was.
        dialed_at: when that was first allowed; from then on the call is not moved.
        revision: how often it was moved to other times of its day.
        reminders: how often it was announced again at these times, since nobody asked to dial it.
        test_number: 0 for the day's call; else its number among the others of the day.
        in_quiet_hours: it may be dialed in quiet hours too.
        for_sign_in: it tells a code.
    """

    call_id: UUID
    person_id: UUID
    window_id: UUID | None
    local_day: date
    not_before: datetime
    not_after: datetime
    scheduled_at: datetime
    finished_at: datetime | None
    outcome: str | None
    reason: str | None
    dial_asked_at: datetime | None
    dialed_at: datetime | None
    revision: int
    reminders: int
    test_number: int
    in_quiet_hours: bool
    for_sign_in: bool

    @property
    def kind(self) -> CallKind:
        if self.for_sign_in:
            return CallKind.SIGN_IN
        return CallKind.TEST if self.test_number else CallKind.OF_DAY


async def get_call(connection: AsyncConnection, call_id: UUID) -> ScheduledCall:
    """Raises NoSuchCall."""
    return await _one(connection, _BY_ID, call_id)


async def locked_call(connection: AsyncConnection, call_id: UUID) -> ScheduledCall:
    """The call, which no tick moves until this transaction ends. Lock its person first. Raises NoSuchCall."""
    return await _one(connection, _BY_ID.with_for_update(key_share=True), call_id)


_BY_ID = select(scheduled_calls).where(scheduled_calls.c.call_id == bindparam("call_id"))


async def _one(connection: AsyncConnection, query: Select[Any], call_id: UUID) -> ScheduledCall:
    row = (await connection.execute(query, {"call_id": call_id})).mappings().one_or_none()
    if row is None:
        raise NoSuchCall(call_id)
    return ScheduledCall(**row)


async def calls_of(connection: AsyncConnection, person_id: UUID, *, limit: int) -> Sequence[ScheduledCall]:
    """A person's calls, the newest first."""
    found = await connection.execute(
        select(scheduled_calls)
        .where(scheduled_calls.c.person_id == person_id)
        .order_by(scheduled_calls.c.local_day.desc(), scheduled_calls.c.not_before.desc())
        .limit(limit)
    )
    return [ScheduledCall(**row) for row in found.mappings()]


async def calls_from(connection: AsyncConnection, person_id: UUID, local_day: date) -> Sequence[ScheduledCall]:
    """A person's calls of a local day and those after it, the first of a day first."""
    found = await connection.execute(
        select(scheduled_calls)
        .where(scheduled_calls.c.person_id == person_id)
        .where(scheduled_calls.c.local_day >= local_day)
        .order_by(scheduled_calls.c.local_day, scheduled_calls.c.test_number)
    )
    return [ScheduledCall(**row) for row in found.mappings()]


async def unfinished_calls(
    connection: AsyncConnection, person_id: UUID, *, closing_after: datetime
) -> Sequence[ScheduledCall]:
    """A person's calls that have no end yet, and whose window closes, or closed, after a moment."""
    found = await connection.execute(
        select(scheduled_calls)
        .where(scheduled_calls.c.person_id == person_id, scheduled_calls.c.finished_at.is_(None))
        .where(scheduled_calls.c.not_after > closing_after)
        .order_by(scheduled_calls.c.call_id)
    )
    return [ScheduledCall(**row) for row in found.mappings()]


async def dialed_at(
    connection: AsyncConnection, person_id: UUID, kind: CallKind, *, now: datetime, except_attempt: str = ""
) -> tuple[datetime, ...]:
    """When this person's other attempts of the last two days were allowed, at calls of one kind."""
    found = await connection.execute(
        select(dial_authorizations.c.authorized_at)
        .join(scheduled_calls, scheduled_calls.c.call_id == dial_authorizations.c.call_id)
        .where(_OF_KIND[kind])
        .where(dial_authorizations.c.person_id == person_id)
        .where(dial_authorizations.c.authorized_at > now - _DIALS_REMEMBERED)
        .where(dial_authorizations.c.attempt_id != except_attempt)
    )
    return tuple(found.scalars())


async def note_question(connection: AsyncConnection, call_id: UUID, *, now: datetime) -> None:
    """Records that it was asked whether a call may be dialed: the first time counts."""
    await connection.execute(
        update(scheduled_calls)
        .where(scheduled_calls.c.call_id == call_id, scheduled_calls.c.dial_asked_at.is_(None))
        .values(dial_asked_at=now)
    )


async def undialed(connection: AsyncConnection, *, now: datetime) -> tuple[int, datetime | None]:
    """How many unfinished calls nobody ever asked to dial although their window is open, and since when the oldest's is."""
    found = await connection.execute(
        select(func.count(), func.min(scheduled_calls.c.not_before))
        .where(scheduled_calls.c.finished_at.is_(None), scheduled_calls.c.dial_asked_at.is_(None))
        .where(scheduled_calls.c.not_before <= now, scheduled_calls.c.not_after > now)
    )
    count, oldest = found.one()
    return int(count), oldest


async def note_dial(connection: AsyncConnection, call: ScheduledCall, attempt_id: str, *, now: datetime) -> None:
    """Records that an attempt was allowed, once however often it asks."""
    await connection.execute(
        update(scheduled_calls)
        .where(scheduled_calls.c.call_id == call.call_id, scheduled_calls.c.dialed_at.is_(None))
        .values(dialed_at=now)
    )
    await connection.execute(
        insert(dial_authorizations)
        .values(attempt_id=attempt_id, call_id=call.call_id, person_id=call.person_id, authorized_at=now)
        .on_conflict_do_nothing()
    )


async def finish_call(
    connection: AsyncConnection, call_id: UUID, *, revision: int, outcome: str, reason: str, finished_at: datetime
) -> UUID | None:
    """Records how a call ended, once: the first news counts, and only of the times that the call has now.

    Returns:
        The person's id; none where the call has ended already, was moved since, or was deleted with its person.
    """
    found = await connection.execute(
        update(scheduled_calls)
        .where(scheduled_calls.c.call_id == call_id, scheduled_calls.c.finished_at.is_(None))
        .where(scheduled_calls.c.revision == revision)
        .values(finished_at=finished_at, outcome=outcome, reason=reason)
        .returning(scheduled_calls.c.person_id)
    )
    person_id: UUID | None = found.scalar_one_or_none()
    return person_id
