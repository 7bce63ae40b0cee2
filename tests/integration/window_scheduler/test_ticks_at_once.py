"""Several ticks at once, as a Job of several completions runs them: they share the work, and none waits for another."""

import asyncio
from dataclasses import replace

from sqlalchemy import func, select, text
from tick_books import faults, read_books

from chassis.time_zones import INSTALLED
from window_scheduler.planning import Decision
from window_scheduler.tables import ticks as ticks_table
from window_scheduler.tick import BATCHES_AT_ONCE, WINDOWS_A_BATCH
from window_scheduler.tick_store import claim_due

TICKS = 4
WINDOWS = 5 * WINDOWS_A_BATCH


async def tallies(database):
    """(found, scheduled, published) of each tick that reached its end."""
    async with database.transaction() as connection:
        rows = await connection.execute(select(ticks_table).where(ticks_table.c.finished_at.is_not(None)))
        return [(row.found, row.scheduled, row.published) for row in rows]


async def until_all_are_at_the_windows(database):
    """Waits until each batch of each tick waits for the lock that the test holds on the windows."""
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'call_windows'::regclass")
    while True:
        async with database.transaction() as connection:
            if (await connection.execute(waiting)).scalar_one() == TICKS * BATCHES_AT_ONCE:
                return
        await asyncio.sleep(0.01)  # it can only be looked at


async def ticked_together(ticks, database):
    async with database.transaction() as connection:
        # nobody is ahead: they begin when this is let go
        await connection.execute(text("LOCK TABLE call_windows IN EXCLUSIVE MODE"))
        running = asyncio.create_task(ticks.at_once(TICKS))
        await until_all_are_at_the_windows(database)
    assert [(ended.status, ended.reasons) for ended in await running] == [(0, [])] * TICKS


async def test_ticks_that_run_at_once_share_the_work(crowd, ticks, database, nats_url):
    await crowd.grow(WINDOWS)
    await ticked_together(ticks, database)
    assert faults(await read_books(database, nats_url), crowd.people) == []
    told = await tallies(database)
    assert len(told) == TICKS
    assert tuple(map(sum, zip(*told, strict=True))) == (WINDOWS, WINDOWS, WINDOWS)
    assert sum(scheduled > 0 for _, scheduled, _ in told) > 1


async def test_ticks_that_meet_at_the_same_people_agree_on_one_call_each(crowd, ticks, database, nats_url):
    await crowd.grow(WINDOWS_A_BATCH, windows=5)
    await ticked_together(ticks, database)
    books = await read_books(database, nats_url)
    scheduled = [(person_id, decision) for person_id, decision in books.decisions if decision == Decision.SCHEDULED]
    assert faults(replace(books, decisions=scheduled), crowd.people) == []


async def test_what_a_tick_holds_that_stands_still_is_left_to_it_and_the_others_do_the_rest(
    crowd, ticks, database, nats_url
):
    """A wait would show: PostgreSQL ends a statement that waits for long, and the tick would end with 1."""
    await crowd.grow(2 * WINDOWS_A_BATCH)
    async with database.transaction() as standing_still:
        now = (await standing_still.execute(select(func.now()))).scalar_one()
        claimed = await claim_due(standing_still, INSTALLED, until=now, limit=WINDOWS_A_BATCH)
        assert len(claimed) == WINDOWS_A_BATCH
        ended = await ticks.tick()
        assert (ended.status, ended.reasons) == (0, [])
    assert await tallies(database) == [(WINDOWS_A_BATCH, WINDOWS_A_BATCH, WINDOWS_A_BATCH)]
    ended = await ticks.tick()
    assert (ended.status, ended.reasons) == (0, [])
    assert faults(await read_books(database, nats_url), crowd.people) == []
