"""WindowsService of proto/daybook/scheduler/v1."""
# ruff: noqa: N802 - gRPC gives the methods their names

from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import structlog

from chassis.clock import Clock
from chassis.database import Database
from chassis.errors import Conflict
from chassis.time_zones import TimeZones
from daybook.scheduler.v1 import scheduler_pb2 as pb
from daybook.scheduler.v1.scheduler_pb2_grpc import WindowsServiceServicer
from window_scheduler.bookings import booked_times, check_room
from window_scheduler.calling_hours import CallingHours
from window_scheduler.messages import requested_times_of, uuid_of, window_message
from window_scheduler.outlook import agenda_told, calendar_told, days_asked_for
from window_scheduler.people import Person
from window_scheduler.people_store import PeopleStore
from window_scheduler.replanning import planned, schedule_hurried
from window_scheduler.sealed import Sealer
from window_scheduler.window_store import (
    CallWindow,
    add_window,
    change_window,
    count_windows,
    get_window,
    locked_window,
    remove_window,
    windows_of,
)
from window_scheduler.windows import WindowTimes

log = structlog.get_logger()


class WindowsApi(WindowsServiceServicer):
    """The call windows."""

    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        clock: Clock,
        zones: TimeZones,
        *,
        calling_hours: CallingHours,
        tick_period: timedelta,
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock
        self._zones = zones
        self._calling_hours = calling_hours
        self._tick_period = tick_period

    async def CreateWindow(self, request: pb.CreateWindowRequest, _context: object) -> pb.CreateWindowResponse:
        person_id = uuid_of(request.person_id, "person_id")
        now = self._clock.now()
        async with self._database.transaction() as connection:
            person = await PeopleStore(connection, self._sealer).locked(person_id)
            check_room(await count_windows(connection, person_id))
            times = self._booked(request.times, person, now)
            window = CallWindow(uuid4(), person_id, times, next=None, zone_data="")
            window = planned(window, times, person, self._zones, now=now)
            await add_window(connection, window, now=now)
        await self._settle("window.created", window)
        return pb.CreateWindowResponse(window=window_message(window))

    async def GetWindow(self, request: pb.GetWindowRequest, _context: object) -> pb.GetWindowResponse:
        window_id = uuid_of(request.window_id, "window_id")
        async with self._database.transaction() as connection:
            window = await get_window(connection, window_id)
        return pb.GetWindowResponse(window=window_message(window))

    async def ListWindows(self, request: pb.ListWindowsRequest, _context: object) -> pb.ListWindowsResponse:
        person_id = uuid_of(request.person_id, "person_id")
        async with self._database.transaction() as connection:
            await PeopleStore(connection, self._sealer).get(person_id)
            windows = await windows_of(connection, person_id)
        return pb.ListWindowsResponse(windows=[window_message(window) for window in windows])

    async def UpdateWindow(self, request: pb.UpdateWindowRequest, _context: object) -> pb.UpdateWindowResponse:
        window_id = uuid_of(request.window_id, "window_id")
        now = self._clock.now()
        async with self._database.transaction() as connection:
            person_id = (await get_window(connection, window_id)).person_id
            person = await PeopleStore(connection, self._sealer).locked(person_id)
            window = await locked_window(connection, window_id)
            times = self._booked(request.times, person, now)
            window = planned(window, times, person, self._zones, now=now)
            await change_window(connection, window)
        await self._settle("window.changed", window)
        return pb.UpdateWindowResponse(window=window_message(window))

    async def DeleteWindow(self, request: pb.DeleteWindowRequest, _context: object) -> pb.DeleteWindowResponse:
        window_id = uuid_of(request.window_id, "window_id")
        async with self._database.transaction() as connection:
            await remove_window(connection, window_id)
        log.info("window.deleted", window_id=str(window_id))
        return pb.DeleteWindowResponse()

    async def GetAgenda(self, request: pb.GetAgendaRequest, _context: object) -> pb.GetAgendaResponse:
        person_id = uuid_of(request.person_id, "person_id")
        days = days_asked_for(request.days)
        async with self._database.transaction() as connection:
            person = await PeopleStore(connection, self._sealer).get(person_id)
            return await agenda_told(
                connection,
                person,
                self._zones.named(person.profile.time_zone),
                hours=person.profile.calling_hours or self._calling_hours,
                days=days,
                now=self._clock.now(),
            )

    async def ExportCalendar(self, request: pb.ExportCalendarRequest, _context: object) -> pb.ExportCalendarResponse:
        person_id = uuid_of(request.person_id, "person_id")
        async with self._database.transaction() as connection:
            person = await PeopleStore(connection, self._sealer).get(person_id)
            return await calendar_told(connection, person, self._zone_of(person), now=self._clock.now())

    def _booked(self, message: pb.WindowTimes, person: Person, now: datetime) -> WindowTimes:
        zone = self._zone_of(person)
        hours = person.profile.calling_hours or self._calling_hours
        return booked_times(requested_times_of(message), zone=zone, calling_hours=hours, now=now)

    def _zone_of(self, person: Person) -> ZoneInfo:
        """Raises Conflict where it is not known: then nobody knows when a window opens."""
        zone = self._zones.named(person.profile.time_zone)
        if zone is None:
            raise Conflict("This person's time zone is not known any more. Change it first, with UpdatePerson.")
        return zone

    async def _settle(self, event: str, window: CallWindow) -> None:
        log.info(event, window_id=str(window.window_id), person_id=str(window.person_id), window=str(window.times))
        await schedule_hurried(self._database, self._clock, self._zones, period=self._tick_period, windows=[window])
