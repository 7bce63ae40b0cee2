"""Takes back the calls of somebody who is not to be called any more: pending, or at the carrier, each is told as withdrawn."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from daybook.events.v1.events_pb2 import CallWithdrawn, WithdrawalReason
from window_scheduler.call_store import ScheduledCall, unfinished_calls
from window_scheduler.messages import stamp
from window_scheduler.outbox_store import Announcement, add_announcements
from window_scheduler.tables import withdrawal_outbox
from window_scheduler.window_store import locked_windows_of

MAY_RING_STILL = timedelta(days=1)
"""After its window has closed. What has no end for longer has lost it."""


async def withdraw_calls(
    connection: AsyncConnection, person_id: UUID, reason: WithdrawalReason.ValueType, *, now: datetime
) -> None:
    """Tells a person's calls that have no end yet as withdrawn, in the transaction that makes it so. Lock the person first.

    Args:
        connection: in that transaction.
        person_id: whose.
        reason: why.
        now: aware.
    """
    # a tick that has claimed one of the windows, and does not know yet, stores its call first
    await locked_windows_of(connection, person_id)
    calls = await unfinished_calls(connection, person_id, closing_after=now - MAY_RING_STILL)
    told = [_withdrawal(call, reason, now) for call in calls]
    await add_announcements(connection, withdrawal_outbox, told, now=now)


def _withdrawal(call: ScheduledCall, reason: WithdrawalReason.ValueType, now: datetime) -> Announcement:
    withdrawn = CallWithdrawn(
        call_id=str(call.call_id),
        person_id=str(call.person_id),
        reason=reason,
        withdrawn_at=stamp(now),
        revision=call.revision,
    )
    event_id = f"{call.call_id}.withdrawn" + (f".{call.revision}" if call.revision else "")
    return Announcement(event_id, call.call_id, withdrawn.SerializeToString())
