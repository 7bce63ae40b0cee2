"""What the last run of retention did, told by the journal that serves: a run is over before anyone could ask it."""

import asyncio
from datetime import timedelta

import structlog

from chassis.clock import Clock
from chassis.database import Database, DatabaseUnavailable
from chassis.heartbeat import Heartbeat
from chassis.waiting import until_set
from journal import metrics, retention_store

log = structlog.get_logger()

ASKED_EVERY = timedelta(seconds=10)


async def tell_retention(database: Database, clock: Clock, stop: asyncio.Event) -> None:
    """Reads it into the metrics every so often, until `stop` is set. While the database is away they stay as they were."""
    heartbeat = Heartbeat("retention-figures", clock)
    while not stop.is_set():
        try:
            await _tell_last_run(database)
        except DatabaseUnavailable as error:
            log.warning("work.postponed", work="retention-figures", reason=str(error))
        else:
            heartbeat.beat()
        await until_set(stop, within=ASKED_EVERY)


async def _tell_last_run(database: Database) -> None:
    async with database.statement() as connection:
        run = await retention_store.last_run(connection)
    if run is not None:
        metrics.retention_last_success.set(run.finished_at.timestamp())
        metrics.retention_removed.labels("recordings").set(run.recordings)
        metrics.retention_removed.labels("entries").set(run.entries)
        metrics.retention_unopened.set(run.unopened)
