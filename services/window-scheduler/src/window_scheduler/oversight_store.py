"""What is counted and read for operators who look: never on the way of a call."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from window_scheduler.call_store import ScheduledCall
from window_scheduler.planning import Decision
from window_scheduler.standings import OpenWindow
from window_scheduler.tables import call_windows, dial_authorizations, scheduled_calls, ticks
from window_scheduler.window_store import CallWindow, window_of

COUNTED_AT_MOST = 20_000
"""Of more windows that are open at once, whoever looks would wait for an answer for too long."""

LOOKED_BACK = timedelta(hours=24)


@dataclass(frozen=True)
class CallTally:
    """Calls that stand alike. `outcome` is none while they have not ended."""

    outcome: str | None
    calls: int
    authorized: int


@dataclass(frozen=True)
class Authorization:
    attempt_id: str
    authorized_at: datetime


_OPEN_WINDOWS = text(
    """
    WITH decided AS (
        SELECT * FROM window_decisions WHERE closes_at > :now AND opens_at <= :now ORDER BY closes_at LIMIT :at_most
    ), newest AS (
        SELECT DISTINCT ON (window_id) * FROM decided ORDER BY window_id, decided_at DESC
    ), due AS (
        SELECT * FROM call_windows WHERE next_opens_at <= :now AND next_closes_at > :now
        ORDER BY next_opens_at LIMIT :at_most
    ), open AS (
        SELECT window_id, newest.person_id, local_day, decision
        FROM newest JOIN call_windows USING (window_id)
        -- one that is due again before that opening ends has been changed since
        WHERE next_opens_at IS NULL OR next_opens_at >= closes_at
        UNION ALL
        SELECT window_id, person_id, next_local_day, NULL FROM due
    )
    SELECT
        coalesce(calls.window_id = open.window_id, false) AS called,
        coalesce(calls.window_id <> open.window_id, false) AS called_by_another,
        people.opted_out_at IS NOT NULL AS opted_out,
        people.consent_given_at IS NOT NULL AS consented,
        open.decision,
        count(*) AS windows,
        greatest((SELECT count(*) FROM decided), (SELECT count(*) FROM due)) >= :at_most AS more
    FROM open
    JOIN people USING (person_id)
    LEFT JOIN (SELECT * FROM scheduled_calls WHERE test_number = 0) AS calls USING (person_id, local_day)
    GROUP BY 1, 2, 3, 4, 5
    """
)


async def open_windows(connection: AsyncConnection, *, now: datetime) -> tuple[Sequence[tuple[OpenWindow, int]], bool]:
    """The windows that are open now, each kind with how many are of it; and whether there are more.

    They are found by what was decided about them, and those that wait for a decision by when they are due: what is read is
    what is open, and COUNTED_AT_MOST of both. A window that is changed while it is open counts until that opening would
    have ended.
    """
    found = (await connection.execute(_OPEN_WINDOWS, {"now": now, "at_most": COUNTED_AT_MOST})).all()
    kinds = [
        (
            OpenWindow(
                called=row.called,
                called_by_another=row.called_by_another,
                opted_out=row.opted_out,
                consented=row.consented,
                decision=Decision(row.decision) if row.decision else None,
            ),
            row.windows,
        )
        for row in found
    ]
    return kinds, any(row.more for row in found)


async def tally_calls(connection: AsyncConnection, *, now: datetime) -> Sequence[CallTally]:
    """The calls whose window opened within the last day, and the test calls of that time."""
    authorized = select(dial_authorizations.c.attempt_id).where(
        dial_authorizations.c.call_id == scheduled_calls.c.call_id
    )
    found = await connection.execute(
        select(scheduled_calls.c.outcome, func.count(), func.count().filter(authorized.exists()))
        .where(scheduled_calls.c.not_before > now - LOOKED_BACK, scheduled_calls.c.not_before <= now)
        .group_by(scheduled_calls.c.outcome)
        .order_by(func.count().desc(), scheduled_calls.c.outcome)
    )
    return [CallTally(*row) for row in found]


async def windows_with_booking(connection: AsyncConnection, person_id: UUID) -> Sequence[tuple[CallWindow, datetime]]:
    """A person's windows, the earliest of a day first, each with when it was booked."""
    found = await connection.execute(
        select(call_windows)
        .where(call_windows.c.person_id == person_id)
        .order_by(call_windows.c.starts_at, call_windows.c.window_id)
    )
    return [(window_of(row), row["created_at"]) for row in found.mappings()]


async def calls_on(connection: AsyncConnection, person_id: UUID, local_day: date) -> Sequence[ScheduledCall]:
    """A person's calls of one of their days: the one that it has, if any, and then the test calls in their order."""
    found = await connection.execute(
        select(scheduled_calls)
        .where(scheduled_calls.c.person_id == person_id)
        .where(scheduled_calls.c.local_day == local_day)
        .order_by(scheduled_calls.c.test_number)
    )
    return [ScheduledCall(**row) for row in found.mappings()]


async def authorizations_of(connection: AsyncConnection, call_id: UUID) -> Sequence[Authorization]:
    """When a call was allowed to be dialed, the first first."""
    found = await connection.execute(
        select(dial_authorizations.c.attempt_id, dial_authorizations.c.authorized_at)
        .where(dial_authorizations.c.call_id == call_id)
        .order_by(dial_authorizations.c.authorized_at)
    )
    return [Authorization(*row) for row in found]


async def ticks_between(connection: AsyncConnection, begin: datetime, end: datetime) -> tuple[datetime, ...]:
    """When the ticks began that reached their end, from `begin` until just before `end`."""
    found = await connection.execute(
        select(ticks.c.started_at)
        .where(ticks.c.started_at >= begin, ticks.c.started_at < end, ticks.c.finished_at.is_not(None))
        .order_by(ticks.c.started_at)
    )
    return tuple(found.scalars())
