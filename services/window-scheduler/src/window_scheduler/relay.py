"""Publishes what the outbox holds. It may run in any number of processes, and stop anywhere: what the stream has not
confirmed stays in the outbox, and what it has confirmed without our knowing is published again under the same id, which
the stream drops.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table

from chassis.batches import Outgoing
from chassis.bus import Bus
from chassis.database import Database
from chassis.events import CALL_SCHEDULED, CALL_WITHDRAWN, EventType
from chassis.telemetry import call_context
from window_scheduler.errors import NotAnnounced
from window_scheduler.outbox_store import Announcement, claim_unpublished, remove_published, unpublished
from window_scheduler.tables import outbox, withdrawal_outbox

AT_ONCE = 500


async def announce(database: Database, bus: Bus) -> int:
    """Publishes every announcement that nobody else is publishing, the oldest first; what is withdrawn before what is scheduled.

    Returns:
        How many scheduled calls the stream has confirmed.

    Raises:
        NotAnnounced: the stream did not confirm all of them. Those that it did confirm are gone from the outbox; the others stay.
    """
    await _announce_all(database, bus, withdrawal_outbox, CALL_WITHDRAWN)
    return await _announce_all(database, bus, outbox, CALL_SCHEDULED)


async def _announce_all(database: Database, bus: Bus, table: Table, event: EventType[Any]) -> int:
    total = 0
    refused: set[str] = set()
    while True:
        async with database.transaction() as connection:
            waiting = await claim_unpublished(connection, table, limit=AT_ONCE, leaving=refused)
            if not waiting:
                break
            published = await bus.publish_all(event, _outgoing(waiting))
            await remove_published(connection, table, published.confirmed)
        total += len(published.confirmed)
        refused |= published.refused
        if len(published.confirmed) + len(published.refused) < len(waiting):
            raise NotAnnounced(
                f"NATS did not confirm all. Events of calls that wait to be announced: {await _waiting(database)}. Look at NATS "
                "and at DAYBOOK_NATS_URL; they go out as soon as it answers."
            )
    if refused:
        raise NotAnnounced(
            f"NATS does not take {len(refused)} announcements as they are. Events of calls that wait to be announced: "
            f"{await _waiting(database)}. Is its max_payload smaller than the 1 MB that it is by default?"
        )
    return total


def _outgoing(waiting: Sequence[Announcement]) -> Sequence[Outgoing]:
    return [Outgoing(each.event_id, each.payload, call_context(each.call_id)) for each in waiting]


async def _waiting(database: Database) -> int:
    async with database.transaction() as connection:
        count, _ = await unpublished(connection)
    return count
