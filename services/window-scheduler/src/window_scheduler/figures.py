"""What the database and the streams know of this service's work, read into the metrics of `api`."""

from dataclasses import asdict
from datetime import datetime, timedelta

from chassis.bus import Bus
from chassis.clock import Clock
from chassis.database import Database
from window_scheduler import metrics
from window_scheduler.call_store import undialed
from window_scheduler.outbox_store import unpublished
from window_scheduler.people_store import count_people
from window_scheduler.record_store import TickRecord, last_start, last_tick, read_totals
from window_scheduler.tick_store import count_due

PEOPLE_COUNTED_EVERY = timedelta(minutes=1)


class Figures:
    """Reads the figures, one time after the other."""

    def __init__(self, database: Database, bus: Bus, clock: Clock) -> None:
        self._database = database
        self._bus = bus
        self._clock = clock
        self._people_counted_at: datetime | None = None

    async def take(self) -> None:
        """Reads all of them once.

        Raises:
            DatabaseUnavailable: they stay as they were.
            BusUnavailable: those of the streams do.
        """
        await self._take_from_database()
        waiting = await self._bus.figures()
        for consumer, count in waiting.consumers.items():
            metrics.consumer_waiting.labels(consumer).set(count)
        metrics.dead_letters.clear()
        for subject, count in waiting.dead_letters.items():
            metrics.dead_letters.labels(subject).set(count)

    async def _take_from_database(self) -> None:
        now = self._clock.now()
        async with self._database.transaction() as connection:
            started_at = await last_start(connection)
            tick = await last_tick(connection)
            totals = await read_totals(connection)
            overdue = await count_due(connection, until=now)
            calls_undialed, undialed_since = await undialed(connection, now=now)
            calls_unpublished, unpublished_since = await unpublished(connection)
        metrics.tick_last_start.set(_unix(started_at))
        if tick is not None:
            _tell_tick(tick)
        metrics.windows_total.set(totals)
        metrics.windows_overdue.set(overdue)
        metrics.calls_undialed.set(calls_undialed)
        metrics.calls_undialed_oldest.set(_unix(undialed_since))
        metrics.outbox_unpublished.set(calls_unpublished)
        metrics.outbox_oldest.set(_unix(unpublished_since))
        if self._people_counted_at is None or now >= self._people_counted_at + PEOPLE_COUNTED_EVERY:
            await self._count_people(now)

    async def _count_people(self, now: datetime) -> None:
        async with self._database.transaction() as connection:
            counts = await count_people(connection)
        for state, count in asdict(counts).items():
            metrics.people.labels(state).set(count)
        self._people_counted_at = now


def _tell_tick(tick: TickRecord) -> None:
    metrics.tick_last_success.set(_unix(tick.finished_at))
    metrics.tick_duration.set((tick.finished_at - tick.started_at).total_seconds())
    for result in ("found", "scheduled", "declined", "missed"):
        metrics.tick_windows.labels(result).set(getattr(tick.tally, result))


def _unix(moment: datetime | None) -> float:
    return 0 if moment is None else moment.timestamp()
