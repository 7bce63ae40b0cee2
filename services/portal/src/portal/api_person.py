"""The person themselves, for their programs: profile, consent, how their journal is kept."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field, StrictBool, StrictInt

from chassis.clock import Clock
from daybook.journal.v1.keeping_pb2 import Keeping
from daybook.scheduler.v1 import scheduler_pb2 as pb
from portal.api_door import ApiDoor
from portal.api_problems import problems
from portal.api_sent import ClockTime, Sent, moment_in
from portal.api_tokens import ApiToken
from portal.keeping import JournalKeeping
from portal.keeping_words import MOST_DAYS
from portal.scheduler import Scheduler
from portal.visitors import Visitors

CHANNEL = "portal-api"


class CallingHoursTold(Sent):
    """Local, HH:MM of a 24-hour clock. An end before the start is one on the next day; the same time twice is the whole day."""

    starts_at: ClockTime
    ends_at: ClockTime


class PersonTold(BaseModel):
    person_id: str
    name: str
    name_pronunciation: str = Field(description="As it is spoken, where that is not as it is written; else empty")
    phone_number: str = Field(description="E.164")
    time_zone: str = Field(description="An IANA name")
    locale: str = Field(description="BCP 47")
    programme: str = Field(description="What they are asked in a call")
    calling_hours: CallingHoursTold | None = Field(description="null: the usual hours of this Daybook hold")
    consented_at: datetime | None = Field(description="When they agreed to be called; null: they have not")
    opted_out_at: datetime | None = Field(description="Since when they are not called; null: they may be")


class PersonChanges(Sent):
    """What is not named stays; null gives a setting up."""

    name: str | None = Field(default=None, max_length=1000)
    name_pronunciation: str | None = Field(default=None, max_length=1000)
    phone_number: str | None = Field(default=None, max_length=1000)
    time_zone: str | None = Field(default=None, max_length=1000)
    locale: str | None = Field(default=None, max_length=1000)
    programme: str | None = Field(default=None, max_length=1000)
    calling_hours: CallingHoursTold | None = None


class ConsentGiven(Sent):
    agreed: Literal[True] = Field(
        description="The person agrees that an automated voice calls them in their windows, and that these calls are recorded"
    )


class KeepingTold(Sent):
    audio_days: StrictInt = Field(ge=0, le=MOST_DAYS, description="After so many days a recording is removed; 0: never")
    entry_days: StrictInt = Field(ge=0, le=MOST_DAYS, description="After so many days an entry is removed; 0: never")
    descriptions: StrictBool = Field(description="A language model makes titles and summaries")


class PersonApi:
    def __init__(
        self, door: ApiDoor, scheduler: Scheduler, journal: JournalKeeping, visitors: Visitors, clock: Clock
    ) -> None:
        self._door = door
        self._scheduler = scheduler
        self._journal = journal
        self._visitors = visitors
        self._clock = clock

    def router(self) -> APIRouter:
        router = APIRouter(tags=["person"])
        Reader = Annotated[ApiToken, Depends(self._door.reader)]  # noqa: N806 - a type
        Writer = Annotated[ApiToken, Depends(self._door.writer)]  # noqa: N806 - a type

        @router.get("/person", responses=problems(404))
        async def read_person(token: Reader) -> PersonTold:
            """Who they are, and whether they may be called."""
            return person_told(await self._scheduler.person(token.person_id))

        @router.patch("/person", responses=problems(403, 404, 409, 422))
        async def change_person(token: Writer, changes: PersonChanges) -> PersonTold:
            """Changes what is named; the rest stays."""
            changed = await self._scheduler.change(_request(token, changes))
            if "locale" in changes.model_fields_set:
                await self._visitors.read_in(token.person_id, changed.locale)
            return person_told(changed)

        @router.put("/person/consent", responses=problems(403, 404, 422))
        async def give_consent(token: Writer, consent: ConsentGiven) -> PersonTold:
            """The person agrees to be called, from now on; after an opt-out too."""
            del consent
            return person_told(await self._scheduler.agree(token.person_id, channel=CHANNEL, at=self._clock.now()))

        @router.delete("/person/consent", responses=problems(403, 404))
        async def opt_out(token: Writer) -> PersonTold:
            """No more calls, at once: also one that waits or rings is taken back."""
            return person_told(await self._scheduler.opt_out(token.person_id))

        @router.get("/keeping")
        async def read_keeping(token: Reader) -> KeepingTold:
            """For how long the journal is kept."""
            return _keeping_told(await self._journal.keeping(token.person_id))

        @router.put("/keeping", responses=problems(403, 409, 422))
        async def set_keeping(token: Writer, keeping: KeepingTold) -> KeepingTold:
            """Sets it, whole. What is older is removed when the journal is tidied next, once a day."""
            wanted = Keeping(
                audio_days=keeping.audio_days,
                entry_days=keeping.entry_days,
                without_descriptions=not keeping.descriptions,
            )
            await self._journal.set_keeping(token.person_id, wanted)
            return keeping

        return router


def person_told(person: pb.Person) -> PersonTold:
    hours = person.calling_hours
    return PersonTold(
        person_id=person.person_id,
        name=person.name,
        name_pronunciation=person.name_pronunciation,
        phone_number=person.phone_number,
        time_zone=person.time_zone,
        locale=person.locale,
        programme=person.programme,
        calling_hours=CallingHoursTold(starts_at=hours.starts_at, ends_at=hours.ends_at)
        if person.HasField("calling_hours")
        else None,
        consented_at=moment_in(person.consent, "given_at"),
        opted_out_at=moment_in(person, "opted_out_at"),
    )


def _request(token: ApiToken, changes: PersonChanges) -> pb.UpdatePersonRequest:
    request = pb.UpdatePersonRequest(person_id=str(token.person_id))
    for field in changes.model_fields_set - {"calling_hours"}:
        setattr(request, field, getattr(changes, field) or "")
    if "calling_hours" in changes.model_fields_set:
        hours = changes.calling_hours
        # without times: the usual ones hold again
        request.calling_hours.CopyFrom(
            pb.CallingHours(starts_at=hours.starts_at, ends_at=hours.ends_at) if hours else pb.CallingHours()
        )
    return request


def _keeping_told(keeping: Keeping) -> KeepingTold:
    return KeepingTold(
        audio_days=keeping.audio_days,
        entry_days=keeping.entry_days,
        descriptions=not keeping.without_descriptions,
    )
