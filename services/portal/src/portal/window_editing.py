"""The form of a call window: adding one, changing it, pausing it, and deleting it."""

from collections.abc import Mapping
from datetime import date
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from chassis.clock import Clock
from chassis.errors import Conflict, InvalidInput
from daybook.scheduler.v1 import scheduler_pb2 as pb
from portal.call_windows import CallWindows, window_in
from portal.door import Door, Visit
from portal.months import written_day
from portal.openings import today_of
from portal.pages import Pages
from portal.window_changes import paused, resumed
from portal.window_form import WindowForm, form_of_fields, form_of_times, new_form, times_of
from portal.window_refusals import conflict_told, refusal_of
from portal.window_words import weekday_name, window_words


class WindowEditing:
    def __init__(self, door: Door, pages: Pages, windows: CallWindows, clock: Clock) -> None:
        self._door = door
        self._pages = pages
        self._windows = windows
        self._clock = clock

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/windows")
        signed_in = Depends(self._door.visit)

        @router.get("/new")
        async def new(visit: Annotated[Visit, signed_in], date: str = "") -> HTMLResponse:
            return await self._new_page(visit, new_form(date))

        @router.post("/new")
        async def add(visit: Annotated[Visit, signed_in], request: Request) -> Response:
            form = form_of_fields(await _fields(request))
            try:
                await self._windows.add(visit.person_id, times_of(form))
            except (InvalidInput, Conflict) as error:
                return await self._new_page(visit, form, error)
            return _done("added")

        @router.get("/{window_id}")
        async def show(visit: Annotated[Visit, signed_in], window_id: str) -> HTMLResponse:
            window, today = await self._window(visit, window_id)
            return self._window_page(visit, window, today, form_of_times(window.times))

        @router.post("/{window_id}")
        async def change(visit: Annotated[Visit, signed_in], window_id: str, request: Request) -> Response:
            window, today = await self._window(visit, window_id)
            form = form_of_fields(await _fields(request))
            try:
                await self._windows.change(window, times_of(form))
            except (InvalidInput, Conflict) as error:
                return self._window_page(visit, window, today, form, error)
            return _done("changed")

        @router.post("/{window_id}/pause")
        async def pause(
            visit: Annotated[Visit, signed_in], window_id: str, paused_until: Annotated[str, Form(max_length=40)] = ""
        ) -> Response:
            window, today = await self._window(visit, window_id)
            try:
                await self._windows.change(window, paused(window.times, paused_until, today))
            except (InvalidInput, Conflict) as error:
                return self._window_page(visit, window, today, form_of_times(window.times), error)
            return _done("paused")

        @router.post("/{window_id}/resume")
        async def resume(visit: Annotated[Visit, signed_in], window_id: str) -> Response:
            window, today = await self._window(visit, window_id)
            try:
                await self._windows.change(window, resumed(window.times))
            except (InvalidInput, Conflict) as error:
                return self._window_page(visit, window, today, form_of_times(window.times), error)
            return _done("resumed")

        @router.get("/{window_id}/delete")
        async def ask(visit: Annotated[Visit, signed_in], window_id: str) -> HTMLResponse:
            window, today = await self._window(visit, window_id)
            words = window_words(window.times, visit.language, today)
            return self._pages.page("window_delete.html", visit.language, visit=visit, window_id=window_id, words=words)

        @router.post("/{window_id}/delete")
        async def delete(visit: Annotated[Visit, signed_in], window_id: str) -> Response:
            window, _ = await self._window(visit, window_id)
            await self._windows.delete(window)
            return _done("deleted")

        return router

    async def _window(self, visit: Visit, window_id: str) -> tuple[pb.CallWindow, date]:
        """A window of this person's, and which day it is for them. Raises NotFound where it is none of theirs."""
        agenda = await self._windows.agenda(visit.person_id, days=1)
        return window_in(agenda, window_id), today_of(agenda, self._clock.now())

    async def _new_page(
        self, visit: Visit, form: WindowForm, error: InvalidInput | Conflict | None = None
    ) -> HTMLResponse:
        today = today_of(await self._windows.agenda(visit.person_id, days=1), self._clock.now())
        return self._form_page("window_new.html", visit, form, today, error)

    def _window_page(
        self,
        visit: Visit,
        window: pb.CallWindow,
        today: date,
        form: WindowForm,
        error: InvalidInput | Conflict | None = None,
    ) -> HTMLResponse:
        words = window_words(window.times, visit.language, today)
        return self._form_page("window.html", visit, form, today, error, window_id=window.window_id, words=words)

    def _form_page(
        self,
        template: str,
        visit: Visit,
        form: WindowForm,
        today: date,
        error: InvalidInput | Conflict | None,
        **content: object,
    ) -> HTMLResponse:
        """A page with the form; where something was refused, with what was typed, and with the reason beside its field."""
        language = visit.language
        problems: Mapping[str, str] = {}
        sentence, status = "", 200
        if isinstance(error, InvalidInput):
            refusal = refusal_of(error, form, language)
            problems, status = {refusal.field: refusal.sentence}, 422
        elif error is not None:
            sentence, status = conflict_told(error, language), 409
        return self._pages.page(
            template,
            language,
            status=status,
            visit=visit,
            form=form,
            problems=problems,
            problem=sentence,
            today=today,
            weekdays=[(str(number), weekday_name(number, language)) for number in range(1, 8)],
            day_of=written_day,
            **content,
        )


async def _fields(request: Request) -> Mapping[str, list[str]]:
    """All fields of a form with all their values; files are none."""
    form = await request.form()
    return {name: [value for value in form.getlist(name) if isinstance(value, str)] for name in form}


def _done(what: str) -> Response:
    return RedirectResponse(f"/windows?told={what}", HTTPStatus.SEE_OTHER)
