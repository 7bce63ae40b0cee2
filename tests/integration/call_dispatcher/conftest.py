"""A window-scheduler over real gRPC and a carrier over real HTTP, both scripted; everything else is the real thing."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
import pytest
from pydantic import SecretStr
from real_servers import a_template
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import call_dispatcher
from call_dispatcher import attempt_store, store
from call_dispatcher.attempts import Attempt, Happening
from call_dispatcher.authority import DialAuthority
from call_dispatcher.bookings import Bookings
from call_dispatcher.calls import Call, attempt_id_of
from call_dispatcher.dialer import Dialer, Dialing
from call_dispatcher.intake import Intake
from call_dispatcher.ledger import Ledger
from call_dispatcher.relay import Relay
from call_dispatcher.retries import Patience
from call_dispatcher.retry_policy_file import COMES_WITH_DAYBOOK
from call_dispatcher.store import SCHEMA, DueCall
from call_dispatcher.sweep import Sweep
from call_dispatcher.telephony import Carrier, CarrierAccount
from call_dispatcher.turns import Turns
from call_dispatcher.wake_ups import WakeUps
from chassis.bus import Bus, open_bus
from chassis.clock import ManualClock
from chassis.consumer import Received
from chassis.database import Database, open_database
from chassis.errors import NotFound, Unavailable
from chassis.nats_access import NatsAccess
from chassis.program import serving_http
from chassis.rpc import open_channel, serving_grpc
from chassis.streams import STREAMS
from daybook.events.v1 import events_pb2
from daybook.scheduler.v1 import scheduler_pb2, scheduler_pb2_grpc

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
ACCOUNT = "AC" + "0" * 32
ENDED_BY = {"canceled": {"queued", "ringing"}, "completed": {"queued", "ringing", "in-progress"}}
"""The states in which the carrier lets itself be told that a call is over."""

STEADY = Patience(retries=COMES_WITH_DAYBOOK.model_copy(update={"jitter": 0.0}))
REVISIONS = Path(call_dispatcher.__file__).parent / "migrations"


class Scheduler(scheduler_pb2_grpc.CallsServiceServicer, scheduler_pb2_grpc.PeopleServiceServicer):
    """Answers as scripted, and while `may_answer` is set; a person's number is made of their id."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.question = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.refusals: deque[scheduler_pb2.AuthorizeDialResponse] = deque()
        self.deleted: set[str] = set()
        self.numbers: dict[str, str] = {}
        self.down = False

    def number_of(self, key: str) -> str:
        return self.numbers.setdefault(key, f"+4366000{len(self.numbers):05d}")

    async def AuthorizeDial(self, request, context) -> scheduler_pb2.AuthorizeDialResponse:
        if self.down:
            raise Unavailable("Out of order.")
        self.asked.append(request.attempt_id)
        self.question.set()
        await self.may_answer.wait()
        if self.refusals:
            return self.refusals.popleft()
        return scheduler_pb2.AuthorizeDialResponse(allowed=True, phone_number=self.number_of(request.call_id))

    async def GetPerson(self, request, context) -> scheduler_pb2.GetPersonResponse:
        if request.person_id in self.deleted:
            raise NotFound("There is no such person.")
        number = self.number_of(request.person_id)
        return scheduler_pb2.GetPersonResponse(person=scheduler_pb2.Person(phone_number=number))

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        services = {
            "daybook.scheduler.v1.CallsService": lambda server: scheduler_pb2_grpc.add_CallsServiceServicer_to_server(
                self, server
            ),
            "daybook.scheduler.v1.PeopleService": lambda server: scheduler_pb2_grpc.add_PeopleServiceServicer_to_server(
                self, server
            ),
        }
        async with serving_grpc(services, host="127.0.0.1", port=0) as port:
            yield f"127.0.0.1:{port}"


@dataclass
class CarrierSite:
    """Twilio's REST calls, as far as the dispatcher uses them: enough for the real client to talk to."""

    clock: ManualClock
    calls: list[dict[str, Any]] = field(default_factory=list)
    posts: list[dict[str, Any]] = field(default_factory=list)
    faults: deque[Callable[[dict[str, Any]], Response]] = field(default_factory=deque)
    ended: list[tuple[str, str]] = field(default_factory=list)
    down: bool = False
    ends_no_call: bool = False
    script: Callable[[Request, dict[str, Any]], Awaitable[Response]] | None = None
    """Answers a POST, where it is there, in place of `faults`."""

    def place(self, form: dict[str, Any]) -> dict[str, Any]:
        call = {
            "sid": f"CA{len(self.calls):032x}",
            "status": "queued",
            "to": form["To"],
            "from": form["From"],
            "date_created": format_datetime(self.clock.now().replace(microsecond=0)),
        }
        self.calls.append(call)
        return call

    def will_answer(self, http_status: int, **body: object) -> None:
        """The next POST makes no call."""
        self.faults.append(lambda _form: JSONResponse(body, status_code=http_status))

    def will_take_and_answer(self, http_status: int, **body: object) -> None:
        """The next POST makes a call, and is answered as if that were not known."""

        def take(form: dict[str, Any]) -> Response:
            self.place(form)
            return JSONResponse(body, status_code=http_status)

        self.faults.append(take)

    def call(self, sid: str) -> dict[str, Any]:
        return next(call for call in self.calls if call["sid"] == sid)

    async def create(self, request: Request) -> Response:
        fields = await request.form()
        form = {name: values[0] if len(values := fields.getlist(name)) == 1 else values for name in fields}
        self.posts.append(form)
        if self.script is not None:
            return await self.script(request, form)
        if self.faults:
            return self.faults.popleft()(form)
        return JSONResponse(self.place(form), status_code=201)

    async def index(self, request: Request) -> Response:
        if self.down:
            return JSONResponse({"message": "out of order", "status": 503}, status_code=503)
        query = request.query_params
        found = [c for c in self.calls if c["to"] == query["To"] and c["from"] == query["From"]]
        return JSONResponse({"calls": found, "next_page_uri": None})

    async def one(self, request: Request) -> Response:
        sid = request.path_params["sid"]
        if all(call["sid"] != sid for call in self.calls):
            return JSONResponse({"code": 20404, "message": "not found", "status": 404}, status_code=404)
        if request.method == "POST":
            if self.ends_no_call:
                return JSONResponse({"message": "out of order", "status": 503}, status_code=503)
            status = str((await request.form())["Status"])
            if self.call(sid)["status"] not in ENDED_BY[status]:
                return JSONResponse({"code": 21220, "message": "not in progress", "status": 400}, status_code=400)
            self.ended.append((sid, status))
            self.call(sid)["status"] = status
        return JSONResponse(self.call(sid))

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        root = f"/2010-04-01/Accounts/{ACCOUNT}/Calls"
        app = Starlette(
            routes=[
                Route(f"{root}.json", self.create, methods=["POST"]),
                Route(f"{root}.json", self.index),
                Route(root + "/{sid}.json", self.one, methods=["GET", "POST"]),
            ]
        )
        async with serving_http(app, "127.0.0.1", 0) as port:
            yield f"http://127.0.0.1:{port}"


@dataclass(frozen=True)
class Parts:
    """What surrounds a call-dispatcher, in the test's hand."""

    clock: ManualClock
    scheduler: Scheduler
    site: CarrierSite
    calls_per_second: float = 10_000


@dataclass
class House:
    """One call-dispatcher, wired as `__main__` does, with its clock in the test's hand."""

    database: Database
    bus: Bus
    channel: grpc.aio.Channel
    account: CarrierAccount
    carrier: Carrier
    clock: ManualClock
    scheduler: Scheduler
    site: CarrierSite
    bookings: Bookings
    ledger: Ledger
    intake: Intake
    relay: Relay
    sweep: Sweep
    turns: Turns
    dialer: Dialer
    wake_ups: WakeUps

    def replica(self, database: Database, **account: object) -> "House":
        """Another one, on connections of its own, as another process is; `account` changes how it asks the carrier."""
        parts = Parts(self.clock, self.scheduler, self.site)
        return wired(database, self.bus, self.channel, replace(self.account, **account), parts)

    async def schedule(self, *, closes_in: timedelta = timedelta(hours=1), person_id: str | None = None) -> Call:
        """A call whose window is open now, and which window-scheduler and the carrier know by the same number."""
        now = self.clock.now()
        person_id = person_id or str(uuid4())
        call = Call(str(uuid4()), person_id, not_before=now - timedelta(minutes=1), not_after=now + closes_in)
        self.scheduler.numbers[call.call_id] = self.scheduler.number_of(person_id)
        await self.bookings.schedule(call)
        return call

    async def announce(self, call: Call) -> None:
        """What the bus hands over when window-scheduler has told of a call, or of its other times."""
        message = events_pb2.CallScheduled(call_id=call.call_id, person_id=call.person_id, revision=call.revision)
        message.not_before.FromDatetime(call.not_before)
        message.not_after.FromDatetime(call.not_after)
        await self.intake.scheduled(Received(f"{call.call_id}.{call.revision}", self.clock.now(), message, 1))

    async def begun(self, call: Call, number: int = 1) -> Attempt:
        """An attempt as a process leaves it that dies between storing it and the carrier's answer."""
        now = self.clock.now()
        due = DueCall(
            call.call_id, call.person_id, call.not_after, due_since=now, number=number, revision=call.revision
        )
        begun = await self.ledger.begin(due)
        assert begun is not None
        return begun.attempt

    async def attempt(self, call: Call, number: int = 1) -> Attempt:
        attempt_id = attempt_id_of(call.call_id, number)
        [row] = await self.rows(f"SELECT * FROM attempts WHERE attempt_id = '{attempt_id}'")
        return attempt_store.attempt_of(row)

    async def take_due(self, connection: AsyncConnection) -> DueCall | None:
        now = self.clock.now()
        taken = await store.take_due(connection, now=now, lease_until=now + timedelta(seconds=20), limit=1)
        return taken[0] if taken else None

    async def state(self, call: Call) -> str:
        rows = await self.rows(f"SELECT state FROM calls WHERE call_id = '{call.call_id}'")
        return str(rows[0].state)

    async def hear(self, call: Call, *happenings: Happening, number: int = 1) -> None:
        for happening in happenings:
            await self.ledger.record(attempt_id_of(call.call_id, number), happening)

    async def later(self, **by: float) -> None:
        """Lets time pass, and what is done every 15 seconds be done."""
        self.clock.advance(timedelta(**by))
        await self.sweep.sweep()
        await self.dial()

    async def rows(self, sql: str) -> list[Any]:
        async with self.database.transaction() as connection:
            return list(await connection.execute(text(sql)))

    async def dial(self) -> None:
        """Dials all that is due now, and returns when it is done."""
        async with asyncio.TaskGroup() as dials:
            await self.dialer._dial_due(dials, asyncio.Event())

    @asynccontextmanager
    async def asking(self) -> AsyncIterator[None]:
        """While the dialer has taken a call and waits for window-scheduler's answer."""
        self.scheduler.may_answer.clear()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.dial())
            await self.scheduler.question.wait()
            yield
            self.scheduler.may_answer.set()

    async def events(self) -> list[tuple[str, str]]:
        """What was told: subject and event id, in order."""
        await self.relay.publish()
        return [(row.subject, row.event_id) for row in await self.rows("SELECT * FROM outbox ORDER BY position")]

    async def finished(self) -> list[events_pb2.CallFinished]:
        rows = await self.rows("SELECT body FROM outbox WHERE subject = 'call.finished' ORDER BY position")
        return [events_pb2.CallFinished.FromString(row.body) for row in rows]


def wired(database: Database, bus: Bus, channel: grpc.aio.Channel, account: CarrierAccount, parts: Parts) -> House:
    """Its parts put together as `__main__` does. Who calls this closes its `carrier`."""
    clock, wake_ups = parts.clock, WakeUps()
    carrier = Carrier(account, threads=4)
    authority = DialAuthority(channel)
    bookings = Bookings(database, clock=clock, wake_ups=wake_ups)
    ledger = Ledger(database, patience=STEADY, clock=clock, wake_ups=wake_ups)
    turns = Turns(database, parts.calls_per_second, clock=clock)
    return House(
        database=database,
        bus=bus,
        channel=channel,
        account=account,
        carrier=carrier,
        clock=clock,
        scheduler=parts.scheduler,
        site=parts.site,
        bookings=bookings,
        ledger=ledger,
        intake=Intake(bookings, ledger, carrier),
        relay=Relay(database, bus, clock=clock, wake_ups=wake_ups),
        sweep=Sweep(database, ledger, authority, carrier, clock=clock, wake_ups=wake_ups),
        turns=turns,
        dialer=Dialer(
            turns,
            ledger,
            authority,
            carrier,
            Dialing(orchestrator="enhanced", at_once=4),
            clock=clock,
            wake_ups=wake_ups,
        ),
        wake_ups=wake_ups,
    )


@asynccontextmanager
async def opened_house(
    database_url: str, nats_url: str, scheduler_target: str, carrier_url: str, parts: Parts
) -> AsyncIterator[House]:
    account = CarrierAccount(
        account_sid=ACCOUNT,
        auth_token=SecretStr("token"),
        from_number="+4366099999",
        api_url=carrier_url,
        public_url="https://daybook.example",
        ring_s=25,
        max_call_s=1800,
        timeout_s=5,
    )
    async with (
        open_database(database_url, schema=SCHEMA) as database,
        open_bus(NatsAccess(nats_url), streams=STREAMS, source="call-dispatcher", clock=parts.clock) as bus,
        open_channel(scheduler_target) as channel,
    ):
        house = wired(database, bus, channel, account, parts)
        yield house
        house.carrier.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def scheduler() -> Scheduler:
    return Scheduler()


@pytest.fixture
def site(clock) -> CarrierSite:
    return CarrierSite(clock)


@pytest.fixture(scope="session")
def template(postgres_server):
    return a_template(postgres_server, schema=SCHEMA, revisions=REVISIONS)


@pytest.fixture
async def open_house(database_url, nats_url, clock, scheduler, site) -> AsyncIterator[Callable[..., Any]]:
    """Opens one more dispatcher on the same database, scheduler and carrier."""
    parts = Parts(clock, scheduler, site)
    async with AsyncExitStack() as stack:
        target = await stack.enter_async_context(scheduler.serving())
        url = await stack.enter_async_context(site.serving())

        async def open_one(**other: Any) -> House:
            opened = opened_house(database_url, nats_url, target, url, replace(parts, **other))
            return await stack.enter_async_context(opened)

        yield open_one


@pytest.fixture
async def house(open_house) -> House:
    opened: House = await open_house()
    return opened
