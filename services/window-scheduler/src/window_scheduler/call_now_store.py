"""The test calls in PostgreSQL, up to the moment that they stand. Lock the person first: their calls are numbered."""

from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from window_scheduler.announcements import announcement
from window_scheduler.call_now import MADE_WITHIN, UnendedCall
from window_scheduler.call_store import ScheduledCall, get_call, unfinished_calls
from window_scheduler.outbox_store import Announcement, add_announcements
from window_scheduler.tables import outbox, scheduled_calls


async def unended_tests(
    connection: AsyncConnection, person_id: UUID, *, now: datetime, may_ring_for: timedelta
) -> list[UnendedCall]:
    """A person's test calls without an end, but for those whose time was over so long ago that they have lost it."""
    calls = await unfinished_calls(connection, person_id, closing_after=now - may_ring_for)
    return [UnendedCall(call.call_id, call.not_after, call.dialed_at is not None) for call in calls if call.is_test]


async def add_test_call(
    connection: AsyncConnection, person_id: UUID, local_day: date, *, in_quiet_hours: bool, now: datetime
) -> ScheduledCall:
    """Stores a test call, to be made from now on, with its announcement in the outbox.

    Its id is no function of the day's: whoever brings back a backup asks for calls that were asked for before, and the dispatcher
    would take them for those.
    """
    numbers = select(func.coalesce(func.max(scheduled_calls.c.test_number), 0) + 1).where(
        scheduled_calls.c.person_id == person_id, scheduled_calls.c.local_day == local_day
    )
    call_id, not_after = uuid4(), now + MADE_WITHIN
    await connection.execute(
        insert(scheduled_calls).values(
            call_id=call_id,
            person_id=person_id,
            local_day=local_day,
            not_before=now,
            not_after=not_after,
            scheduled_at=now,
            test_number=numbers.scalar_subquery(),
            in_quiet_hours=in_quiet_hours,
        )
    )
    told = announcement(call_id, person_id, None, local_day=local_day, not_before=now, not_after=not_after)
    await add_announcements(connection, outbox, [Announcement(f"{call_id}.scheduled", call_id, told)], now=now)
    return await get_call(connection, call_id)
