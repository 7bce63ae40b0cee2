"""window-scheduler on a real PostgreSQL and a real NATS, asked over a real gRPC channel; only the clock is the test's."""

import asyncio
import itertools
import os
import random
from collections.abc import Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from crowds import gathered
from forked_programs import typed
from forked_ticks import ForkedTicks
from real_servers import a_template

import window_scheduler
from chassis.bus import open_bus
from chassis.clock import ManualClock, SystemClock
from chassis.database import open_database
from chassis.nats_access import NatsAccess
from chassis.rpc import open_channel, serving_grpc
from chassis.streams import STREAMS
from chassis.time_zones import INSTALLED
from daybook.scheduler.v1 import scheduler_pb2 as pb
from daybook.scheduler.v1 import scheduler_pb2_grpc as rpc
from window_scheduler.calling_hours import CallingHours
from window_scheduler.calls_api import CallsApi
from window_scheduler.dialing_rules import DialingRules
from window_scheduler.messages import window_message
from window_scheduler.people_api import PeopleApi
from window_scheduler.people_store import PeopleStore
from window_scheduler.replanning import planned
from window_scheduler.sealed import Sealer
from window_scheduler.sign_in_api import SignInApi
from window_scheduler.sign_in_calls import SignInCalls
from window_scheduler.tables import SCHEMA
from window_scheduler.tick import conclude, schedule
from window_scheduler.window_store import CallWindow, add_window, change_window, get_window
from window_scheduler.windows_api import WindowsApi

REVISIONS = Path(window_scheduler.__file__).parent / "migrations"
NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)  # a Tuesday, 09:00 in Vienna
PERIOD = timedelta(minutes=5)
NOBODY_LISTENS = "127.0.0.1:9"
RULES = DialingRules(CallingHours(time(8), time(21)), dials_a_day=3)


@pytest.fixture
def clock():
    return ManualClock(NOW)


@pytest.fixture(scope="session")
def template(postgres_server):
    return a_template(postgres_server, schema=SCHEMA, revisions=REVISIONS)


@pytest.fixture
async def database(database_url):
    async with open_database(database_url, schema=SCHEMA) as opened:
        yield opened


@pytest.fixture
async def bus(nats_url, clock):
    async with open_bus(NatsAccess(nats_url), streams=STREAMS, source="window-scheduler", clock=clock) as opened:
        yield opened


@dataclass
class Api:
    """The service as its clients see it, at host:port."""

    target: str
    people: "rpc.PeopleServiceAsyncStub"
    windows: "rpc.WindowsServiceAsyncStub"
    calls: "rpc.CallsServiceAsyncStub"
    sign_in: "rpc.SignInServiceAsyncStub"
    lines: Iterator[int] = field(default_factory=lambda: itertools.count(1234567))

    async def person(self, **changes):
        """Someone in Vienna who agreed to be called, on a line of their own."""
        request = pb.CreatePersonRequest(
            name="Ada Lovelace",
            phone_number=f"+43660{next(self.lines)}",
            time_zone="Europe/Vienna",
            locale="en-GB",
            consent=pb.Consent(wording_version="v1", channel="portal"),
        )
        request.consent.given_at.FromDatetime(NOW - timedelta(days=1))
        if "consent" in changes and changes["consent"] is None:
            request.ClearField("consent")
            changes.pop("consent")
        request.MergeFrom(pb.CreatePersonRequest(**changes))
        return (await self.people.CreatePerson(request)).person

    async def window(self, person, starts_at="08:30", ends_at="10:00", *, on=None):
        times = pb.WindowTimes(starts_at=starts_at, ends_at=ends_at)
        if on is None:
            times.weekly.weekdays.extend(range(1, 8))
        else:
            times.one_off.date = on
        request = pb.CreateWindowRequest(person_id=person.person_id, times=times)
        return (await self.windows.CreateWindow(request)).window

    async def calls_of(self, person):
        return list((await self.calls.ListCalls(pb.ListCallsRequest(person_id=person.person_id))).calls)

    async def may_dial(self, call, number=1):
        return await self.calls.AuthorizeDial(
            pb.AuthorizeDialRequest(call_id=call.call_id, attempt_id=f"{call.call_id}.{number}")
        )


@asynccontextmanager
async def served(database, sealer, clock, zones=INSTALLED):
    people = PeopleApi(
        database,
        sealer,
        clock,
        zones,
        calling_hours=RULES.calling_hours,
        tick_period=PERIOD,
        news=asyncio.Event(),
    )
    windows = WindowsApi(database, sealer, clock, zones, calling_hours=RULES.calling_hours, tick_period=PERIOD)
    calls = CallsApi(database, sealer, clock, zones, rules=RULES, tick_period=PERIOD, news=asyncio.Event())
    sign_in = SignInApi(database, sealer, clock, news=asyncio.Event())
    services = {
        "daybook.scheduler.v1.PeopleService": lambda to: rpc.add_PeopleServiceServicer_to_server(people, to),
        "daybook.scheduler.v1.WindowsService": lambda to: rpc.add_WindowsServiceServicer_to_server(windows, to),
        "daybook.scheduler.v1.CallsService": lambda to: rpc.add_CallsServiceServicer_to_server(calls, to),
        "daybook.scheduler.v1.SignInService": lambda to: rpc.add_SignInServiceServicer_to_server(sign_in, to),
    }
    async with (
        serving_grpc(services, host="127.0.0.1", port=0) as port,
        open_channel(f"127.0.0.1:{port}") as channel,
    ):
        yield Api(
            f"127.0.0.1:{port}",
            rpc.PeopleServiceStub(channel),
            rpc.WindowsServiceStub(channel),
            rpc.CallsServiceStub(channel),
            rpc.SignInServiceStub(channel),
        )


@pytest.fixture
def sealer():
    return Sealer(bytes(range(32)))


@pytest.fixture
async def api(database, sealer, clock):
    async with served(database, sealer, clock) as opened:
        yield opened


@pytest.fixture
def book(database, sealer, clock):
    """Books a window of any kind for a person, or puts its times in place of those of one that there is."""

    async def booked(person, times, window=None):
        async with database.transaction() as connection:
            stored = await PeopleStore(connection, sealer).locked(UUID(person.person_id))
            there = CallWindow(uuid4(), stored.person_id, times, next=None, zone_data="")
            if window is not None:
                there = await get_window(connection, UUID(window.window_id))
            there = planned(there, times, stored, INSTALLED, now=clock.now())
            if window is None:
                await add_window(connection, there, now=clock.now())
            else:
                await change_window(connection, there)
        return window_message(there)

    return booked


@pytest.fixture
def placing(database, sealer, clock):
    """What decides of sign-ins: `placing(asked=event, news=event).place()` is a round of it."""
    return partial(SignInCalls, database, sealer, clock, INSTALLED, rules=RULES)


@pytest.fixture
def daybook(api):
    """The command `daybook`, as an operator types it: (exit status, standard output, standard error)."""
    environment = {
        "PATH": os.environ["PATH"],
        "DAYBOOK_SCHEDULER_TARGET": api.target,
        "DAYBOOK_DISPATCHER_TARGET": NOBODY_LISTENS,
        "DAYBOOK_JOURNAL_TARGET": NOBODY_LISTENS,
        "DAYBOOK_JOURNAL_SECRET": "s" * 32,
        "DAYBOOK_NATS_URL": f"nats://{NOBODY_LISTENS}",
    }

    return partial(typed, environment=environment)


@pytest.fixture
def serving(database, sealer, clock):
    """The service with other rules of the time zones: `async with serving(zones) as api`."""
    return partial(served, database, sealer, clock)


@pytest.fixture
async def crowd(database, sealer):
    """Nobody yet, who may become many, each with a window that is due."""
    async with served(database, sealer, SystemClock()) as api:
        return await gathered(api, database)


@pytest.fixture
def tick(database, bus, clock):
    """One tick in this process, by the test's clock: what is due is stored, and told."""

    async def run():
        tick_id, tally = await schedule(database, clock, INSTALLED, period=PERIOD)
        await conclude(database, bus, clock, tick_id=tick_id, tally=tally)
        return tally

    return run


@pytest.fixture
def ticks(database_url, nats_url):
    """Ticks as processes, by the machine's clock."""
    return ForkedTicks(
        {
            "PATH": os.environ["PATH"],
            "DAYBOOK_DATABASE_URL": database_url,
            "DAYBOOK_NATS_URL": nats_url,
            "DAYBOOK_LOG_LEVEL": "warning",
        }
    )


@pytest.fixture
def seed():
    """Of all that is random in a test: where one fails, set the variable to what it printed."""
    drawn = int(os.environ.get("DAYBOOK_TEST_SEED") or random.SystemRandom().randrange(2**32))
    print("DAYBOOK_TEST_SEED", drawn)  # noqa: T201 - pytest shows it where the test fails
    return drawn
