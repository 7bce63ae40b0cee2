"""The first page, and one for each day: what will happen, what happened and why, and a call while it goes on."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends
from markupsafe import Markup
from starlette.responses import HTMLResponse

from chassis.clock import Clock
from chassis.errors import NotFound
from daybook.scheduler.v1 import scheduler_pb2 as pb
from portal import agenda_words
from portal.call_story import CallStage
from portal.call_windows import CallWindows
from portal.day_story import (
    DayParts,
    DayWords,
    chances_of,
    day_after,
    day_before,
    day_words,
    yesterday_may_go_on,
    zone_of,
)
from portal.days import Days
from portal.door import Door, Visit
from portal.languages import marked
from portal.live import version_of
from portal.months import written_day
from portal.pages import Pages
from portal.scheduler import Scheduler
from portal.switchboard import Switchboard

AGENDA_DAYS, DAYS_TOLD = 14, 3
"""How far ahead it is looked, and how many days are told: the page of the windows tells all."""
TOLD_BACK, TOLD_AHEAD = timedelta(days=3660), timedelta(days=366)


class Today:
    """
    Args:
        switchboard: is told whose calls a page shows.
    """

    def __init__(
        self,
        door: Door,
        pages: Pages,
        scheduler: Scheduler,
        windows: CallWindows,
        days: Days,
        switchboard: Switchboard,
        clock: Clock,
    ) -> None:
        self._door = door
        self._pages = pages
        self._scheduler = scheduler
        self._windows = windows
        self._days = days
        self._switchboard = switchboard
        self._clock = clock

    def router(self) -> APIRouter:
        router = APIRouter()
        signed_in = Depends(self._door.visit)

        @router.get("/")
        async def today(visit: Annotated[Visit, signed_in]) -> HTMLResponse:
            person, (parts, agenda, part) = await asyncio.gather(
                self._scheduler.person(visit.person_id), self._today(visit)
            )
            day = date.fromisoformat(parts.day.local_day)
            to_come = [each for each in agenda_words.day_words(agenda, visit.language) if each.day > day]
            return self._pages.page(
                "today.html",
                visit.language,
                visit=visit,
                person=person,
                day=day,
                yesterday=day_before(day),
                tomorrow=day_after(day),
                forbidden=agenda_words.forbidden_told(agenda, visit.language),
                next_call=agenda_words.next_call_told(agenda, visit.language),
                to_come=to_come[:DAYS_TOLD],
                part=part,
                version=version_of(part),
            )

        @router.get("/days/{told}")
        async def one_day(visit: Annotated[Visit, signed_in], told: str) -> HTMLResponse:
            parts = await self._parts_of(visit, told)
            words = day_words(parts, visit.language, now=self._clock.now())
            today = self._clock.now().astimezone(zone_of(parts.day)).date()
            return self._pages.page(
                "day.html",
                visit.language,
                visit=visit,
                words=words,
                today=today,
                before=day_before(words.day),
                after=day_after(words.day),
            )

        return router

    async def live_part(self, visit: Visit) -> str:
        """What of the first page changes while it is open.

        Raises:
            PersonDeleted: they were.
            Unavailable: window-scheduler does not answer.
        """
        return (await self._today(visit))[2]

    async def _today(self, visit: Visit) -> tuple[DayParts, pb.GetAgendaResponse, Markup]:
        parts, agenda = await asyncio.gather(
            self._days.parts(visit.person_id, None), self._windows.agenda(visit.person_id, days=AGENDA_DAYS)
        )
        parts = replace(parts, chances=chances_of(agenda, parts.day.local_day))
        now, zone = self._clock.now(), zone_of(parts.day)
        self._expect(visit, parts)
        words = day_words(parts, visit.language, now=now)
        night = await self._night(visit, parts) if yesterday_may_go_on(now, zone) else None
        part = self._pages.part("today_part.html", visit.language, words=words, night=night)
        return parts, agenda, part

    async def _night(self, visit: Visit, today: DayParts) -> DayWords | None:
        """Yesterday, where a call of it has not ended."""
        parts = await self._days.parts(visit.person_id, day_before(date.fromisoformat(today.day.local_day)))
        self._expect(visit, parts)
        words = day_words(parts, visit.language, now=self._clock.now())
        return words if any(each.stage is not CallStage.OVER for each in words.calls) else None

    def _expect(self, visit: Visit, parts: DayParts) -> None:
        calls = ([] if parts.call is None else [parts.call]) + list(parts.others)
        self._switchboard.expect(visit.person_id, [each.call.call_id for each in calls])

    async def _parts_of(self, visit: Visit, told: str) -> DayParts:
        """
        Raises:
            NotFound: it is no day, or one that nobody tells of.
        """
        day, today = written_day(told), self._clock.now().date()
        if day is None or not today - TOLD_BACK <= day <= today + TOLD_AHEAD:
            raise NotFound(marked("There is no such day here. A day is written as in /days/2026-12-01."))
        return await self._days.parts(visit.person_id, day)
