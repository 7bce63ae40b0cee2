"""What WindowsService tells of the days to come: the agenda of a person, and their windows as a calendar."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.errors import InvalidInput
from daybook.scheduler.v1 import scheduler_pb2 as pb
from window_scheduler.agenda import AgendaChance, AgendaDay, BookedWindow, Opening, Terms, agenda, next_call
from window_scheduler.calendar_export import calendar_of
from window_scheduler.call_store import CallKind, ScheduledCall, calls_from
from window_scheduler.calling_hours import CallingHours
from window_scheduler.clock_notes import ClockChange
from window_scheduler.messages import call_message, stamp, window_message
from window_scheduler.people import Person
from window_scheduler.planning import StandingCall
from window_scheduler.window_store import windows_of

DAYS = 14
MOST_DAYS = 366
_ONE_DAY = timedelta(days=1)


def days_asked_for(value: int) -> int:
    """Raises InvalidInput where it is out of range."""
    if value > MOST_DAYS:
        raise InvalidInput("days", f"is to be 1 to {MOST_DAYS}; or 0, which means {DAYS}.")
    return value or DAYS


async def agenda_told(
    connection: AsyncConnection,
    person: Person,
    zone: ZoneInfo | None,
    *,
    hours: CallingHours,
    days: int,
    now: datetime,
) -> pb.GetAgendaResponse:
    """When a person will be called on so many days to come, and why then.

    Args:
        connection: in a transaction.
        person: whose agenda it is.
        zone: theirs; none where it is not known.
        hours: in which they may be called.
        days: from today on.
        now: aware.
    """
    windows = await windows_of(connection, person.person_id)
    forbidden_by = _forbidden_by(person, zone)
    told = pb.GetAgendaResponse(
        time_zone=person.profile.time_zone,
        forbidden_by=forbidden_by,
        windows=[window_message(window) for window in windows],
    )
    if zone is None:
        return told
    told.local_time = _local(now, zone)
    yesterday = now.astimezone(zone).date() - _ONE_DAY
    calls = await calls_from(connection, person.person_id, yesterday)
    booked = {each.window_id: BookedWindow(each.times, each.next.local_day if each.next else None) for each in windows}
    standing = {
        call.local_day: _standing(call, window_id) for call in calls if (window_id := call.window_id) is not None
    }
    terms = Terms(zone, hours, forbidden=forbidden_by != pb.WINDOW_STANDING_UNSPECIFIED, now=now)
    # in a thread: a year of twenty windows takes a third of a second, and dials are asked for meanwhile
    found = await asyncio.to_thread(agenda, booked, standing, terms, days=days)
    upcoming = next_call(found)
    if upcoming is not None:
        told.next_call.CopyFrom(_chance_message(upcoming, zone))
    told.days.extend(_day_message(day, calls, zone) for day in found)
    return told


async def calendar_told(
    connection: AsyncConnection, person: Person, zone: ZoneInfo, *, now: datetime
) -> pb.ExportCalendarResponse:
    """A person's windows as a calendar; an empty one where they are not called at all."""
    forbidden = _forbidden_by(person, zone) != pb.WINDOW_STANDING_UNSPECIFIED
    windows = [] if forbidden else await windows_of(connection, person.person_id)
    calendar = calendar_of({window.window_id: window.times for window in windows}, zone, now=now)
    return pb.ExportCalendarResponse(calendar=calendar)


def _forbidden_by(person: Person, zone: ZoneInfo | None) -> pb.WindowStanding.ValueType:
    if person.opted_out_at is not None:
        return pb.WINDOW_STANDING_OPTED_OUT
    if person.profile.consent is None:
        return pb.WINDOW_STANDING_NO_CONSENT
    return pb.WINDOW_STANDING_UNKNOWN_TIME_ZONE if zone is None else pb.WINDOW_STANDING_UNSPECIFIED


def _standing(call: ScheduledCall, window_id: UUID) -> StandingCall:
    return StandingCall(
        call_id=call.call_id,
        window_id=window_id,
        not_before=call.not_before,
        not_after=call.not_after,
        dialed=call.dialed_at is not None,
        finished=call.finished_at is not None,
        revision=call.revision,
    )


def _day_message(day: AgendaDay, calls: Sequence[ScheduledCall], zone: ZoneInfo) -> pb.AgendaDay:
    of_day = [call for call in calls if call.local_day == day.day]
    return pb.AgendaDay(
        local_day=day.day.isoformat(),
        left_out=day.left_out,
        clock_change=_change_message(day.change) if day.change else None,
        chances=[_chance_message(chance, zone) for chance in day.chances],
        absences=[
            pb.AgendaAbsence(
                window_id=str(window_id), standing=pb.WindowStanding.Value(f"WINDOW_STANDING_{absence.name}")
            )
            for window_id, absence in day.absences.items()
        ],
        call=next((call_message(call) for call in of_day if call.kind is CallKind.OF_DAY), None),
        test_calls=[call_message(call) for call in of_day if call.kind is not CallKind.OF_DAY],
    )


def _change_message(change: ClockChange) -> pb.ClockChange:
    return pb.ClockChange(
        at=stamp(change.at),
        before_s=round(change.before.total_seconds()),
        after_s=round(change.after.total_seconds()),
    )


def _chance_message(chance: AgendaChance, zone: ZoneInfo) -> pb.AgendaChance:
    return pb.AgendaChance(
        span=_span_message(chance.chance.opens_at, chance.chance.closes_at, zone),
        role=pb.ChanceRole.Value(f"CHANCE_ROLE_{chance.role.name}"),
        quiet=chance.quiet,
        openings=[_opening_message(opening, zone) for opening in chance.openings],
    )


def _opening_message(opening: Opening, zone: ZoneInfo) -> pb.AgendaOpening:
    return pb.AgendaOpening(
        window_id=str(opening.window_id),
        span=_span_message(opening.occurrence.opens_at, opening.occurrence.closes_at, zone),
        notes=[pb.ClockNote.Value(f"CLOCK_NOTE_{note.name}") for note in opening.notes],
        longer_by_s=round(opening.longer_by.total_seconds()),
    )


def _span_message(opens_at: datetime, closes_at: datetime, zone: ZoneInfo) -> pb.AgendaSpan:
    return pb.AgendaSpan(
        opens_at=stamp(opens_at),
        closes_at=stamp(closes_at),
        opens_local=_local(opens_at, zone),
        closes_local=_local(closes_at, zone),
    )


def _local(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).isoformat(timespec="minutes")
