"""What may happen to window-scheduler: to its people, windows, calls and ticks. Hypothesis draws of it.

Each act is run with a database of its caller's choice: so it may run in a process of its own, which is held or killed.
"""

import asyncio
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID, uuid4

import asyncpg
from hypothesis import strategies as st
from nats.js import JetStreamContext
from scheduler_promises import State, read_state

from chassis.bus import Bus
from chassis.clock import ManualClock
from chassis.consumer import Received
from chassis.database import Database
from chassis.errors import Conflict, InvalidInput, NotFound
from chassis.events import CALL_SCHEDULED, CALLS_STREAM
from chassis.time_zones import TimeZones, zone_named
from daybook.events.v1 import events_pb2 as events
from daybook.events.v1.events_pb2 import CallScheduled
from daybook.scheduler.v1 import scheduler_pb2 as pb
from window_scheduler.call_endings import CallEndings
from window_scheduler.calls_api import CallsApi
from window_scheduler.dialing_rules import CallingHours, DialingRules
from window_scheduler.outbox_store import claim_unpublished
from window_scheduler.people_api import PeopleApi
from window_scheduler.people_store import PeopleStore
from window_scheduler.replanning import planned, schedule_hurried
from window_scheduler.rezoning import follow_rules
from window_scheduler.sealed import Sealer
from window_scheduler.tables import metadata, outbox
from window_scheduler.tick import conclude, schedule
from window_scheduler.window_store import CallWindow, add_window, change_window, get_window, remove_window
from window_scheduler.windows import OneOff, Weekly, WindowTimes

PERIOD = timedelta(minutes=5)
TABLES = [table.name for table in metadata.sorted_tables]
ANY_HOUR = DialingRules(CallingHours(time.min, time.max), dials_a_day=1000)
A_DAY_MIN = 24 * 60

NEXT_DOOR = {
    "Europe/Vienna": "Europe/London",
    "America/New_York": "America/Chicago",
    "Africa/Cairo": "Africa/Tripoli",
    "Australia/Lord_Howe": "Australia/Sydney",
    "Pacific/Apia": "Pacific/Auckland",
}


def rules_of_zones(version: int) -> TimeZones:
    """Those that are installed, and in each second version those of the zone next door."""
    named = zone_named if version % 2 == 0 else lambda name: zone_named(NEXT_DOOR[name])
    return TimeZones(f"2026{version:05}", named)


class World:
    """One window-scheduler, and a look of the test's own at what it holds.

    Attributes:
        state: what it held at the last look.
        heard: the calls that it has told in the stream by then, as (event id, message).
    """

    def __init__(
        self,
        database: Database,
        bus: Bus,
        clock: ManualClock,
        control: asyncpg.Connection,
        stream: JetStreamContext,
        url: str,
    ) -> None:
        self.database = database
        self.bus = bus
        self.clock = clock
        self.control = control
        self.url = url
        self.zones = rules_of_zones(0)
        self.sealer = Sealer(bytes(range(32)))
        self._stream = stream
        self._forget()

    async def begin_anew(self) -> None:
        """Nobody, and nothing."""
        for table in reversed(TABLES):
            await self.control.execute(f"DELETE FROM {table}")
        self._forget()
        self._last_heard = await self._last_told()

    def _forget(self) -> None:
        self.state = State({}, {}, {}, [], set(), set(), [])
        self.heard: list[tuple[str, CallScheduled]] = []
        self._last_heard = 0
        self._seen: dict[UUID, int] = {}

    async def look(self) -> None:
        self.state = await read_state(self.control)
        for each in [*self.state.people, *self.state.windows, *(call.call_id for call in self.state.calls)]:
            self._seen.setdefault(each, len(self._seen))
        last = await self._last_told()
        for sequence in range(self._last_heard + 1, last + 1):
            raw = await self._stream.get_msg(CALLS_STREAM, sequence)
            if raw.subject == CALL_SCHEDULED.subject:
                self.heard.append((raw.headers["ce-id"], CallScheduled.FromString(raw.data)))
        self._last_heard = last

    def chosen(self, ids: Collection[UUID], number: int) -> UUID:
        """One of these: by when each was first seen, since ids differ from run to run. Raises NotFound where there is none."""
        if not ids:
            raise NotFound("There is none.")
        return sorted(ids, key=self._seen.__getitem__)[number % len(ids)]

    async def _last_told(self) -> int:
        return (await self._stream.stream_info(CALLS_STREAM)).state.last_seq

    async def make_room_for_backups(self) -> None:
        await self.control.execute("CREATE SCHEMA backup")
        for table in TABLES:
            await self.control.execute(f"CREATE TABLE backup.{table} AS TABLE {table} WITH NO DATA")

    async def back_up(self) -> None:
        for table in TABLES:
            await self.control.execute(f"DELETE FROM backup.{table}; INSERT INTO backup.{table} TABLE {table}")

    async def restore(self) -> None:
        for table in reversed(TABLES):
            await self.control.execute(f"DELETE FROM {table}")
        for table in TABLES:
            await self.control.execute(f"INSERT INTO {table} OVERRIDING SYSTEM VALUE TABLE backup.{table}")


@dataclass(frozen=True)
class Booking:
    """A window as it is booked, beside what the clocks of its person say now."""

    starts_in_min: int
    lasts_min: int
    days: str

    def times(self, local_now: datetime) -> WindowTimes:
        start = local_now.replace(tzinfo=None) + timedelta(minutes=self.starts_in_min)
        end = start + timedelta(minutes=self.lasts_min)
        on, every_day = start.date(), frozenset(range(1, 8))
        tomorrow = on + timedelta(days=1)
        days = {
            "once": OneOff(on),
            "once tomorrow": OneOff(tomorrow),
            "daily": Weekly(every_day),
            "today and the day after": Weekly(frozenset({on.isoweekday(), (on.isoweekday() + 1) % 7 + 1})),
            "every other week": Weekly(every_day, every_weeks=2, first_date=on),
            "until today": Weekly(every_day, last_date=on),
            "not today": Weekly(every_day, except_dates=frozenset({on})),
            "paused": Weekly(every_day, paused_until=tomorrow),
        }[self.days]
        return WindowTimes(start.time(), end.time(), days, ends_next_day=end.time() <= start.time())


@dataclass(frozen=True)
class Tick:
    async def run(self, world: World, database: Database) -> None:
        tick_id, tally = await schedule(database, world.clock, world.zones, period=PERIOD)
        await conclude(database, world.bus, world.clock, tick_id=tick_id, tally=tally)
        await follow_rules(database, world.clock, world.zones, period=PERIOD)


@dataclass(frozen=True)
class Schedule:
    """The first half of a tick, after which it dies."""

    async def run(self, world: World, database: Database) -> None:
        await schedule(database, world.clock, world.zones, period=PERIOD)


@dataclass(frozen=True)
class Publish:
    """What the outbox holds is published, and no note taken of it."""

    async def run(self, world: World, database: Database) -> None:
        async with database.engine.connect() as connection:
            await connection.begin()
            for waiting in await claim_unpublished(connection, outbox, limit=100):
                message = CallScheduled.FromString(waiting.payload)
                await world.bus.publish(CALL_SCHEDULED, message, event_id=waiting.event_id)
            await connection.rollback()


@dataclass(frozen=True)
class AddPerson:
    zone_name: str
    consents: bool
    line: int = 0

    async def run(self, world: World, database: Database) -> None:
        number = f"+43660123456{self.line}"
        request = pb.CreatePersonRequest(name="Ada", phone_number=number, time_zone=self.zone_name)
        if self.consents:
            request.consent.CopyFrom(_consent(world))
        await _people_api(world, database).CreatePerson(request, None)


@dataclass(frozen=True)
class RemovePerson:
    person: int

    async def run(self, world: World, database: Database) -> None:
        person_id = world.chosen(world.state.people, self.person)
        await _people_api(world, database).DeletePerson(pb.DeletePersonRequest(person_id=str(person_id)), None)


@dataclass(frozen=True)
class Move:
    person: int
    zone_name: str

    async def run(self, world: World, database: Database) -> None:
        request = pb.UpdatePersonRequest(
            person_id=str(world.chosen(world.state.people, self.person)), time_zone=self.zone_name
        )
        with suppress(InvalidInput):  # once the clock stepped back, the consent lies in the future
            await _people_api(world, database).UpdatePerson(request, None)


@dataclass(frozen=True)
class Agree:
    person: int

    async def run(self, world: World, database: Database) -> None:
        request = pb.UpdatePersonRequest(
            person_id=str(world.chosen(world.state.people, self.person)), consent=_consent(world)
        )
        await _people_api(world, database).UpdatePerson(request, None)


@dataclass(frozen=True)
class OptOut:
    person: int

    async def run(self, world: World, database: Database) -> None:
        person_id = world.chosen(world.state.people, self.person)
        await _people_api(world, database).OptOut(pb.OptOutRequest(person_id=str(person_id)), None)


@dataclass(frozen=True)
class AddWindow:
    person: int
    booking: Booking

    async def run(self, world: World, database: Database) -> None:
        person_id, now = world.chosen(world.state.people, self.person), world.clock.now()
        async with database.transaction() as connection:
            person = await PeopleStore(connection, world.sealer).locked(person_id)
            times = self.booking.times(now.astimezone(world.zones.named(person.profile.time_zone)))
            window = CallWindow(uuid4(), person_id, times, next=None, zone_data="")
            window = planned(window, times, person, world.zones, now=now)
            await add_window(connection, window, now=now)
        await schedule_hurried(database, world.clock, world.zones, period=PERIOD, windows=[window])


@dataclass(frozen=True)
class ChangeWindow:
    window: int
    booking: Booking

    async def run(self, world: World, database: Database) -> None:
        window_id, now = world.chosen(world.state.windows, self.window), world.clock.now()
        async with database.transaction() as connection:
            window = await get_window(connection, window_id)
            person = await PeopleStore(connection, world.sealer).locked(window.person_id)
            times = self.booking.times(now.astimezone(world.zones.named(person.profile.time_zone)))
            window = planned(window, times, person, world.zones, now=now)
            await change_window(connection, window)
        await schedule_hurried(database, world.clock, world.zones, period=PERIOD, windows=[window])


@dataclass(frozen=True)
class RemoveWindow:
    window: int

    async def run(self, world: World, database: Database) -> None:
        async with database.transaction() as connection:
            await remove_window(connection, world.chosen(world.state.windows, self.window))


@dataclass(frozen=True)
class AskForCall:
    """A test call, beside whatever the day has."""

    person: int

    async def run(self, world: World, database: Database) -> None:
        person_id = world.chosen(world.state.people, self.person)
        with suppress(Conflict):  # who may not be called, or has one that is open
            await _calls_api(world, database).CallNow(pb.CallNowRequest(person_id=str(person_id)), None)


@dataclass(frozen=True)
class Dial:
    call: int
    attempt: int

    async def run(self, world: World, database: Database) -> None:
        call_id = world.chosen([call.call_id for call in world.state.calls], self.call)
        await _calls_api(world, database).AuthorizeDial(
            pb.AuthorizeDialRequest(call_id=str(call_id), attempt_id=f"{call_id}.{self.attempt}"), None
        )


@dataclass(frozen=True)
class End:
    """News of how a call ended, which may be old."""

    call: int
    outcome: int
    revisions_ago: int

    async def run(self, world: World, database: Database) -> None:
        calls = {call.call_id: call for call in world.state.calls}
        call_id = world.chosen(calls, self.call)
        message = events.CallFinished(
            call_id=str(call_id), outcome=self.outcome, revision=max(0, calls[call_id].revision - self.revisions_ago)
        )
        endings = CallEndings(database, world.sealer, world.clock, news=asyncio.Event())
        await endings.handle(Received(str(uuid4()), world.clock.now(), message, 1))


def _consent(world: World) -> pb.Consent:
    consent = pb.Consent(wording_version="v1", channel="portal")
    consent.given_at.FromDatetime(world.clock.now())
    return consent


def _people_api(world: World, database: Database) -> PeopleApi:
    return PeopleApi(
        database,
        world.sealer,
        world.clock,
        world.zones,
        calling_hours=ANY_HOUR.calling_hours,
        tick_period=PERIOD,
        news=asyncio.Event(),
    )


def _calls_api(world: World, database: Database) -> CallsApi:
    return CallsApi(
        database,
        world.sealer,
        world.clock,
        world.zones,
        rules=ANY_HOUR,
        tick_period=PERIOD,
        news=asyncio.Event(),
    )


numbers = st.integers(0, 5)
zone_names = st.sampled_from(list(NEXT_DOOR))
bookings = st.builds(
    Booking,
    starts_in_min=st.sampled_from([0, 4, 1, 3, 6, -3, 8, 10, -30, 70, 180]),
    lasts_min=st.sampled_from([30, 3, 1, 6, 2, 12, 90, 600, A_DAY_MIN]),
    days=st.sampled_from(
        [
            "daily",
            "once",
            "daily",  # and more often than the others
            "once tomorrow",
            "today and the day after",
            "every other week",
            "until today",
            "not today",
            "paused",
        ]
    ),
)
of_bookings = st.builds(AddWindow, numbers, bookings)
of_people = st.one_of(
    st.builds(Move, numbers, zone_names),
    st.builds(Agree, numbers),
    st.builds(OptOut, numbers),
    st.builds(RemovePerson, numbers),
)
of_windows = st.one_of(st.builds(ChangeWindow, numbers, bookings), st.builds(RemoveWindow, numbers))
of_calls = st.one_of(
    st.builds(AskForCall, numbers),
    st.builds(Dial, numbers, st.integers(1, 3)),
    st.builds(
        End,
        numbers,
        st.sampled_from(
            [events.CALL_OUTCOME_MISSED, events.CALL_OUTCOME_REFLECTED, events.CALL_OUTCOME_OPTED_OUT],
        ),
        st.integers(0, 1),
    ),
)
of_ticks = st.sampled_from([Tick(), Schedule(), Publish()])


any_act = st.one_of(
    of_ticks,
    st.builds(AddPerson, zone_names, st.booleans(), st.integers(0, 5)),
    of_bookings,
    of_people,
    of_windows,
    of_calls,
)
