"""The accounts at an OpenID provider that sign a person in: connecting one, and having it sign them in no more."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from portal.accounts import Accounts
from portal.door import Door, Visit
from portal.pages import Pages
from portal.readers_clock import ReadersClock
from portal.sign_in_by_account import ACCOUNTS_PAGE, SignInByAccount


class AccountPages:
    """
    Args:
        name: of the provider, as people call it.
    """

    def __init__(
        self, door: Door, pages: Pages, accounts: Accounts, sign_in: SignInByAccount, name: str, clock: ReadersClock
    ) -> None:
        self._door = door
        self._pages = pages
        self._accounts = accounts
        self._sign_in = sign_in
        self._name = name
        self._clock = clock

    def router(self) -> APIRouter:
        router = APIRouter()
        SignedIn = Annotated[Visit, Depends(self._door.visit)]  # noqa: N806 - a type

        @router.get("/me/accounts")
        async def accounts(visit: SignedIn, done: str = "") -> HTMLResponse:
            return self._pages.page(
                "accounts.html",
                visit.language,
                visit=visit,
                accounts=await self._accounts.of(visit.person_id),
                provider=self._name,
                zone=(await self._clock.of(visit.person_id)).zone,
                connected=done == "connected",
            )

        @router.post("/me/accounts/connect")
        async def connect(request: Request, visit: SignedIn) -> Response:
            return await self._sign_in.send_away(request, visit.language, ACCOUNTS_PAGE, connects=visit.person_id)

        @router.post("/me/accounts/disconnect")
        async def disconnect(visit: SignedIn, account: Annotated[str, Form(pattern="^[0-9a-f]{64}$")]) -> Response:
            # what names an account opens nothing: the provider alone says who has it
            await self._accounts.disconnect(bytes.fromhex(account), visit.person_id)
            return RedirectResponse(ACCOUNTS_PAGE, HTTPStatus.SEE_OTHER)

        return router
