"""Who a person is, and what their calls are about: name, number, zone, language, programme.

How their name is said is heard before it is kept: the answer to what is typed is the same page, with the sound in itself. So no
name stands in an address, and no sound is kept for a second request.
"""

import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from starlette.responses import HTMLResponse, RedirectResponse, Response

from chassis.clock import Clock
from chassis.errors import InvalidInput, Unavailable
from chassis.time_zones import zone_named
from daybook.scheduler.v1 import scheduler_pb2 as pb
from portal.door import Door, Visit
from portal.errors import NotHeardBeforehand, TooOften
from portal.pages import Pages
from portal.profile_form import profile_changes, profile_of, spoken_field
from portal.programmes import programmes
from portal.refusal_words import refusal_told
from portal.scheduler import Scheduler
from portal.security_headers import POLICY_HEADER, WITH_OWN_SOUND
from portal.speaking import Speaking
from portal.spoken_locales import locale_choices
from portal.statuses import status_of
from portal.token_bucket import TokenBuckets
from portal.zone_choices import zone_choices

Typed = Annotated[str, Form(max_length=1000)]
HEARD_AT_ONCE, HEARD_PER_S = 10, 1 / 20
"""How often a person may hear a name, of each process: enough to try out how it is best written, and less than a gateway says."""


@dataclass(frozen=True)
class Heard:
    """What came of asking how a name is said.

    Attributes:
        sound: the address of the sound, which holds all of it (RFC 2397); empty where there is none.
        problem: why there is none.
        status: of the page that tells it.
    """

    sound: str = ""
    problem: str = ""
    status: int = 200


NOT_ASKED = Heard()


def typed_profile(
    name: Typed = "",
    name_pronunciation: Typed = "",
    phone_number: Typed = "",
    time_zone: Typed = "",
    locale: Typed = "",
) -> Mapping[str, str]:
    """What the form of the profile brings."""
    return {
        "name": name,
        "name_pronunciation": name_pronunciation,
        "phone_number": phone_number,
        "time_zone": time_zone,
        "locale": locale,
    }


class ProfilePages:
    """
    Args:
        monotonic: a clock, seconds, by which people are held to a pace.
    """

    def __init__(
        self,
        door: Door,
        pages: Pages,
        scheduler: Scheduler,
        voice: Speaking,
        clock: Clock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._door = door
        self._pages = pages
        self._scheduler = scheduler
        self._voice = voice
        self._clock = clock
        self._monotonic = monotonic
        self._buckets = TokenBuckets(size=HEARD_AT_ONCE, per_s=HEARD_PER_S)

    def router(self) -> APIRouter:
        router = APIRouter()
        SignedIn = Annotated[Visit, Depends(self._door.visit)]  # noqa: N806 - a type
        TypedProfile = Annotated[Mapping[str, str], Depends(typed_profile)]  # noqa: N806 - a type

        @router.get("/me/profile")
        async def profile(visit: SignedIn) -> HTMLResponse:
            person = await self._scheduler.person(visit.person_id)
            return self._profile(visit, person, profile_of(person), {})

        @router.post("/me/profile")
        async def change_profile(visit: SignedIn, typed: TypedProfile) -> Response:
            return await self._change_profile(visit, typed)

        @router.post("/me/profile/spoken")
        async def hear_name(visit: SignedIn, typed: TypedProfile) -> HTMLResponse:
            return await self._hear_name(visit, typed)

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
            return RedirectResponse("/me?done=programme", HTTPStatus.SEE_OTHER)

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
        return RedirectResponse("/me?done=profile", HTTPStatus.SEE_OTHER)

    async def _hear_name(self, visit: Visit, typed: Mapping[str, str]) -> HTMLResponse:
        person = await self._scheduler.person(visit.person_id)
        field = spoken_field(typed)
        try:
            heard = await self._heard(visit, typed[field], typed["locale"])
        except InvalidInput as refused:
            return self._profile(visit, person, typed, {field: refusal_told(refused, visit.language)})
        answer = self._profile(visit, person, typed, {}, heard)
        answer.headers[POLICY_HEADER] = WITH_OWN_SOUND
        return answer

    async def _heard(self, visit: Visit, spoken_name: str, locale: str) -> Heard:
        try:
            self._count(visit)
            wav = await self._voice.name(spoken_name, locale)
        except (TooOften, NotHeardBeforehand, Unavailable) as error:
            return Heard(problem=visit.language.say(str(error)), status=status_of(error))
        return Heard(f"data:audio/wav;base64,{b64encode(wav).decode()}")

    def _count(self, visit: Visit) -> None:
        if again_in_s := self._buckets.take(visit.person_id, self._monotonic()):
            raise TooOften(timedelta(seconds=again_in_s))

    def _profile(
        self,
        visit: Visit,
        person: pb.Person,
        typed: Mapping[str, str],
        errors: Mapping[str, str],
        heard: Heard = NOT_ASKED,
    ) -> HTMLResponse:
        zone = zone_named(person.time_zone)
        return self._pages.page(
            "profile.html",
            visit.language,
            visit=visit,
            status=422 if errors else heard.status,
            typed=typed,
            errors=errors,
            heard=heard,
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
