"""The calls that somebody asked for, in PostgreSQL, until they stand. Lock the person first: their calls are numbered."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.time_zones import TimeZones
from window_scheduler.announcements import announcement
from window_scheduler.call_now import Asked, UnendedCall
from window_scheduler.call_store import CallKind, ScheduledCall, dialed_at, get_call, unfinished_calls
from window_scheduler.outbox_store import Announcement, add_announcements
from window_scheduler.people import Person
from window_scheduler.tables import outbox, scheduled_calls
from window_scheduler.withdrawals import MAY_RING_STILL


async def asked_for(
    connection: AsyncConnection,
    person: Person,
    kind: CallKind,
    zones: TimeZones,
    *,
    in_quiet_hours: bool,
    now: datetime,
) -> Asked:
    """Everything that bears on whether a person may have a call of that kind now."""
    # but for those whose time was over so long ago that they have lost their end
    calls = await unfinished_calls(connection, person.person_id, closing_after=now - MAY_RING_STILL)
    return Asked(
        zone=zones.named(person.profile.time_zone),
        calling_hours=person.profile.calling_hours,
        consented=person.profile.consent is not None,
        opted_out=person.opted_out_at is not None,
        in_quiet_hours=in_quiet_hours,
        unended=[
            UnendedCall(call.call_id, call.not_after, call.dialed_at is not None) for call in calls if call.kind is kind
        ],
        dialed_at=await dialed_at(connection, person.person_id, kind, now=now),
    )


async def add_asked_call(
    connection: AsyncConnection, person_id: UUID, kind: CallKind, asked: Asked, *, within: timedelta, now: datetime
) -> ScheduledCall:
    """Stores a call, to be made from now on and within so long, with its announcement in the outbox.

    Its id is no function of the day's: whoever brings back a backup asks for calls that were asked for before, and the dispatcher
    would take them for those.
    """
    local_day = now.astimezone(asked.zone).date()
    numbers = select(func.coalesce(func.max(scheduled_calls.c.test_number), 0) + 1).where(
        scheduled_calls.c.person_id == person_id, scheduled_calls.c.local_day == local_day
    )
    call_id, not_after = uuid4(), now + within
    await connection.execute(
        insert(scheduled_calls).values(
            call_id=call_id,
            person_id=person_id,
            local_day=local_day,
            not_before=now,
            not_after=not_after,
            scheduled_at=now,
            test_number=numbers.scalar_subquery(),
            in_quiet_hours=asked.in_quiet_hours,
            for_sign_in=kind is CallKind.SIGN_IN,
        )
    )
    told = announcement(call_id, person_id, None, local_day=local_day, not_before=now, not_after=not_after)
    await add_announcements(connection, outbox, [Announcement(f"{call_id}.scheduled", call_id, told)], now=now)
    return await get_call(connection, call_id)
