"""One tick: windows that are due become calls, each stored with its announcement before anyone is told.

It may be killed anywhere and run any number of times at once. A batch is one transaction: the calls, what is to be announced,
and each window's next opening stand together or not at all; a window that was not reached stays due.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

import structlog

from chassis.bus import Bus
from chassis.clock import Clock
from chassis.database import Database
from chassis.telemetry import span
from window_scheduler.planning import Declined, WindowPlan, plan
from window_scheduler.relay import announce
from window_scheduler.tick_store import (
    Tally,
    add_to_totals,
    advance,
    begin_tick,
    claim_due,
    count_due,
    count_people_with_windows,
    days_with_call,
    end_tick,
    forget_ticks,
    store_calls,
)
from window_scheduler.windows import Occurrence

log = structlog.get_logger()

Stored = frozenset[tuple[UUID, UUID]]
"""(call id, window id) of the calls that a batch stored."""
Called = frozenset[tuple[UUID, date]]
"""(person id, local day) of the days that have a call."""

WINDOWS_A_BATCH = 1000
TICKS_KEPT_FOR = timedelta(days=30)


async def schedule(database: Database, clock: Clock, *, period: timedelta) -> tuple[int, Tally]:
    """The first half of a tick: stores the calls of every window that opens before the next tick.

    Args:
        database: ours.
        clock: the wall clock.
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
    with span("schedule due windows"):
        return tick_id, await schedule_due(database, clock, period=period)


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


async def schedule_due(database: Database, clock: Clock, *, period: timedelta, person_id: UUID | None = None) -> Tally:
    """Stores the calls of every window that opens within `period` from now, of one person or of all."""
    tally = Tally()
    while True:
        now = clock.now()
        until = now + period
        async with database.transaction() as connection:
            due = await claim_due(connection, until=until, limit=WINDOWS_A_BATCH, person_id=person_id)
            if not due:
                return tally
            plans = [plan(window, now=now, until=until) for window in due]
            stored = await store_calls(connection, [each.call for each in plans if each.call], now=now)
            called = await days_with_call(
                connection, [(each.window.person_id, missed.local_day) for each in plans for missed in each.missed]
            )
            await advance(connection, plans)
            batch = _tally(plans, stored, called)
            await add_to_totals(connection, batch)
        tally.add(batch)
        _tell(plans, stored, called)


def _tally(plans: Sequence[WindowPlan], stored: Stored, called: Called) -> Tally:
    """What a batch comes to."""
    scheduled = sum(_is_stored(each, stored) for each in plans)
    return Tally(
        found=len(plans),
        scheduled=scheduled,
        declined=sum(_is_open(each) for each in plans) - scheduled,
        missed=sum(len(_missed(each, called)) for each in plans),
    )


def _tell(plans: Sequence[WindowPlan], stored: Stored, called: Called) -> None:
    """Logs what a committed batch came to."""
    for each in plans:
        window = {"person_id": str(each.window.person_id), "window_id": str(each.window.window_id)}
        for missed in _missed(each, called):
            log.warning("window.missed", **window, local_day=missed.local_day.isoformat())
        if not _is_open(each):
            continue
        log.info("window.active", **window, window=str(each.window.times))
        if each.call is None or not _is_stored(each, stored):
            log.info("window.declined", **window, reason=each.declined or Declined.CALLED_ALREADY)
            continue
        log.info(
            "call.scheduled",
            **window,
            call_id=str(each.call.call_id),
            not_before=each.call.occurrence.opens_at.isoformat(),
            not_after=each.call.occurrence.closes_at.isoformat(),
        )


def _missed(each: WindowPlan, called: Called) -> Sequence[Occurrence]:
    return [missed for missed in each.missed if (each.window.person_id, missed.local_day) not in called]


def _is_open(each: WindowPlan) -> bool:
    return each.call is not None or each.declined is not None


def _is_stored(each: WindowPlan, stored: Stored) -> bool:
    return each.call is not None and (each.call.call_id, each.call.window_id) in stored
