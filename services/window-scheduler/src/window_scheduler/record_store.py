"""The record in PostgreSQL of what the ticks did: each tick's tally, each decision about a window, and the totals of all time."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from window_scheduler.planning import Decision
from window_scheduler.tables import ticks, window_decisions, window_tallies
from window_scheduler.windows import Occurrence

TOTALS_SLOTS = 16
FORGOTTEN_AT_ONCE = 20_000


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


@dataclass(frozen=True)
class Decided:
    """What was decided about one opening of a window."""

    person_id: UUID
    window_id: UUID
    opening: Occurrence
    decision: Decision


@dataclass(frozen=True)
class DecisionRecord:
    """The same as it is kept. `tick_id` is none where it was decided when the window was booked."""

    window_id: UUID
    decision: Decision
    decided_at: datetime
    tick_id: int | None
    opens_at: datetime
    closes_at: datetime


async def database_time(connection: AsyncConnection) -> datetime:
    """What time it is by PostgreSQL's clock."""
    found = await connection.execute(select(func.clock_timestamp()))
    moment: datetime = found.scalar_one()
    return moment


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


async def starts_between(connection: AsyncConnection, begin: datetime, end: datetime) -> Sequence[datetime]:
    """When the ticks began, whether or not they reached their end, from `begin` until just before `end`."""
    found = await connection.execute(
        select(ticks.c.started_at).where(ticks.c.started_at >= begin, ticks.c.started_at < end)
    )
    return found.scalars().all()


async def forget_ticks(connection: AsyncConnection, *, before: datetime) -> None:
    await connection.execute(ticks.delete().where(ticks.c.started_at < before))


_RECORD = text(
    """
    INSERT INTO window_decisions (person_id, local_day, window_id, decision, decided_at, tick_id, opens_at, closes_at)
    SELECT person_id, local_day, window_id, decision, :now, CAST(:tick_id AS bigint), opens_at, closes_at
    FROM unnest(
        CAST(:person_ids AS uuid[]), CAST(:local_days AS date[]), CAST(:window_ids AS uuid[]), CAST(:decisions AS text[]),
        CAST(:opens_at AS timestamptz[]), CAST(:closes_at AS timestamptz[])
    ) AS decided (person_id, local_day, window_id, decision, opens_at, closes_at)
    """
)


async def record_decisions(
    connection: AsyncConnection, decided: Collection[Decided], *, tick_id: int | None, now: datetime
) -> None:
    """Keeps what was decided, in the transaction that makes it so."""
    await connection.execute(
        _RECORD,
        {
            "person_ids": [each.person_id for each in decided],
            "local_days": [each.opening.local_day for each in decided],
            "window_ids": [each.window_id for each in decided],
            "decisions": [each.decision.value for each in decided],
            "opens_at": [each.opening.opens_at for each in decided],
            "closes_at": [each.opening.closes_at for each in decided],
            "tick_id": tick_id,
            "now": now,
        },
    )


async def decisions_on(connection: AsyncConnection, person_id: UUID, local_day: date) -> Sequence[DecisionRecord]:
    """What was decided about the windows of a person's day, the first first."""
    found = await connection.execute(
        select(window_decisions)
        .where(window_decisions.c.person_id == person_id, window_decisions.c.local_day == local_day)
        .order_by(window_decisions.c.decided_at, window_decisions.c.opens_at, window_decisions.c.window_id)
    )
    return [
        DecisionRecord(
            row["window_id"],
            Decision(row["decision"]),
            row["decided_at"],
            row["tick_id"],
            row["opens_at"],
            row["closes_at"],
        )
        for row in found.mappings()
    ]


_FORGET_DECISIONS = text(
    """
    DELETE FROM window_decisions
    WHERE ctid = ANY(ARRAY(SELECT ctid FROM window_decisions WHERE closes_at < :before ORDER BY closes_at LIMIT :at_once))
    """
)


async def forget_decisions(connection: AsyncConnection, *, before: datetime) -> int:
    """Forgets decisions about openings that closed before a moment, FORGOTTEN_AT_ONCE at most. Returns how many."""
    found = await connection.execute(_FORGET_DECISIONS, {"before": before, "at_once": FORGOTTEN_AT_ONCE})
    return found.rowcount


_ADD_TO_TOTALS = text(
    """
    INSERT INTO window_tallies (slot, due, scheduled, declined, missed)
    VALUES (pg_backend_pid() % :slots, :due, :scheduled, :declined, :missed)
    ON CONFLICT (slot) DO UPDATE SET
        due = window_tallies.due + excluded.due,
        scheduled = window_tallies.scheduled + excluded.scheduled,
        declined = window_tallies.declined + excluded.declined,
        missed = window_tallies.missed + excluded.missed
    """
)


async def add_to_totals(connection: AsyncConnection, batch: Tally) -> None:
    """Counts a batch for good, in the transaction that makes it so: what is rolled back was never counted.

    It is the last statement of a batch: until the commit, a batch that counts in the same slot waits here for its turn.
    """
    await connection.execute(
        _ADD_TO_TOTALS,
        {
            "slots": TOTALS_SLOTS,
            "due": batch.found,
            "scheduled": batch.scheduled,
            "declined": batch.declined,
            "missed": batch.missed,
        },
    )


async def read_totals(connection: AsyncConnection) -> Mapping[str, int]:
    """How many windows were ever found due, and what became of them."""
    columns = [column for column in window_tallies.c if column is not window_tallies.c.slot]
    found = await connection.execute(select(*(func.coalesce(func.sum(each), 0).label(each.name) for each in columns)))
    return {name: int(count) for name, count in found.mappings().one().items()}
