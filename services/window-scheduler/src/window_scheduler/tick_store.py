"""What a tick does in PostgreSQL: claims due windows, stores their calls with what is to be announced, and keeps its own record.

Every statement here works on a set of rows: the cost of a tick follows the windows that are due, not those that exist.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from google.protobuf.timestamp_pb2 import Timestamp
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from daybook.events.v1.events_pb2 import CallScheduled
from window_scheduler.planning import DueWindow, PlannedCall, WindowPlan
from window_scheduler.tables import call_windows, people, ticks, window_totals
from window_scheduler.window_store import times_of
from window_scheduler.windows import Occurrence

PEOPLE_COUNTED_TO = 1000


@dataclass
class Tally:
    """What a tick came to, so far."""

    found: int = 0
    scheduled: int = 0
    declined: int = 0
    missed: int = 0
    published: int = 0

    def add(self, batch: "Tally") -> None:
        self.found += batch.found
        self.scheduled += batch.scheduled
        self.declined += batch.declined
        self.missed += batch.missed


@dataclass(frozen=True)
class TickRecord:
    """A tick that is over."""

    started_at: datetime
    finished_at: datetime
    tally: Tally


async def claim_due(
    connection: AsyncConnection, *, until: datetime, limit: int, person_id: UUID | None = None
) -> Sequence[DueWindow]:
    """Locks windows that open by `until`, the first to open first; those that another tick holds are left to it.

    Args:
        connection: in a transaction, whose end lets go of them.
        until: aware.
        limit: how many at most.
        person_id: of this person alone.
    """
    query = (
        select(
            call_windows,
            people.c.time_zone,
            people.c.consent_given_at.is_not(None).label("consented"),
            people.c.opted_out_at.is_not(None).label("opted_out"),
        )
        .join(people, people.c.person_id == call_windows.c.person_id)
        .where(call_windows.c.next_opens_at <= until)
        .order_by(call_windows.c.next_opens_at)
        .limit(limit)
        .with_for_update(of=call_windows, skip_locked=True)
    )
    if person_id is not None:
        query = query.where(call_windows.c.person_id == person_id)
    found = await connection.execute(query)
    return [
        DueWindow(
            window_id=row["window_id"],
            person_id=row["person_id"],
            times=times_of(row),
            time_zone=row["time_zone"],
            consented=row["consented"],
            opted_out=row["opted_out"],
            occurrence=Occurrence(row["next_local_day"], row["next_opens_at"], row["next_closes_at"]),
        )
        for row in found.mappings()
    ]


_STORE_CALLS = text(
    """
    WITH planned AS (
        SELECT * FROM unnest(
            CAST(:call_ids AS uuid[]), CAST(:person_ids AS uuid[]), CAST(:window_ids AS uuid[]), CAST(:local_days AS date[]),
            CAST(:not_before AS timestamptz[]), CAST(:not_after AS timestamptz[]), CAST(:payloads AS bytea[])
        ) AS planned (call_id, person_id, window_id, local_day, not_before, not_after, payload)
    ), stored AS (
        INSERT INTO scheduled_calls (call_id, person_id, window_id, local_day, not_before, not_after, scheduled_at)
        SELECT call_id, person_id, window_id, local_day, not_before, not_after, :now
        FROM planned ORDER BY call_id, not_before
        ON CONFLICT DO NOTHING
        RETURNING call_id, window_id
    ), announced AS (
        INSERT INTO outbox (event_id, call_id, payload, created_at)
        SELECT call_id || '.scheduled', call_id, payload, :now
        FROM planned JOIN stored USING (call_id, window_id)
    )
    SELECT call_id, window_id FROM stored
    """
)


async def store_calls(
    connection: AsyncConnection, calls: Collection[PlannedCall], *, now: datetime
) -> frozenset[tuple[UUID, UUID]]:
    """Stores the calls whose day has none yet, each with its announcement in the outbox.

    The rows are inserted in the order of their ids, so that two ticks that meet wait for one another and never in a circle.

    Returns:
        (call id, window id) of those that were stored.
    """
    found = await connection.execute(
        _STORE_CALLS,
        {
            "call_ids": [call.call_id for call in calls],
            "person_ids": [call.person_id for call in calls],
            "window_ids": [call.window_id for call in calls],
            "local_days": [call.occurrence.local_day for call in calls],
            "not_before": [call.occurrence.opens_at for call in calls],
            "not_after": [call.occurrence.closes_at for call in calls],
            "payloads": [_announcement(call) for call in calls],
            "now": now,
        },
    )
    return frozenset((row.call_id, row.window_id) for row in found)


def _announcement(call: PlannedCall) -> bytes:
    not_before, not_after = Timestamp(), Timestamp()
    not_before.FromDatetime(call.occurrence.opens_at)
    not_after.FromDatetime(call.occurrence.closes_at)
    return CallScheduled(
        call_id=str(call.call_id),
        person_id=str(call.person_id),
        window_id=str(call.window_id),
        local_day=call.occurrence.local_day.isoformat(),
        not_before=not_before,
        not_after=not_after,
    ).SerializeToString()


_ADVANCE = text(
    """
    UPDATE call_windows
    SET next_local_day = planned.local_day, next_opens_at = planned.opens_at, next_closes_at = planned.closes_at
    FROM unnest(
        CAST(:window_ids AS uuid[]), CAST(:local_days AS date[]),
        CAST(:opens_at AS timestamptz[]), CAST(:closes_at AS timestamptz[])
    ) AS planned (window_id, local_day, opens_at, closes_at)
    WHERE call_windows.window_id = planned.window_id
    """
)


async def advance(connection: AsyncConnection, plans: Collection[WindowPlan]) -> None:
    """Sets each window's next opening."""
    await connection.execute(
        _ADVANCE,
        {
            "window_ids": [plan.window.window_id for plan in plans],
            "local_days": [plan.next and plan.next.local_day for plan in plans],
            "opens_at": [plan.next and plan.next.opens_at for plan in plans],
            "closes_at": [plan.next and plan.next.closes_at for plan in plans],
        },
    )


_DAYS_WITH_CALL = text(
    """
    SELECT person_id, local_day
    FROM scheduled_calls JOIN unnest(CAST(:person_ids AS uuid[]), CAST(:local_days AS date[])) AS asked (person_id, local_day)
    USING (person_id, local_day)
    """
)


async def days_with_call(
    connection: AsyncConnection, days: Collection[tuple[UUID, date]]
) -> frozenset[tuple[UUID, date]]:
    """Which of these (person id, local day) have a call."""
    found = await connection.execute(
        _DAYS_WITH_CALL,
        {"person_ids": [person_id for person_id, _ in days], "local_days": [day for _, day in days]},
    )
    return frozenset((row.person_id, row.local_day) for row in found)


_ADD_TO_TOTALS = text(
    """
    INSERT INTO window_totals (due, scheduled, declined, missed) VALUES (:due, :scheduled, :declined, :missed)
    ON CONFLICT (only_row) DO UPDATE SET
        due = window_totals.due + excluded.due,
        scheduled = window_totals.scheduled + excluded.scheduled,
        declined = window_totals.declined + excluded.declined,
        missed = window_totals.missed + excluded.missed
    """
)


async def add_to_totals(connection: AsyncConnection, batch: Tally) -> None:
    """Counts a batch for good, in the transaction that makes it so: what is rolled back was never counted.

    It is the last statement of a batch: until the commit, every other batch waits here for its turn.
    """
    await connection.execute(
        _ADD_TO_TOTALS,
        {"due": batch.found, "scheduled": batch.scheduled, "declined": batch.declined, "missed": batch.missed},
    )


async def read_totals(connection: AsyncConnection) -> Mapping[str, int]:
    """How many windows were ever found due, and what became of them."""
    columns = [column for column in window_totals.c if column is not window_totals.c.only_row]
    found = (await connection.execute(select(*columns))).mappings().one_or_none()
    return {column.name: 0 for column in columns} if found is None else dict(found)


async def count_people_with_windows(connection: AsyncConnection) -> int:
    """How many people have windows, counted no further than PEOPLE_COUNTED_TO: more would cost more with each person."""
    some = select(call_windows.c.person_id).distinct().order_by(call_windows.c.person_id).limit(PEOPLE_COUNTED_TO)
    found = await connection.execute(select(func.count()).select_from(some.subquery()))
    return int(found.scalar_one())


async def begin_tick(connection: AsyncConnection, *, now: datetime) -> int:
    """Records that a tick began, and returns its id."""
    found = await connection.execute(insert(ticks).values(started_at=now).returning(ticks.c.tick_id))
    return int(found.scalar_one())


async def end_tick(connection: AsyncConnection, tick_id: int, tally: Tally, *, now: datetime) -> None:
    await connection.execute(
        update(ticks)
        .where(ticks.c.tick_id == tick_id)
        .values(
            finished_at=now,
            found=tally.found,
            scheduled=tally.scheduled,
            declined=tally.declined,
            missed=tally.missed,
            published=tally.published,
        )
    )


async def last_start(connection: AsyncConnection) -> datetime | None:
    """When the newest tick began, whether or not it reached its end; none where none has begun."""
    found = await connection.execute(select(func.max(ticks.c.started_at)))
    started_at: datetime | None = found.scalar_one()
    return started_at


async def last_tick(connection: AsyncConnection) -> TickRecord | None:
    """The last tick that reached its end, or none where none has."""
    found = await connection.execute(
        select(ticks).where(ticks.c.finished_at.is_not(None)).order_by(ticks.c.finished_at.desc()).limit(1)
    )
    row = found.mappings().one_or_none()
    if row is None:
        return None
    tally = Tally(row["found"], row["scheduled"], row["declined"], row["missed"], row["published"])
    return TickRecord(row["started_at"], row["finished_at"], tally)


async def count_due(connection: AsyncConnection, *, until: datetime) -> int:
    """How many windows have opened, or open by `until`, and no tick has looked at yet."""
    found = await connection.execute(
        select(func.count()).select_from(call_windows).where(call_windows.c.next_opens_at <= until)
    )
    return int(found.scalar_one())


async def forget_ticks(connection: AsyncConnection, *, before: datetime) -> None:
    await connection.execute(ticks.delete().where(ticks.c.started_at < before))
