"""How a person keeps at it, for their programs: on which days there is an entry, and how many in a row."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from daybook.journal.v1 import finding_pb2 as pb
from portal.api_door import ApiDoor
from portal.api_entries import days_told
from portal.api_problems import problems
from portal.api_sent import Day
from portal.api_tokens import ApiToken
from portal.journal import Journal
from portal.scheduler import Scheduler


class CalendarDayTold(BaseModel):
    day: str
    entries: int
    recording_ms: int


class StreakTold(BaseModel):
    """Days in a row, each with an entry."""

    first_day: str
    last_day: str
    days: int


class CalendarTold(BaseModel):
    time_zone: str = Field(description="By whose clocks a day is told: an entry is of the day on which its call began")
    days: list[CalendarDayTold] = Field(description="Of those that were asked for, each that has an entry")
    current_streak: StreakTold | None = Field(description="Up to today, or to yesterday: then today can carry it on")
    longest_streak: StreakTold | None = Field(description="Of all days; of several the newest")
    total_entries: int = Field(description="Of all days, as the totals below")
    total_days: int
    total_recording_ms: int = Field(description="Of the recordings that are still there")


class CalendarApi:
    def __init__(self, door: ApiDoor, scheduler: Scheduler, journal: Journal) -> None:
        self._door = door
        self._scheduler = scheduler
        self._journal = journal

    def router(self) -> APIRouter:
        router = APIRouter(tags=["entries"])
        Reader = Annotated[ApiToken, Depends(self._door.reader)]  # noqa: N806 - a type

        @router.get("/calendar", responses=problems(404, 422))
        async def read_calendar(
            token: Reader,
            from_day: Annotated[Day | None, Query()] = None,
            to_day: Annotated[Day | None, Query()] = None,
        ) -> CalendarTold:
            """The days with an entry, and how many in a row; of some local days, or of all."""
            days = days_told(from_day, to_day)
            zone = (await self._scheduler.person(token.person_id)).time_zone
            return _calendar_told(zone, await self._journal.calendar(token.person_id, zone, days))

        return router


def _calendar_told(zone: str, calendar: pb.GetCalendarResponse) -> CalendarTold:
    return CalendarTold(
        time_zone=zone,
        days=[
            CalendarDayTold(day=each.day, entries=each.entries, recording_ms=each.recording_ms)
            for each in calendar.days
        ],
        current_streak=_streak_told(calendar.current_streak) if calendar.HasField("current_streak") else None,
        longest_streak=_streak_told(calendar.longest_streak) if calendar.HasField("longest_streak") else None,
        total_entries=calendar.total_entries,
        total_days=calendar.total_days,
        total_recording_ms=calendar.total_recording_ms,
    )


def _streak_told(streak: pb.Streak) -> StreakTold:
    return StreakTold(first_day=streak.first_day, last_day=streak.last_day, days=streak.days)
