"""What the last run of retention did, told by the journal that serves: a run is over before anyone could ask it."""

import asyncio
from functools import partial

from chassis.clock import Clock
from chassis.database import Database
from chassis.repeating import repeat
from journal import metrics, retention_store

ASKED_EVERY_S = 10.0


async def tell_retention(database: Database, clock: Clock, stop: asyncio.Event) -> None:
    """Reads it into the metrics every so often, until `stop` is set. While the database is away they stay as they were."""
    await repeat("retention-figures", partial(_tell_last_run, database), period_s=ASKED_EVERY_S, clock=clock, stop=stop)


async def _tell_last_run(database: Database) -> None:
    async with database.statement() as connection:
        run = await retention_store.last_run(connection)
    if run is not None:
        metrics.retention_last_success.set(run.finished_at.timestamp())
        metrics.retention_removed.labels("recordings").set(run.recordings)
        metrics.retention_removed.labels("entries").set(run.entries)
        metrics.retention_unopened.set(run.unopened)
