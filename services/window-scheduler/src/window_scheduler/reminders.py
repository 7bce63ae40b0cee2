"""Announces again the calls that nobody asks about: a stream that was lost took their announcement with it.

Where NATS loses its disk, a call that was announced and not yet taken is known here alone. The dispatcher asks about each call
that it has, so one about which it does not ask, although its window is open, is told once more: the same event, which changes
nothing for a dispatcher that has the call and has no slot for it yet. A call whose window has closed meanwhile is told too: the
dispatcher then records it as missed, so that it has its end.

Nothing is told while events wait in the stream: then the dispatcher is behind, or away, and these may be among them.
"""

from datetime import timedelta

import structlog

from chassis.bus import Bus
from chassis.clock import Clock
from chassis.database import Database
from chassis.events import CALL_SCHEDULED
from chassis.nats_permissions import CONSUMERS
from window_scheduler.metrics import calls_announced_again
from window_scheduler.relay import announce
from window_scheduler.reminder_store import Patience, announce_again, any_silent

log = structlog.get_logger()

PATIENCE = Patience(first_after=timedelta(minutes=5), times=9)
"""The last one 21 hours after the window has opened. A call of which a dispatcher asks late for want of a slot is told in vain,
and so ever more seldom.
"""
AT_ONCE = 50
"""In one round: beside these the dispatcher has to take the calls that are new."""

HEARD_BY = tuple(durable for durable, event in CONSUMERS.items() if event is CALL_SCHEDULED)


async def announce_and_remind(database: Database, bus: Bus, clock: Clock) -> None:
    """Publishes what the outbox holds, and again what nobody asks about.

    Raises:
        NotAnnounced: as `announce` does.
        BusUnavailable, DatabaseUnavailable: nothing is lost by it; the next round does it.
    """
    await announce(database, bus)
    if await remind(database, bus, clock):
        await announce(database, bus)


async def remind(database: Database, bus: Bus, clock: Clock) -> int:
    """Puts calls that nobody asks about into the outbox once more.

    Returns:
        How many.
    """
    now = clock.now()
    async with database.transaction() as connection:
        if not await any_silent(connection, PATIENCE, now=now):
            return 0
    waiting = (await bus.figures()).consumers
    if any(waiting[durable] for durable in HEARD_BY):
        return 0
    async with database.transaction() as connection:
        reminded = await announce_again(connection, PATIENCE, limit=AT_ONCE, now=now)
    if reminded:
        calls_announced_again.inc(reminded)
        log.warning("calls.announced_again", calls=reminded)
    return reminded
