"""Who a person is, and what their calls are about: name, number, zone, language, programme."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from starlette.responses import HTMLResponse, RedirectResponse, Response

from chassis.clock import Clock
from chassis.errors import InvalidInput
from chassis.time_zones import zone_named
from daybook.scheduler.v1 import scheduler_pb2 as pb
from portal.door import Door, Visit
from portal.pages import Pages
from portal.profile_form import profile_changes, profile_of
from portal.programmes import programmes
from portal.refusal_words import refusal_told
from portal.scheduler import Scheduler
from portal.sign_in import SEE_OTHER
from portal.spoken_locales import locale_choices
from portal.zone_choices import zone_choices

Typed = Annotated[str, Form(max_length=1000)]


class ProfilePages:
    def __init__(self, door: Door, pages: Pages, scheduler: Scheduler, clock: Clock) -> None:
        self._door = door
        self._pages = pages
        self._scheduler = scheduler
        self._clock = clock

    def router(self) -> APIRouter:
        router = APIRouter()
        SignedIn = Annotated[Visit, Depends(self._door.visit)]  # noqa: N806 - a type

        @router.get("/me/profile")
        async def profile(visit: SignedIn) -> HTMLResponse:
            person = await self._scheduler.person(visit.person_id)
            return self._profile(visit, person, profile_of(person), {})

        @router.post("/me/profile")
        async def change_profile(
            visit: SignedIn,
            name: Typed = "",
            name_pronunciation: Typed = "",
            phone_number: Typed = "",
            time_zone: Typed = "",
            locale: Typed = "",
        ) -> Response:
            typed = {
                "name": name,
                "name_pronunciation": name_pronunciation,
                "phone_number": phone_number,
                "time_zone": time_zone,
                "locale": locale,
            }
            return await self._change_profile(visit, typed)

        @router.get("/me/programme")
        async def programme(visit: SignedIn) -> HTMLResponse:
            person = await self._scheduler.person(visit.person_id)
            return self._programme(visit, person.programme, {})

        @router.post("/me/programme")
        async def change_programme(visit: SignedIn, chosen: Annotated[str, Form(alias="programme")] = "") -> Response:
            request = pb.UpdatePersonRequest(person_id=str(visit.person_id), programme=chosen)
            try:
                await self._scheduler.change(request)
            except InvalidInput as refused:
                return self._programme(visit, chosen, {refused.field: refusal_told(refused, visit.language)})
            return RedirectResponse("/me?done=programme", SEE_OTHER)

        return router

    async def _change_profile(self, visit: Visit, typed: Mapping[str, str]) -> Response:
        person = await self._scheduler.person(visit.person_id)
        request = profile_changes(person, typed)
        if request is not None:
            try:
                changed = await self._scheduler.change(request)
            except InvalidInput as refused:
                return self._profile(visit, person, typed, {refused.field: refusal_told(refused, visit.language)})
            if changed.locale != person.locale:
                await self._door.visitors.read_in(visit.person_id, changed.locale)
        return RedirectResponse("/me?done=profile", SEE_OTHER)

    def _profile(
        self, visit: Visit, person: pb.Person, typed: Mapping[str, str], errors: Mapping[str, str]
    ) -> HTMLResponse:
        zone = zone_named(person.time_zone)
        return self._pages.page(
            "profile.html",
            visit.language,
            visit=visit,
            status=422 if errors else 200,
            typed=typed,
            errors=errors,
            zones=zone_choices(visit.language.locale),
            clock=visit.language.moment(self._clock.now(), zone) if zone else "",
            locales=locale_choices(person.locale),
        )

    def _programme(self, visit: Visit, chosen: str, errors: Mapping[str, str]) -> HTMLResponse:
        return self._pages.page(
            "programme.html",
            visit.language,
            visit=visit,
            status=422 if errors else 200,
            chosen=chosen,
            errors=errors,
            programmes=programmes(visit.language),
        )
