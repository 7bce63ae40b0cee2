"""A person's call windows, for their programs."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Literal, get_args
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field, StrictBool, StrictInt
from starlette.responses import Response

from daybook.scheduler.v1 import scheduler_pb2 as pb
from portal.api_door import ApiDoor, IdempotencyKey, Once
from portal.api_problems import problems
from portal.api_sent import ClockTime, Day, Sent, moment_in
from portal.api_tokens import ApiToken
from portal.call_windows import CallWindows, window_in

CALENDAR = "text/calendar"
_CALENDAR = {"description": "iCalendar", "content": {CALENDAR: {"schema": {"type": "string"}}}}
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)


class WeeklyTold(Sent):
    """On these weekdays."""

    weekdays: list[Weekday] = Field(min_length=1, max_length=7)
    every_weeks: StrictInt = Field(default=1, ge=1, le=52, description="Counted from the week of first_date")
    first_date: Day | None = Field(default=None, description="null: today, when it is made; else no earlier bound")
    last_date: Day | None = Field(default=None, description="null: it goes on")
    except_dates: list[Day] = Field(default=[], max_length=366, description="It does not open on these days")
    paused_until: Day | None = Field(default=None, description="The first day on which it may open again; null: now")


class OneOffTold(Sent):
    """On one day."""

    date: Day


class WindowTimesTold(Sent):
    """Local times, to the minute; either weekly or one_off."""

    starts_at: ClockTime
    ends_at: ClockTime
    ends_next_day: StrictBool = False
    weekly: WeeklyTold | None = None
    one_off: OneOffTold | None = None


class WindowSent(Sent):
    times: WindowTimesTold


class WindowTold(BaseModel):
    window_id: str
    times: WindowTimesTold
    next_opens_at: datetime | None = Field(description="null: it opens never again")
    next_closes_at: datetime | None


class WindowsTold(BaseModel):
    windows: list[WindowTold]


class WindowsApi:
    def __init__(self, door: ApiDoor, windows: CallWindows, once: Once) -> None:
        self._door = door
        self._windows = windows
        self._once = once

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/windows", tags=["windows"])
        Reader = Annotated[ApiToken, Depends(self._door.reader)]  # noqa: N806 - a type
        Writer = Annotated[ApiToken, Depends(self._door.writer)]  # noqa: N806 - a type

        @router.get("", responses=problems(404))
        async def list_windows(token: Reader) -> WindowsTold:
            """All of the person's, the next to open first."""
            agenda = await self._windows.agenda(token.person_id, days=1)
            return WindowsTold(windows=[window_told(each) for each in agenda.windows])

        @router.post(
            "", status_code=HTTPStatus.CREATED, response_model=WindowTold, responses=problems(403, 404, 409, 422)
        )
        async def add_window(
            request: Request, token: Writer, window: WindowSent, idempotency_key: IdempotencyKey = None
        ) -> Response:
            """Adds one."""

            async def add() -> tuple[WindowTold, str]:
                made = window_told(await self._windows.add(token.person_id, _times(window.times)))
                return made, f"{request.url.path}/{made.window_id}"

            return await self._once.answer(request, token, idempotency_key, add)

        @router.get("/calendar.ics", response_class=Response, responses={200: _CALENDAR, **problems(404, 409)})
        async def export_windows(token: Reader) -> Response:
            """All of them as a calendar's file (RFC 5545)."""
            return Response(await self._windows.calendar(token.person_id), media_type=CALENDAR)

        @router.get("/{window_id:uuid}", responses=problems(404, 422))
        async def read_window(token: Reader, window_id: UUID) -> WindowTold:
            """One of them."""
            return window_told(await self._window(token, window_id))

        @router.put("/{window_id:uuid}", responses=problems(403, 404, 409, 422))
        async def change_window(token: Writer, window_id: UUID, window: WindowSent) -> WindowTold:
            """Puts new times in place of the old ones. A call that was scheduled from these and is not made yet moves or goes."""
            found = await self._window(token, window_id)
            return window_told(await self._windows.change(found, _times(window.times)))

        @router.delete("/{window_id:uuid}", status_code=HTTPStatus.NO_CONTENT, responses=problems(403, 404, 422))
        async def delete_window(token: Writer, window_id: UUID) -> None:
            """Deletes it. A call that was scheduled from it and is not made yet is not made."""
            await self._windows.delete(await self._window(token, window_id))

        return router

    async def _window(self, token: ApiToken, window_id: UUID) -> pb.CallWindow:
        """
        Raises:
            NotFound: the person has none of this id.
        """
        return window_in(await self._windows.agenda(token.person_id, days=1), str(window_id))


def window_told(window: pb.CallWindow) -> WindowTold:
    times = window.times
    return WindowTold(
        window_id=window.window_id,
        times=WindowTimesTold(
            starts_at=times.starts_at,
            ends_at=times.ends_at,
            ends_next_day=times.ends_next_day,
            weekly=_weekly_told(times.weekly) if times.HasField("weekly") else None,
            one_off=OneOffTold(date=times.one_off.date) if times.HasField("one_off") else None,
        ),
        next_opens_at=moment_in(window, "next_opens_at"),
        next_closes_at=moment_in(window, "next_closes_at"),
    )


def _weekly_told(weekly: pb.Weekly) -> WeeklyTold:
    return WeeklyTold(
        weekdays=[WEEKDAYS[number - 1] for number in weekly.weekdays],
        every_weeks=weekly.every_weeks or 1,
        first_date=weekly.first_date or None,
        last_date=weekly.last_date or None,
        except_dates=list(weekly.except_dates),
        paused_until=weekly.paused_until or None,
    )


def _times(told: WindowTimesTold) -> pb.WindowTimes:
    times = pb.WindowTimes(starts_at=told.starts_at, ends_at=told.ends_at, ends_next_day=told.ends_next_day)
    if told.weekly is not None:
        weekly = told.weekly
        times.weekly.CopyFrom(
            pb.Weekly(
                weekdays=[pb.Weekday.ValueType(WEEKDAYS.index(day) + 1) for day in weekly.weekdays],
                every_weeks=weekly.every_weeks,
                first_date=weekly.first_date or "",
                last_date=weekly.last_date or "",
                except_dates=weekly.except_dates,
                paused_until=weekly.paused_until or "",
            )
        )
    if told.one_off is not None:
        times.one_off.date = told.one_off.date
    return times
