"""The pages of a person's windows: a week at a glance, a month, the next calls, and a day that is skipped."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query
from starlette.responses import HTMLResponse, RedirectResponse, Response

from chassis.clock import Clock
from chassis.errors import Conflict, InvalidInput
from chassis.time_zones import zone_or_utc
from daybook.scheduler.v1 import scheduler_pb2 as pb
from portal.agenda_words import day_words, forbidden_told, next_call_told
from portal.call_windows import CallWindows
from portal.door import Door, Visit
from portal.languages import Language
from portal.month_calendar import days_until_end, month_calendar, month_to_show
from portal.months import month_of, written_day
from portal.openings import openings_of, today_of
from portal.pages import Pages
from portal.week_grid import DAYS, week_grid
from portal.window_changes import left_out, weekly_openings, with_day, without_day
from portal.window_form import form_of_times
from portal.window_refusals import conflict_told, refusal_of
from portal.window_words import WindowWords, clock_told, hour_told, opening_told, window_words

AGENDA_DAYS = 14
"""So many days of next calls are told."""
MOST_DAYS = 366
"""So far window-scheduler tells of the days to come."""
_SEEN_AHEAD = timedelta(days=MOST_DAYS - AGENDA_DAYS - 1)
_ONE_DAY, _ONE_WEEK = timedelta(days=1), timedelta(days=DAYS)


@dataclass(frozen=True)
class Row:
    """A window in the list of all.

    Attributes:
        next: when it opens next, as a sentence.
    """

    window_id: str
    words: WindowWords
    next: str


class Windows:
    def __init__(self, door: Door, pages: Pages, windows: CallWindows, clock: Clock) -> None:
        self._door = door
        self._pages = pages
        self._windows = windows
        self._clock = clock

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/windows")
        signed_in = Depends(self._door.visit)

        @router.get("")
        async def overview(
            visit: Annotated[Visit, signed_in], first: Annotated[str, Query(alias="from")] = "", told: str = ""
        ) -> HTMLResponse:
            return await self._overview(visit, first=first, notice=_notices(visit.language).get(told, ""))

        @router.get("/month")
        async def month(visit: Annotated[Visit, signed_in], month: str = "") -> HTMLResponse:
            return await self._month(visit, month)

        @router.get("/calendar.ics")
        async def calendar(visit: Annotated[Visit, signed_in]) -> Response:
            try:
                content = await self._windows.calendar(visit.person_id)
            except Conflict as conflict:
                raise Conflict(conflict_told(conflict, visit.language)) from None
            disposition = 'attachment; filename="daybook.ics"'
            return Response(content, media_type="text/calendar", headers={"content-disposition": disposition})

        @router.post("/skip")
        async def skip(visit: Annotated[Visit, signed_in], day: Annotated[str, Form()]) -> Response:
            return await self._skip(visit, _day_told(day))

        @router.post("/restore")
        async def restore(visit: Annotated[Visit, signed_in], day: Annotated[str, Form()]) -> Response:
            return await self._restore(visit, _day_told(day))

        return router

    async def _overview(
        self, visit: Visit, *, first: str = "", notice: str = "", problem: str = "", status: int = 200
    ) -> HTMLResponse:
        now, language = self._clock.now(), visit.language
        wanted = _day_between(first, now.date(), now.date() + _SEEN_AHEAD)
        # where the person is, it may be the day before, or the day after
        days = (wanted - now.date()).days + AGENDA_DAYS + 1
        agenda = await self._windows.agenda(visit.person_id, days=days)
        today = today_of(agenda, now)
        shown = max(wanted, today) if first else today
        # yesterday is told where a window of it is open still
        told_from = shown if shown > today else today - _ONE_DAY
        return self._pages.page(
            "windows.html",
            language,
            status=status,
            visit=visit,
            notice=notice,
            problem=problem,
            forbidden=forbidden_told(agenda, language),
            next_call=next_call_told(agenda, language),
            rows=_rows(agenda, language, today),
            grid=week_grid(openings_of(agenda), shown),
            first=shown,
            last=shown + _ONE_WEEK - _ONE_DAY,
            before=max(shown - _ONE_WEEK, today) if shown > today else None,
            after=shown + _ONE_WEEK if shown + _ONE_WEEK <= today + _SEEN_AHEAD else None,
            today=today,
            told_of=partial(opening_told, language=language),
            clock_told=partial(clock_told, language=language),
            hour_told=partial(hour_told, language=language),
            days=[day for day in day_words(agenda, language) if told_from <= day.day < shown + AGENDA_DAYS * _ONE_DAY],
        )

    async def _month(self, visit: Visit, told: str) -> HTMLResponse:
        now, language = self._clock.now(), visit.language
        shown = month_to_show(told, now.date())
        agenda = await self._windows.agenda(visit.person_id, days=min(days_until_end(shown, now.date()), MOST_DAYS))
        today = today_of(agenda, now)
        shown = max(shown, month_of(today))
        week_begins = language.locale.first_week_day
        return self._pages.page(
            "windows_month.html",
            language,
            visit=visit,
            month=month_calendar(openings_of(agenda), shown, today, week_begins=week_begins),
            today=today,
            told_of=partial(opening_told, language=language),
            an_evening=time(20),
        )

    async def _skip(self, visit: Visit, day: date) -> Response:
        """Makes a day an exception of each window that opens on it: one call a day, and none on this one."""
        windows = weekly_openings(await self._agenda_until(visit, day), day)
        return await self._change(visit, [(each, without_day(each.times, day)) for each in windows], told="skipped")

    async def _restore(self, visit: Visit, day: date) -> Response:
        windows = left_out(await self._agenda_until(visit, day), day)
        return await self._change(visit, [(each, with_day(each.times, day)) for each in windows], told="restored")

    async def _change(
        self, visit: Visit, changes: Iterable[tuple[pb.CallWindow, pb.WindowTimes]], *, told: str
    ) -> Response:
        """Gives windows new times, as far as these are taken. `told` is what the page says of all."""
        for window, times in changes:
            try:
                await self._windows.change(window, times)
            except InvalidInput as refused:
                problem = refusal_of(refused, form_of_times(window.times), visit.language).sentence
                return await self._overview(visit, problem=problem, status=422)
            except Conflict as conflict:
                return await self._overview(visit, problem=conflict_told(conflict, visit.language), status=409)
        return RedirectResponse(f"/windows?told={told}", HTTPStatus.SEE_OTHER)

    async def _agenda_until(self, visit: Visit, day: date) -> pb.GetAgendaResponse:
        ahead = (day - self._clock.now().date()).days
        return await self._windows.agenda(visit.person_id, days=min(max(ahead + 2, 1), MOST_DAYS))


def _rows(agenda: pb.GetAgendaResponse, language: Language, today: date) -> Sequence[Row]:
    return [
        Row(window.window_id, window_words(window.times, language, today), _next_told(window, agenda, language))
        for window in agenda.windows
    ]


def _next_told(window: pb.CallWindow, agenda: pb.GetAgendaResponse, language: Language) -> str:
    if not window.HasField("next_opens_at"):
        return language.say("It does not open again.")
    if not agenda.local_time:
        return ""
    opens = window.next_opens_at.ToDatetime(tzinfo=UTC).astimezone(zone_or_utc(agenda.time_zone))
    day = opens.date()
    this_year = day.year == datetime.fromisoformat(agenda.local_time).year
    return language.say("Next on %(day)s.", day=language.day(day) if this_year else language.day_of_year(day))


def _notices(language: Language) -> Mapping[str, str]:
    """What was done, by what the address of the page says."""
    return {
        "added": language.say("The window is kept."),
        "changed": language.say("The window is changed."),
        "deleted": language.say("The window is deleted. A call that was to come from it is not made."),
        "paused": language.say("The window is paused."),
        "resumed": language.say("The window opens again on its days."),
        "skipped": language.say("You are not called on that day by your weekly windows."),
        "restored": language.say("Your windows open on that day after all."),
    }


def _day_between(told: str, first: date, last: date) -> date:
    """A day of an address, no earlier and no later than these; the first where it is none."""
    return min(max(written_day(told) or first, first), last)


def _day_told(told: str) -> date:
    """
    Raises:
        InvalidInput: it is none. No form of ours sends that.
    """
    if (day := written_day(told)) is None:
        raise InvalidInput("day", "is to be a date as YYYY-MM-DD, e.g. 2026-11-24.")
    return day
