"""The first page: what today brings."""

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends
from starlette.responses import HTMLResponse

from chassis.clock import Clock
from portal.door import Door, Visit
from portal.pages import Pages
from portal.scheduler import Scheduler


class Today:
    def __init__(self, door: Door, pages: Pages, scheduler: Scheduler, clock: Clock) -> None:
        self._door = door
        self._pages = pages
        self._scheduler = scheduler
        self._clock = clock

    def router(self) -> APIRouter:
        router = APIRouter()

        @router.get("/")
        async def today(visit: Annotated[Visit, Depends(self._door.visit)]) -> HTMLResponse:
            person = await self._scheduler.person(visit.person_id)
            day = self._clock.now().astimezone(ZoneInfo(person.time_zone)).date()
            return self._pages.page("today.html", visit.language, visit=visit, person=person, day=day)

        return router
