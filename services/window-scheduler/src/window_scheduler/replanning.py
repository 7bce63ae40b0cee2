"""Keeps a person's windows due at the right moments when the person, or a window, changes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.clock import Clock
from chassis.database import Database
from chassis.time_zones import TimeZones
from window_scheduler.people import Person
from window_scheduler.tick import schedule_person
from window_scheduler.window_store import CallWindow, locked_windows_of, set_next
from window_scheduler.windows import Occurrence, WindowTimes, next_occurrence


def planned(window: CallWindow, times: WindowTimes, person: Person, zones: TimeZones, *, now: datetime) -> CallWindow:
    """The window with these times, due at its next opening for this person; one that is open now counts.

    An opening that was over before any tick looked stays due, as it was: so it is recorded as missed.
    """
    zone = zones.named(person.profile.time_zone)
    if window.next is not None and window.next.closes_at <= now:
        upcoming: Occurrence | None = window.next
    else:
        upcoming = None if zone is None else next_occurrence(times, zone, now)
    return replace(window, times=times, next=upcoming, zone_data=zones.version)


async def replan(
    connection: AsyncConnection, person: Person, zones: TimeZones, *, now: datetime
) -> Sequence[CallWindow]:
    """Sets anew when each of a person's windows is due: in another zone, or once they agree to be called, it is so anew."""
    windows = [
        planned(window, window.times, person, zones, now=now)
        for window in await locked_windows_of(connection, person.person_id)
    ]
    await set_next(connection, {window.window_id: window.next for window in windows}, zone_data=zones.version)
    return windows


async def schedule_hurried(
    database: Database, clock: Clock, zones: TimeZones, *, period: timedelta, windows: Sequence[CallWindow]
) -> None:
    """Schedules at once what closes before the next tick is sure to have looked (promise 3); a tick does all the rest."""
    last_moment = clock.now() + period
    hurried = {window.person_id for window in windows if window.next and window.next.closes_at <= last_moment}
    for person_id in hurried:
        await schedule_person(database, clock, zones, period=period, person_id=person_id)
