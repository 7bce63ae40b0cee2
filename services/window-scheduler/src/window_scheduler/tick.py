"""One tick: windows that are due become calls, each stored with its announcement before anyone is told.

It may be killed anywhere and run any number of times at once. A batch is one transaction: the calls, what is to be
announced, what was decided, and each window's next opening stand together or not at all; a window that was not reached
stays due.
"""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from chassis.bus import Bus
from chassis.clock import Clock
from chassis.database import Database
from chassis.telemetry import span
from chassis.time_zones import TimeZones
from window_scheduler.batch import Batch, decide_batch
from window_scheduler.errors import ClocksDisagree
from window_scheduler.planning import CALLS, MISSED, Decision
from window_scheduler.record_store import (
    FORGOTTEN_AT_ONCE,
    Tally,
    add_to_totals,
    begin_tick,
    database_time,
    end_tick,
    forget_decisions,
    forget_ticks,
    record_decisions,
)
from window_scheduler.relay import announce
from window_scheduler.tick_store import claim_due, count_due, count_people_with_windows
from window_scheduler.window_store import set_next

log = structlog.get_logger()

WINDOWS_A_BATCH = 1000
BATCHES_AT_ONCE = 2
"""So that while one waits for PostgreSQL, the other is thought about."""
TOLD_ONE_BY_ONE = 100
"""Of more windows than so many a tick, the record tells, not the log."""
CLOCKS_APART = timedelta(minutes=1)
TICKS_KEPT_FOR = timedelta(days=30)
DECISIONS_KEPT_FOR = timedelta(days=90)
LOTS_FORGOTTEN = 10
"""By one tick, FORGOTTEN_AT_ONCE decisions each: 57 million a day at a tick every 5 minutes, more than are ever made."""


async def schedule(database: Database, clock: Clock, zones: TimeZones, *, period: timedelta) -> tuple[int, Tally]:
    """The first half of a tick: stores the calls of every window that opens before the next tick.

    Args:
        database: ours.
        clock: the wall clock.
        zones: the rules of the time zones.
        period: from one tick to the next.

    Returns:
        The tick's id, for `conclude`, and what it came to.
    """
    now = clock.now()
    log.info("tick.started", at=now.isoformat(), weekday=f"{now:%A}", local_time=f"{now.astimezone():%H:%M %Z}")
    async with database.transaction() as connection:
        tick_id = await begin_tick(connection, now=now)
        people_with_windows = await count_people_with_windows(connection)
        windows_due = await count_due(connection, until=now + period)
    log.info("tick.found", people_with_windows=people_with_windows, windows_due=windows_due)
    tally = Tally()
    with span("schedule due windows"):
        failed: Exception | None = None
        try:
            async with asyncio.TaskGroup() as tasks:
                for _ in range(BATCHES_AT_ONCE):
                    tasks.create_task(
                        _schedule_batches(database, clock, zones, period=period, tick_id=tick_id, tally=tally)
                    )
        except ExceptionGroup as group:
            failed = group.exceptions[0]  # they fail alike, and a caller knows by the type whether to try again
        if failed is not None:
            raise failed  # not in the handler: the group would become its own exception's cause
    return tick_id, tally


async def check_clocks(database: Database, clock: Clock) -> None:
    """Returns where this machine and PostgreSQL have the same time, give or take CLOCKS_APART.

    A tick that believes in a wrong hour would record as missed what is yet to come, and never look at it again.

    Raises:
        ClocksDisagree: they have not.
    """
    async with database.transaction() as connection:
        apart = clock.now() - await database_time(connection)
    if abs(apart) > CLOCKS_APART:
        raise ClocksDisagree(
            f"This machine's clock and PostgreSQL's are {abs(apart.total_seconds()):.0f} s apart, so nothing was scheduled. Set "
            "right the one that is wrong (chrony, systemd-timesyncd); the next tick makes up for it."
        )


async def conclude(database: Database, bus: Bus, clock: Clock, *, tick_id: int, tally: Tally) -> None:
    """The second half of a tick: tells the others what is scheduled, and records that the tick reached its end.

    Raises:
        NotAnnounced: the bus did not confirm all of it; the tick is not recorded as ended.
    """
    tally.published = await announce(database, bus)
    now = clock.now()
    async with database.transaction() as connection:
        await end_tick(connection, tick_id, tally, now=now)
        await forget_ticks(connection, before=now - TICKS_KEPT_FOR)
    log.info(
        "tick.finished",
        windows_due=tally.found,
        scheduled=tally.scheduled,
        declined=tally.declined,
        missed=tally.missed,
        published=tally.published,
    )
    await forget_old_decisions(database, before=now - DECISIONS_KEPT_FOR)


async def forget_old_decisions(database: Database, *, before: datetime, lots: int = LOTS_FORGOTTEN) -> None:
    """Forgets decisions about openings that closed before a moment; what is left after so many lots is the next tick's.

    Each lot is a transaction of its own, so that none holds its rows for long, and what a kill leaves is still to be done.
    """
    for _ in range(lots):
        async with database.transaction() as connection:
            forgotten = await forget_decisions(connection, before=before)
        if forgotten < FORGOTTEN_AT_ONCE:
            return


async def schedule_person(
    database: Database, clock: Clock, zones: TimeZones, *, period: timedelta, person_id: UUID
) -> None:
    """Stores the call of every window of one person that opens within `period` from now, without waiting for a tick."""
    await _schedule_batches(database, clock, zones, period=period, tick_id=None, tally=Tally(), person_id=person_id)


async def _schedule_batches(
    database: Database,
    clock: Clock,
    zones: TimeZones,
    *,
    period: timedelta,
    tick_id: int | None,
    tally: Tally,
    person_id: UUID | None = None,
) -> None:
    """Takes one batch after the other until nothing is due that nobody else holds, and adds them to the tally."""
    awaiting: set[UUID] = set()
    while True:
        now = clock.now()
        until = now + period
        async with database.transaction() as connection:
            due = await claim_due(
                connection, zones, until=until, limit=WINDOWS_A_BATCH, leaving=awaiting, person_id=person_id
            )
            if not due:
                return
            batch = await decide_batch(connection, due, now=now, until=until, period=period)
            counted = _tally(batch)
            await record_decisions(connection, batch.decided, tick_id=tick_id, now=now)
            upcoming = {each.window.window_id: each.next for each in batch.plans}
            await set_next(connection, upcoming, zone_data=zones.version)
            await add_to_totals(connection, counted)
        awaiting |= batch.awaiting
        _tell(batch, at_most=TOLD_ONE_BY_ONE - tally.found)
        tally.add(counted)


def _tally(batch: Batch) -> Tally:
    """What a batch comes to."""
    scheduled = sum(each.decision in CALLS for each in batch.decided)
    missed = sum(each.decision in MISSED for each in batch.decided)
    is_open = sum(each.current is not None for each in batch.plans)
    return Tally(found=len(batch.plans), scheduled=scheduled, declined=is_open - scheduled, missed=missed)


def _tell(batch: Batch, *, at_most: int) -> None:
    """Logs what a committed batch came to, so many decisions of it."""
    plans = {each.window.window_id: each for each in batch.plans}
    for each in batch.decided[: max(at_most, 0)]:
        planned = plans[each.window_id]
        window = {"person_id": str(each.person_id), "window_id": str(each.window_id)}
        if each.decision in MISSED:
            local_day = each.opening.local_day.isoformat()
            log.warning("window.missed", **window, local_day=local_day, reason=each.decision.value)
        if each.opening != planned.current:
            continue
        log.info("window.active", **window, window=str(planned.window.times))
        if planned.call is None or each.decision not in CALLS:
            log.info("window.declined", **window, reason=each.decision.value)
            continue
        log.info(
            "call.scheduled",
            **window,
            call_id=str(planned.call.call_id),
            moved=each.decision is Decision.MOVED,
            not_before=planned.call.chance.opens_at.isoformat(),
            not_after=planned.call.chance.closes_at.isoformat(),
        )
