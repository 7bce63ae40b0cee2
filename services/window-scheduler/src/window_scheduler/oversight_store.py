"""What is counted and read for operators who look: never on the way of a call."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from window_scheduler.call_store import ScheduledCall
from window_scheduler.standings import OpenWindow
from window_scheduler.tables import call_windows, dial_authorizations, people, scheduled_calls, ticks
from window_scheduler.time_zones import zone_named
from window_scheduler.window_store import CallWindow, window_of

EXAMINED_AT_MOST = 100_000
"""Which windows are open is found by looking at each: of more than these, no more are looked at."""

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
    WITH examined AS (SELECT * FROM call_windows LIMIT :at_most)
    SELECT
        coalesce(calls.window_id = examined.window_id, false) AS called,
        coalesce(calls.window_id <> examined.window_id, false) AS called_by_another,
        people.opted_out_at IS NOT NULL AS opted_out,
        people.consent_given_at IS NOT NULL AS consented,
        coalesce(examined.next_opens_at <= :now, false) AS awaits_tick,
        count(*) AS windows
    FROM examined
    JOIN people USING (person_id)
    JOIN unnest(CAST(:zones AS text[]), CAST(:days AS date[]), CAST(:times AS time[])) AS here (time_zone, day, time_of_day)
        USING (time_zone)
    LEFT JOIN scheduled_calls AS calls ON calls.person_id = people.person_id AND calls.local_day = here.day
    WHERE (examined.on_date = here.day OR extract(isodow FROM here.day) = ANY(examined.weekdays))
        AND examined.starts_at <= here.time_of_day AND here.time_of_day < examined.ends_at
    GROUP BY 1, 2, 3, 4, 5
    """
)


async def open_windows(connection: AsyncConnection, *, now: datetime) -> Sequence[tuple[OpenWindow, int]]:
    """The windows that are open now, each kind with how many are of it."""
    names = (await connection.execute(select(people.c.time_zone).distinct())).scalars().all()
    here = [(name, now.astimezone(zone)) for name in names if (zone := zone_named(name)) is not None]
    found = await connection.execute(
        _OPEN_WINDOWS,
        {
            "at_most": EXAMINED_AT_MOST,
            "now": now,
            "zones": [name for name, _ in here],
            "days": [local.date() for _, local in here],
            "times": [local.time() for _, local in here],
        },
    )
    return [
        (OpenWindow(row.called, row.called_by_another, row.opted_out, row.consented, row.awaits_tick), row.windows)
        for row in found
    ]


async def count_examined(connection: AsyncConnection) -> int:
    """How many windows `open_windows` looks at."""
    some = select(call_windows.c.window_id).limit(EXAMINED_AT_MOST)
    return int((await connection.execute(select(func.count()).select_from(some.subquery()))).scalar_one())


async def tally_calls(connection: AsyncConnection, *, now: datetime) -> Sequence[CallTally]:
    """The calls whose window opened within the last day."""
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


async def call_on(connection: AsyncConnection, person_id: UUID, local_day: date) -> ScheduledCall | None:
    """A person's call of one of their days."""
    found = await connection.execute(
        select(scheduled_calls)
        .where(scheduled_calls.c.person_id == person_id)
        .where(scheduled_calls.c.local_day == local_day)
    )
    row = found.mappings().one_or_none()
    return None if row is None else ScheduledCall(**row)


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
