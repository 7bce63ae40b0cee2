"""Whether a person is called at all, and in which hours: consent, opting out, their own calling hours."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from starlette.responses import HTMLResponse, RedirectResponse, Response

from chassis.clock import Clock
from chassis.errors import Conflict, InvalidInput
from chassis.time_zones import zone_or_utc
from daybook.scheduler.v1 import scheduler_pb2 as pb
from portal.door import Door, Visit
from portal.pages import Pages
from portal.refusal_words import hours_conflict_told, refusal_told
from portal.scheduler import Scheduler

CHANNEL = "portal"
"""Where somebody agrees."""
_OWN_HOURS = "own"


class CallingPages:
    def __init__(self, door: Door, pages: Pages, scheduler: Scheduler, clock: Clock) -> None:
        self._door = door
        self._pages = pages
        self._scheduler = scheduler
        self._clock = clock

    def router(self) -> APIRouter:
        router = APIRouter()
        SignedIn = Annotated[Visit, Depends(self._door.visit)]  # noqa: N806 - a type

        @router.get("/me/calls")
        async def calls(visit: SignedIn) -> HTMLResponse:
            person = await self._scheduler.person(visit.person_id)
            hours = person.calling_hours
            typed = {
                "hours": _OWN_HOURS if person.HasField("calling_hours") else "",
                "starts_at": hours.starts_at,
                "ends_at": hours.ends_at,
            }
            return self._page(visit, person, typed, {}, status=200)

        @router.post("/me/calls/hours")
        async def set_hours(
            visit: SignedIn,
            hours: Annotated[str, Form(max_length=10)] = "",
            starts_at: Annotated[str, Form(max_length=100)] = "",
            ends_at: Annotated[str, Form(max_length=100)] = "",
        ) -> Response:
            return await self._set_hours(visit, {"hours": hours, "starts_at": starts_at, "ends_at": ends_at})

        @router.post("/me/calls/consent")
        async def consent(visit: SignedIn, agreed: Annotated[str, Form(max_length=10)] = "") -> Response:
            if not agreed:
                person = await self._scheduler.person(visit.person_id)
                sentence = visit.language.say("Tick the box to say that you agree.")
                return self._page(visit, person, {}, {"agreed": sentence}, status=422)
            await self._scheduler.agree(visit.person_id, channel=CHANNEL, at=self._clock.now())
            return RedirectResponse("/me?done=consent", HTTPStatus.SEE_OTHER)

        @router.post("/me/calls/opt-out")
        async def opt_out(visit: SignedIn) -> Response:
            await self._scheduler.opt_out(visit.person_id)
            return RedirectResponse("/me?done=opt-out", HTTPStatus.SEE_OTHER)

        return router

    async def _set_hours(self, visit: Visit, typed: Mapping[str, str]) -> Response:
        try:
            hours = _hours_of(typed)
            await self._scheduler.change(pb.UpdatePersonRequest(person_id=str(visit.person_id), calling_hours=hours))
        except InvalidInput as refused:
            errors, status = {refused.field.rpartition(".")[2]: refusal_told(refused, visit.language)}, 422
        except Conflict as refused:
            errors, status = {"hours": hours_conflict_told(refused, visit.language)}, 409
        else:
            return RedirectResponse("/me?done=hours", HTTPStatus.SEE_OTHER)
        person = await self._scheduler.person(visit.person_id)
        return self._page(visit, person, typed, errors, status=status)

    def _page(
        self, visit: Visit, person: pb.Person, typed: Mapping[str, str], errors: Mapping[str, str], *, status: int
    ) -> HTMLResponse:
        return self._pages.page(
            "calls.html",
            visit.language,
            visit=visit,
            status=status,
            person=person,
            zone=zone_or_utc(person.time_zone),
            typed=typed,
            errors=errors,
        )


def _hours_of(typed: Mapping[str, str]) -> pb.CallingHours:
    """
    Raises:
        InvalidInput: there are to be own hours, and none were named, which would mean the usual ones.
    """
    if typed["hours"] != _OWN_HOURS:
        return pb.CallingHours()
    if not (typed["starts_at"] or typed["ends_at"]):
        raise InvalidInput("calling_hours.starts_at", "is to be HH:MM of a 24-hour clock, e.g. 08:30.")
    return pb.CallingHours(starts_at=typed["starts_at"], ends_at=typed["ends_at"])
