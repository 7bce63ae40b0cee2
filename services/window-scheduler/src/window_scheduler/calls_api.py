"""CallsService of proto/daybook/scheduler/v1: what is asked about one call at the moment of use."""
# ruff: noqa: N802 - gRPC gives the methods their names

import asyncio
import re
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.clock import Clock
from chassis.database import Database
from chassis.errors import InvalidInput
from chassis.time_zones import TimeZones
from daybook.scheduler.v1 import scheduler_pb2 as pb
from daybook.scheduler.v1.scheduler_pb2_grpc import CallsServiceServicer
from window_scheduler.call_now import MADE_WITHIN, check_call_now
from window_scheduler.call_now_store import add_asked_call, asked_for
from window_scheduler.call_store import (
    CallKind,
    ScheduledCall,
    calls_of,
    dialed_at,
    get_call,
    locked_call,
    note_dial,
    note_question,
)
from window_scheduler.dialing_rules import DialingRules, DialQuestion, Refused, may_dial
from window_scheduler.errors import NoSuchCall, NoSuchPerson
from window_scheduler.messages import call_message, page_size_of, stamp, uuid_of
from window_scheduler.metrics import dials_asked, term_of
from window_scheduler.oversight import day_asked_for, explained_day, overview
from window_scheduler.people import Person
from window_scheduler.people_store import PeopleStore
from window_scheduler.sealed import Sealer
from window_scheduler.sign_in_store import code_to_tell
from window_scheduler.window_store import windows_of

log = structlog.get_logger()


class CallsApi(CallsServiceServicer):
    """The scheduled calls."""

    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        clock: Clock,
        zones: TimeZones,
        *,
        rules: DialingRules,
        tick_period: timedelta,
        news: asyncio.Event,
    ) -> None:
        """`news` is set once something is stored that the others are to be told at once."""
        self._database = database
        self._sealer = sealer
        self._clock = clock
        self._zones = zones
        self._rules = rules
        self._tick_period = tick_period
        self._news = news

    async def CallNow(self, request: pb.CallNowRequest, _context: object) -> pb.CallNowResponse:
        person_id = uuid_of(request.person_id, "person_id")
        async with self._database.transaction() as connection:
            # locked: of two who ask at once, the second finds the call of the first
            person = await PeopleStore(connection, self._sealer).locked_to_dial(person_id)
            now = self._clock.now()
            asked = await asked_for(
                connection, person, CallKind.TEST, self._zones, in_quiet_hours=request.in_quiet_hours, now=now
            )
            check_call_now(asked, self._rules, now)
            call = await add_asked_call(connection, person_id, CallKind.TEST, asked, within=MADE_WITHIN, now=now)
        self._news.set()
        log.info("call.asked_for", call_id=str(call.call_id), person_id=str(person_id))
        return pb.CallNowResponse(call=call_message(call))

    async def AuthorizeDial(self, request: pb.AuthorizeDialRequest, _context: object) -> pb.AuthorizeDialResponse:
        call_id = uuid_of(request.call_id, "call_id")
        attempt_id = _attempt_of(call_id, request.attempt_id)
        try:
            response = await self._authorize(call_id, attempt_id)
        except (NoSuchCall, NoSuchPerson):
            response = pb.AuthorizeDialResponse(allowed=False, refusal=pb.DIAL_REFUSAL_UNKNOWN_CALL)
        answer = "allowed" if response.allowed else term_of(response.refusal)
        dials_asked.labels(answer).inc()
        log.info("dial.asked", call_id=str(call_id), attempt_id=attempt_id, answer=answer)
        return response

    async def _authorize(self, call_id: UUID, attempt_id: str) -> pb.AuthorizeDialResponse:
        async with self._database.transaction() as connection:
            person_id = (await get_call(connection, call_id)).person_id
            # locked: two attempts that ask at once are counted one after the other, and an opt-out comes before or after
            person = await PeopleStore(connection, self._sealer).locked_to_dial(person_id)
            call = await locked_call(connection, call_id)
            now = self._clock.now()
            await note_question(connection, call_id, now=now)
            question = await self._question(connection, call, person, attempt_id, now)
            verdict = may_dial(question, self._rules, now)
            if isinstance(verdict, Refused):
                refusal = pb.DialRefusal.Value(f"DIAL_REFUSAL_{verdict.refusal.name}")
                return pb.AuthorizeDialResponse(allowed=False, refusal=refusal, retry_at=stamp(verdict.retry_at))
            await note_dial(connection, call, attempt_id, now=now)
        return pb.AuthorizeDialResponse(allowed=True, phone_number=person.profile.phone_number)

    async def GetCallBriefing(self, request: pb.GetCallBriefingRequest, _context: object) -> pb.GetCallBriefingResponse:
        call_id = uuid_of(request.call_id, "call_id")
        async with self._database.transaction() as connection:
            call = await get_call(connection, call_id)
            person = await PeopleStore(connection, self._sealer).get(call.person_id)
        return pb.GetCallBriefingResponse(
            person_id=str(person.person_id),
            spoken_name=person.profile.spoken_name,
            locale=person.profile.locale,
            time_zone=person.profile.time_zone,
            not_after=stamp(call.not_after),
            programme=person.profile.programme,
            for_sign_in=call.for_sign_in,
        )

    async def TellCode(self, request: pb.TellCodeRequest, _context: object) -> pb.TellCodeResponse:
        call_id = uuid_of(request.call_id, "call_id")
        async with self._database.transaction() as connection:
            await get_call(connection, call_id)  # there is such a call
            code = await code_to_tell(connection, self._sealer, call_id, now=self._clock.now())
        return pb.TellCodeResponse(code=code)

    async def ListCalls(self, request: pb.ListCallsRequest, _context: object) -> pb.ListCallsResponse:
        person_id = uuid_of(request.person_id, "person_id")
        limit = page_size_of(request.page_size)
        async with self._database.transaction() as connection:
            await PeopleStore(connection, self._sealer).get(person_id)
            calls = await calls_of(connection, person_id, limit=limit)
        return pb.ListCallsResponse(calls=[call_message(call) for call in calls])

    async def GetOverview(self, _request: pb.GetOverviewRequest, _context: object) -> pb.GetOverviewResponse:
        async with self._database.transaction() as connection:
            return await overview(connection, now=self._clock.now(), tick_period=self._tick_period)

    async def ExplainDay(self, request: pb.ExplainDayRequest, _context: object) -> pb.ExplainDayResponse:
        person_id = uuid_of(request.person_id, "person_id")
        now = self._clock.now()
        async with self._database.transaction() as connection:
            person = await PeopleStore(connection, self._sealer).get(person_id)
            zone = self._zones.named(person.profile.time_zone)
            day = day_asked_for(request.local_day, zone, now)
            return await explained_day(connection, person, zone, day, now=now, tick_period=self._tick_period)

    async def _question(
        self, connection: AsyncConnection, call: ScheduledCall, person: Person, attempt_id: str, now: datetime
    ) -> DialQuestion:
        return DialQuestion(
            local_day=call.local_day,
            not_before=call.not_before,
            not_after=call.not_after,
            finished=call.finished_at is not None,
            window_id=call.window_id,
            windows={each.window_id: each.times for each in await windows_of(connection, person.person_id)},
            in_quiet_hours=call.in_quiet_hours,
            zone=self._zones.named(person.profile.time_zone),
            calling_hours=person.profile.calling_hours,
            consented=person.profile.consent is not None,
            opted_out=person.opted_out_at is not None,
            dialed_at=await dialed_at(connection, person.person_id, call.kind, now=now, except_attempt=attempt_id),
        )


def _attempt_of(call_id: UUID, attempt_id: str) -> str:
    if not re.fullmatch(rf"{call_id}\.[1-9][0-9]{{0,3}}", attempt_id):
        raise InvalidInput("attempt_id", "is to be the call's id, a dot and the attempt's number, from 1.")
    return attempt_id
