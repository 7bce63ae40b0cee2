"""Signing in and out: by a link that is made at the command line, which can be used once."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from chassis.errors import NotFound
from portal.door import Door, Visit
from portal.errors import LinkSpent
from portal.pages import Pages
from portal.scheduler import Scheduler


class SignIn:
    def __init__(self, door: Door, pages: Pages, scheduler: Scheduler) -> None:
        self._door = door
        self._pages = pages
        self._scheduler = scheduler

    def router(self) -> APIRouter:
        router = APIRouter()
        signed_in = Depends(self._door.visit)

        @router.get("/sign-in/link/{token}")
        async def offer(request: Request, token: str) -> HTMLResponse:
            # what looks at links before a person does (mail scanners, previews) sends no form
            return self._pages.page("sign_in_link.html", self._door.language(request), token=token)

        @router.post("/sign-in/link")
        async def follow(request: Request, token: Annotated[str, Form(max_length=100)]) -> Response:
            try:
                return await self._let_in(await self._door.visitors.take_link(token))
            except LinkSpent:
                return self._pages.page("link_spent.html", self._door.language(request), status=410)

        @router.post("/sign-out")
        async def leave(visit: Annotated[Visit, signed_in]) -> Response:
            answer = RedirectResponse("/sign-in", HTTPStatus.SEE_OTHER)
            await self._door.see_out(answer, visit)
            return answer

        return router

    async def _let_in(self, person_id: UUID) -> Response:
        """
        Raises:
            LinkSpent: they were deleted.
            Unavailable: window-scheduler does not answer.
        """
        try:
            person = await self._scheduler.person(person_id)
        except NotFound:
            raise LinkSpent from None
        answer = RedirectResponse("/", HTTPStatus.SEE_OTHER)
        await self._door.let_in(answer, person_id, way="link", locale=person.locale)
        return answer
