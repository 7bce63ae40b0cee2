"""Publishes what the outbox holds. It may run in any number of processes, and stop anywhere: what the stream has not
confirmed stays in the outbox, and what it has confirmed without our knowing is published again under the same id, which
the stream drops.
"""

from collections.abc import Sequence

from chassis.batches import Outgoing
from chassis.bus import Bus
from chassis.database import Database
from chassis.events import CALL_SCHEDULED
from chassis.telemetry import call_context
from window_scheduler.errors import NotAnnounced
from window_scheduler.outbox_store import Announcement, claim_unpublished, remove_published, unpublished

AT_ONCE = 500


async def announce(database: Database, bus: Bus) -> int:
    """Publishes every announcement that nobody else is publishing, the oldest first.

    Returns:
        How many the stream has confirmed.

    Raises:
        NotAnnounced: the stream did not confirm all of them. Those that it did confirm are gone from the outbox; the others stay.
    """
    total = 0
    refused: set[str] = set()
    while True:
        async with database.transaction() as connection:
            waiting = await claim_unpublished(connection, limit=AT_ONCE, leaving=refused)
            if not waiting:
                break
            published = await bus.publish_all(CALL_SCHEDULED, _outgoing(waiting))
            await remove_published(connection, published.confirmed)
        total += len(published.confirmed)
        refused |= published.refused
        if len(published.confirmed) + len(published.refused) < len(waiting):
            raise NotAnnounced(
                f"NATS did not confirm all. Scheduled calls that wait to be announced: {await _waiting(database)}. Look at NATS "
                "and at DAYBOOK_NATS_URL; they go out as soon as it answers."
            )
    if refused:
        raise NotAnnounced(
            f"NATS does not take {len(refused)} announcements as they are. Scheduled calls that wait to be announced: "
            f"{await _waiting(database)}. Is its max_payload smaller than the 1 MB that it is by default?"
        )
    return total


def _outgoing(waiting: Sequence[Announcement]) -> Sequence[Outgoing]:
    return [Outgoing(each.event_id, each.payload, call_context(each.call_id)) for each in waiting]


async def _waiting(database: Database) -> int:
    async with database.transaction() as connection:
        count, _ = await unpublished(connection)
    return count
