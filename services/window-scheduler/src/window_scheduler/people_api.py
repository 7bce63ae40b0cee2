"""PeopleService of proto/daybook/scheduler/v1."""
# ruff: noqa: N802 - gRPC gives the methods their names

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import structlog

from chassis.clock import Clock
from chassis.database import Database
from chassis.time_zones import TimeZones
from daybook.events.v1.events_pb2 import WITHDRAWAL_REASON_OPTED_OUT, WITHDRAWAL_REASON_PERSON_DELETED
from daybook.scheduler.v1 import scheduler_pb2 as pb
from daybook.scheduler.v1.scheduler_pb2_grpc import PeopleServiceServicer
from window_scheduler.bookings import check_new_hours
from window_scheduler.calling_hours import CallingHours, calling_hours_of
from window_scheduler.messages import consent_of, page_size_of, person_message, uuid_of
from window_scheduler.people import Person, checked_profile, programme_of
from window_scheduler.people_store import PeopleStore
from window_scheduler.replanning import replan, schedule_hurried
from window_scheduler.sealed import Sealer
from window_scheduler.withdrawals import withdraw_calls

log = structlog.get_logger()

DEFAULT_LOCALE = "en-US"


class PeopleApi(PeopleServiceServicer):
    """The people."""

    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        clock: Clock,
        zones: TimeZones,
        *,
        calling_hours: CallingHours,
        tick_period: timedelta,
        news: asyncio.Event,
    ) -> None:
        """`news` is set once something is stored that the others are to be told at once."""
        self._database = database
        self._sealer = sealer
        self._clock = clock
        self._zones = zones
        self._calling_hours = calling_hours
        self._tick_period = tick_period
        self._news = news

    async def CreatePerson(self, request: pb.CreatePersonRequest, _context: object) -> pb.CreatePersonResponse:
        now = self._clock.now()
        profile = checked_profile(
            name=request.name,
            name_pronunciation=request.name_pronunciation,
            phone_number=request.phone_number,
            time_zone=request.time_zone,
            locale=request.locale or DEFAULT_LOCALE,
            calling_hours=calling_hours_of(request.calling_hours.starts_at, request.calling_hours.ends_at),
            consent=consent_of(request.consent) if request.HasField("consent") else None,
            programme=programme_of(request.programme),
            now=now,
        )
        person = Person(person_id=uuid4(), profile=profile, opted_out_at=None, created_at=now)
        async with self._database.transaction() as connection:
            store = PeopleStore(connection, self._sealer)
            person = await store.with_opt_outs(person)
            await store.add(person)
        log.info(
            "person.created",
            person_id=str(person.person_id),
            time_zone=profile.time_zone,
            opted_out=person.opted_out_at is not None,
        )
        return pb.CreatePersonResponse(person=person_message(person))

    async def GetPerson(self, request: pb.GetPersonRequest, _context: object) -> pb.GetPersonResponse:
        person_id = uuid_of(request.person_id, "person_id")
        async with self._database.transaction() as connection:
            person = await PeopleStore(connection, self._sealer).get(person_id)
        return pb.GetPersonResponse(person=person_message(person))

    async def ListPeople(self, request: pb.ListPeopleRequest, _context: object) -> pb.ListPeopleResponse:
        size = page_size_of(request.page_size)
        after = uuid_of(request.page_token, "page_token") if request.page_token else None
        async with self._database.transaction() as connection:
            found = await PeopleStore(connection, self._sealer).page(after=after, size=size + 1)
        page = found[:size]
        return pb.ListPeopleResponse(
            people=[person_message(person) for person in page],
            next_page_token=str(page[-1].person_id) if len(found) > size else "",
        )

    async def UpdatePerson(self, request: pb.UpdatePersonRequest, _context: object) -> pb.UpdatePersonResponse:
        person_id = uuid_of(request.person_id, "person_id")
        now = self._clock.now()
        async with self._database.transaction() as connection:
            store = PeopleStore(connection, self._sealer)
            person = await store.locked(person_id)
            old = person.profile
            profile = checked_profile(
                name=request.name if request.HasField("name") else old.name,
                name_pronunciation=request.name_pronunciation
                if request.HasField("name_pronunciation")
                else old.name_pronunciation,
                phone_number=request.phone_number if request.HasField("phone_number") else old.phone_number,
                time_zone=request.time_zone if request.HasField("time_zone") else old.time_zone,
                locale=request.locale if request.HasField("locale") else old.locale,
                calling_hours=calling_hours_of(request.calling_hours.starts_at, request.calling_hours.ends_at)
                if request.HasField("calling_hours")
                else old.calling_hours,
                consent=consent_of(request.consent) if request.HasField("consent") else old.consent,
                programme=programme_of(request.programme) if request.HasField("programme") else old.programme,
                now=now,
            )
            was_opted_out = person.opted_out_at is not None
            person = await store.with_opt_outs(replace(person, profile=profile))
            await store.change(person)
            windows = await replan(connection, person, self._zones, now=now)
            if request.HasField("calling_hours"):
                check_new_hours(
                    profile.calling_hours or self._calling_hours,
                    {window.window_id: window.times for window in windows if window.next is not None},
                )
            if person.opted_out_at is not None and not was_opted_out:
                # the number is one that opted out
                await withdraw_calls(connection, person_id, WITHDRAWAL_REASON_OPTED_OUT, now=now)
        self._news.set()
        await schedule_hurried(self._database, self._clock, self._zones, period=self._tick_period, windows=windows)
        log.info("person.changed", person_id=str(person_id))
        return pb.UpdatePersonResponse(person=person_message(person))

    async def OptOut(self, request: pb.OptOutRequest, _context: object) -> pb.OptOutResponse:
        person_id = uuid_of(request.person_id, "person_id")
        now = self._clock.now()
        async with self._database.transaction() as connection:
            person = await PeopleStore(connection, self._sealer).opt_out(person_id, at=now)
            await withdraw_calls(connection, person_id, WITHDRAWAL_REASON_OPTED_OUT, now=now)
        self._news.set()
        log.info("person.opted_out", person_id=str(person_id))
        return pb.OptOutResponse(person=person_message(person))

    async def DeletePerson(self, request: pb.DeletePersonRequest, _context: object) -> pb.DeletePersonResponse:
        person_id = uuid_of(request.person_id, "person_id")
        async with self._database.transaction() as connection:
            store = PeopleStore(connection, self._sealer)
            await store.locked(person_id)
            await withdraw_calls(connection, person_id, WITHDRAWAL_REASON_PERSON_DELETED, now=self._clock.now())
            await store.remove(person_id)
        self._news.set()
        log.info("person.deleted", person_id=str(person_id))
        return pb.DeletePersonResponse()
