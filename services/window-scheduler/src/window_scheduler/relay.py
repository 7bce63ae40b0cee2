"""Publishes what the outbox holds. It may run in any number of processes, and stop anywhere: what the stream has not
confirmed stays in the outbox, and what it has confirmed without our knowing is published again under the same id, which
the stream drops.
"""

import asyncio
from collections.abc import Sequence

from chassis.bus import Bus, BusUnavailable
from chassis.database import Database
from chassis.events import CALL_SCHEDULED
from chassis.telemetry import call_context, span
from daybook.events.v1.events_pb2 import CallScheduled
from window_scheduler.errors import NotAnnounced
from window_scheduler.outbox_store import Announcement, claim_unpublished, remove_published

AT_ONCE = 100


async def announce(database: Database, bus: Bus) -> int:
    """Publishes every announcement that nobody else is publishing, the oldest first.

    Returns:
        How many the stream has confirmed.

    Raises:
        NotAnnounced: the stream did not confirm one. Those that it did confirm are gone from the outbox; the others stay.
    """
    total = 0
    while True:
        async with database.transaction() as connection:
            waiting = await claim_unpublished(connection, limit=AT_ONCE)
            if not waiting:
                return total
            confirmed = await _publish_all(bus, waiting)
            await remove_published(connection, confirmed)
        total += len(confirmed)
        if len(confirmed) < len(waiting):
            raise NotAnnounced(
                f"NATS did not confirm {len(waiting) - len(confirmed)} of {len(waiting)} scheduled calls. They are stored, "
                "and published as soon as NATS answers: look at NATS and at DAYBOOK_NATS_URL."
            )


async def _publish_all(bus: Bus, waiting: Sequence[Announcement]) -> list[str]:
    async with asyncio.TaskGroup() as tasks:
        publishing = [tasks.create_task(_publish(bus, announcement)) for announcement in waiting]
    return [announcement.event_id for announcement, task in zip(waiting, publishing, strict=True) if task.result()]


async def _publish(bus: Bus, announcement: Announcement) -> bool:
    call_id = str(announcement.call_id)
    with span("announce call", context=call_context(call_id), attributes={"daybook.call_id": call_id}):
        try:
            message = CallScheduled.FromString(announcement.payload)
            await bus.publish(CALL_SCHEDULED, message, event_id=announcement.event_id)
        except BusUnavailable:
            return False
    return True
