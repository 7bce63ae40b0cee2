"""Tokens of a person's programs: made, shown once, taken back."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from starlette.responses import HTMLResponse, RedirectResponse, Response

from chassis.errors import Conflict, InvalidInput
from portal.api_tokens import Scope, end_of, scope_of, token_name
from portal.door import Door, Visit
from portal.pages import Pages
from portal.programs import Programs
from portal.readers_clock import ReadersClock
from portal.refusal_words import refusal_told

_NOTHING_TYPED = {"name": "", "scope": Scope.READ.value, "last_day": ""}
Typed = Annotated[str, Form(max_length=1000)]


class ProgramPages:
    """
    Args:
        origin: of the portal, which the page names for programs.
    """

    def __init__(self, door: Door, pages: Pages, programs: Programs, clock: ReadersClock, *, origin: str) -> None:
        self._door = door
        self._pages = pages
        self._programs = programs
        self._clock = clock
        self._origin = origin

    def router(self) -> APIRouter:
        router = APIRouter()
        SignedIn = Annotated[Visit, Depends(self._door.visit)]  # noqa: N806 - a type

        @router.get("/me/programs")
        async def programs(visit: SignedIn) -> HTMLResponse:
            return await self._page(visit, _NOTHING_TYPED, {}, status=200)

        @router.post("/me/programs")
        async def make(visit: SignedIn, name: Typed = "", scope: Typed = "", last_day: Typed = "") -> HTMLResponse:
            typed = {"name": name, "scope": scope, "last_day": last_day}
            clock = await self._clock.of(visit.person_id)
            try:
                text = await self._programs.make_token(
                    visit.person_id,
                    name=token_name(name),
                    scope=scope_of(scope),
                    ends_at=end_of(last_day, clock.zone, clock.now),
                )
            except InvalidInput as refused:
                return await self._page(
                    visit, typed, {refused.field: refusal_told(refused, visit.language)}, status=422
                )
            except Conflict as refused:
                return await self._page(visit, typed, {"form": visit.language.say(str(refused))}, status=409)
            # told by this answer alone: an address that could be opened again would have to keep it
            return await self._page(visit, _NOTHING_TYPED, {}, status=200, made=text)

        @router.post("/me/programs/take-back")
        async def take_back(visit: SignedIn, token: Annotated[UUID, Form()]) -> Response:
            await self._programs.take_back(visit.person_id, token)
            return RedirectResponse("/me/programs", HTTPStatus.SEE_OTHER)

        return router

    async def _page(
        self, visit: Visit, typed: Mapping[str, str], errors: Mapping[str, str], *, status: int, made: str = ""
    ) -> HTMLResponse:
        clock = await self._clock.of(visit.person_id)
        return self._pages.page(
            "programs.html",
            visit.language,
            visit=visit,
            status=status,
            tokens=await self._programs.tokens_of(visit.person_id),
            zone=clock.zone,
            now=clock.now,
            typed=typed,
            errors=errors,
            made=made,
            address=f"{self._origin}/api/v1",
        )
