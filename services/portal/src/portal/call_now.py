"""Being called now, because one asks for it: beside the call of the day, and in the quiet hours for who says so twice."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from starlette.responses import RedirectResponse, Response

from chassis.errors import Conflict
from portal.call_refusals import refusal_told
from portal.door import Door, Visit
from portal.errors import QuietHours
from portal.pages import Pages
from portal.scheduler import Scheduler

YES = "yes"


class CallNow:
    def __init__(self, door: Door, pages: Pages, scheduler: Scheduler) -> None:
        self._door = door
        self._pages = pages
        self._scheduler = scheduler

    def router(self) -> APIRouter:
        router = APIRouter()

        @router.post("/call-now")
        async def call(
            visit: Annotated[Visit, Depends(self._door.visit)], in_quiet_hours: Annotated[str, Form()] = ""
        ) -> Response:
            try:
                await self._scheduler.call_now(visit.person_id, in_quiet_hours=in_quiet_hours == YES)
            except QuietHours:
                return self._pages.page(
                    "call_in_quiet_hours.html", visit.language, visit=visit, status=HTTPStatus.CONFLICT
                )
            except Conflict:
                person = await self._scheduler.person(visit.person_id)
                day = await self._scheduler.explain(visit.person_id, None)
                sentence = refusal_told(person, day, visit.language)
                return self._pages.page(
                    "no_call_now.html", visit.language, visit=visit, status=HTTPStatus.CONFLICT, sentence=sentence
                )
            return RedirectResponse("/", HTTPStatus.SEE_OTHER)

        return router
