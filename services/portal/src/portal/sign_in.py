"""Signing in and out: by a link that is made at the command line, which can be used once."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from portal.door import Door, Visit
from portal.entrance import Entrance
from portal.errors import LinkSpent, PersonDeleted
from portal.pages import Pages


class SignIn:
    def __init__(self, door: Door, pages: Pages, entrance: Entrance) -> None:
        self._door = door
        self._pages = pages
        self._entrance = entrance

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
                return await self._entrance.let_in(await self._door.visitors.take_link(token), way="link", to="/")
            except (LinkSpent, PersonDeleted):
                return self._pages.page("link_spent.html", self._door.language(request), status=410)

        @router.post("/sign-out")
        async def leave(visit: Annotated[Visit, signed_in]) -> Response:
            answer = RedirectResponse("/sign-in", HTTPStatus.SEE_OTHER)
            await self._door.see_out(answer, visit)
            return answer

        return router
