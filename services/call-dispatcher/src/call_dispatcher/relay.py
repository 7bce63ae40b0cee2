"""Tells what the outbox holds: publishes many events at once, then marks those that the stream has.

A crash between the two publishes it again under the same id, which the stream drops, or the one who hears it does.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import structlog

from call_dispatcher.announcements import OutgoingEvent
from call_dispatcher.outbox_store import mark_published, take_outgoing
from call_dispatcher.wake_ups import WakeUps
from chassis.batches import Outgoing
from chassis.bus import Bus, BusUnavailable
from chassis.clock import Clock
from chassis.database import Database
from chassis.errors import DaybookError
from chassis.events import CALL_DIALED, CALL_FINISHED
from chassis.heartbeat import Heartbeat
from chassis.telemetry import call_context
from chassis.waiting import until_set

log = structlog.get_logger()

AT_ONCE = 500
IDLE = timedelta(seconds=10)
GATHER = timedelta(milliseconds=50)
"""From one look to the next at least: with many calls at once, one look serves a handful of them. One that comes alone goes at
once: what its carrier tells of it follows within moments.
"""
AFTER_FAILURE = timedelta(seconds=1)


class Relay:
    """Publishes this service's events."""

    def __init__(self, database: Database, bus: Bus, *, clock: Clock, wake_ups: WakeUps) -> None:
        self._database = database
        self._bus = bus
        self._clock = clock
        self._woken = wake_ups.relay
        self._heartbeat = Heartbeat("relay", clock)

    async def run(self, stop: asyncio.Event) -> None:
        """Publishes whenever there is something to tell, until `stop` is set."""
        while not stop.is_set():
            self._woken.clear()
            try:
                await self.publish()
            except DaybookError as error:
                log.warning("relay.failed", exc_info=error)
                await until_set(stop, within=AFTER_FAILURE)
            else:
                await until_set(stop, within=GATHER)
                await until_set(self._woken, within=IDLE)

    async def publish(self) -> None:
        """Publishes all that is to be told.

        Raises:
            BusUnavailable, DatabaseUnavailable: what is left is published the next time.
        """
        published = AT_ONCE
        while published == AT_ONCE:
            published = await self._publish_some()
            self._heartbeat.beat()

    async def _publish_some(self) -> int:
        async with self._database.transaction() as connection:
            events = await take_outgoing(connection, limit=AT_ONCE)
            if not events:
                return 0
            confirmed = await self._published(events)
            await mark_published(connection, confirmed, at=self._clock.now())
        if len(confirmed) < len(events):
            raise BusUnavailable(
                f"The stream did not confirm {len(events) - len(confirmed)} of {len(events)} events. They are sent again."
            )
        return len(events)

    async def _published(self, events: Sequence[OutgoingEvent]) -> list[str]:
        """Publishes events, each kind in its order. Returns the ids of those that the stream has."""
        dialed = await self._bus.publish_all(CALL_DIALED, _outgoing(events, CALL_DIALED.subject))
        finished = await self._bus.publish_all(CALL_FINISHED, _outgoing(events, CALL_FINISHED.subject))
        return sorted(dialed.confirmed | finished.confirmed)


def _outgoing(events: Sequence[OutgoingEvent], subject: str) -> list[Outgoing]:
    return [
        Outgoing(event.event_id, event.body, call_context(event.call_id))
        for event in events
        if event.subject == subject
    ]
