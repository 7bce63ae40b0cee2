"""The browsers in which a person is signed in, and signing out there."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from starlette.responses import HTMLResponse, RedirectResponse, Response

from portal.door import Door, Visit
from portal.pages import Pages
from portal.readers_clock import ReadersClock


class Devices:
    def __init__(self, door: Door, pages: Pages, clock: ReadersClock) -> None:
        self._door = door
        self._pages = pages
        self._clock = clock

    def router(self) -> APIRouter:
        router = APIRouter()
        SignedIn = Annotated[Visit, Depends(self._door.visit)]  # noqa: N806 - a type

        @router.get("/me/devices")
        async def devices(visit: SignedIn) -> HTMLResponse:
            zone = (await self._clock.of(visit.person_id)).zone
            browsers = await self._door.visitors.browsers_of(visit.person_id)
            return self._pages.page("devices.html", visit.language, visit=visit, browsers=browsers, zone=zone)

        @router.post("/me/devices/sign-out")
        async def sign_out(visit: SignedIn, browser: Annotated[str, Form(pattern="^[0-9a-f]{64}$")]) -> Response:
            # what names a browser opens nothing: it is what the database has of its token
            await self._door.visitors.sign_out_browser(visit.person_id, bytes.fromhex(browser))
            return RedirectResponse("/me/devices", HTTPStatus.SEE_OTHER)

        @router.post("/me/devices/sign-out-elsewhere")
        async def sign_out_elsewhere(visit: SignedIn) -> Response:
            await self._door.visitors.sign_out_elsewhere(visit.session)
            return RedirectResponse("/me/devices", HTTPStatus.SEE_OTHER)

        return router
