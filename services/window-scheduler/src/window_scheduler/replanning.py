"""Keeps a person's windows due at the right moments when the person, or a window, changes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.clock import Clock
from chassis.database import Database
from window_scheduler.people import Person
from window_scheduler.tick import schedule_due
from window_scheduler.time_zones import zone_named
from window_scheduler.window_store import CallWindow, change_window, windows_of
from window_scheduler.windows import Occurrence, WindowTimes, next_occurrence


def upcoming(times: WindowTimes, person: Person, now: datetime) -> Occurrence | None:
    """The opening that is next for this person, one that is open now included."""
    zone = zone_named(person.profile.time_zone)
    return None if zone is None else next_occurrence(times, zone, now)


async def replan(connection: AsyncConnection, person: Person, *, now: datetime) -> Sequence[CallWindow]:
    """Sets anew when each of a person's windows is due: in another zone, or once they agree to be called, it is so anew."""
    windows = [
        replace(window, next=upcoming(window.times, person, now))
        for window in await windows_of(connection, person.person_id)
    ]
    for window in windows:
        await change_window(connection, window)
    return windows


async def schedule_hurried(
    database: Database, clock: Clock, *, period: timedelta, windows: Sequence[CallWindow]
) -> None:
    """Schedules at once what closes before the next tick is sure to have looked (promise 3); a tick does all the rest."""
    last_moment = clock.now() + period
    hurried = {window.person_id for window in windows if window.next and window.next.closes_at <= last_moment}
    for person_id in hurried:
        await schedule_due(database, clock, period=period, person_id=person_id)
