"""What `api` tells Prometheus. A tick is over before anyone could ask it, so its figures are told from its row."""

from prometheus_client import Counter, Gauge

from chassis.clock import Clock
from chassis.database import Database
from window_scheduler.outbox_store import count_unpublished
from window_scheduler.tick_store import count_due, last_tick

tick_last_success = Gauge(
    "daybook_tick_last_success_timestamp_seconds", "When the last tick reached its end (Unix time); 0 where none has."
)
tick_duration = Gauge("daybook_tick_duration_seconds", "How long the last tick took.")
tick_windows = Gauge("daybook_tick_windows", "What became of the windows that the last tick found due.", ["result"])
windows_overdue = Gauge("daybook_windows_overdue", "Windows that have opened and no tick has looked at yet.")
outbox_unpublished = Gauge(
    "daybook_scheduler_outbox_unpublished", "Scheduled calls that are stored and not yet announced."
)
dials_asked = Counter(
    "daybook_dials_asked_total", "Dials asked for, by the answer: allowed, or the rule against it.", ["answer"]
)
calls_finished = Counter("daybook_scheduled_calls_ended_total", "Calls that came to their end.", ["outcome"])


async def take_figures(database: Database, clock: Clock) -> None:
    """Reads what the database knows into the gauges."""
    async with database.transaction() as connection:
        tick = await last_tick(connection)
        overdue = await count_due(connection, until=clock.now())
        unpublished = await count_unpublished(connection)
    windows_overdue.set(overdue)
    outbox_unpublished.set(unpublished)
    if tick is None:
        return
    tick_last_success.set(tick.finished_at.timestamp())
    tick_duration.set((tick.finished_at - tick.started_at).total_seconds())
    for result, count in (
        ("found", tick.tally.found),
        ("scheduled", tick.tally.scheduled),
        ("declined", tick.tally.declined),
        ("missed", tick.tally.missed),
    ):
        tick_windows.labels(result).set(count)
