"""Signing in with an account at an OpenID provider: the browser is sent there, and comes back with who it is.

Going there is a page of its own, and no redirect: browsers let a form lead to our own address alone (`form-action` in
`security_headers`), and apply that to where it is redirected, too.
"""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from portal.accounts import COMES_BACK_WITHIN, Accounts
from portal.browser_sessions import new_token
from portal.cookies import Cookie
from portal.door import Door, local_path
from portal.entrance import Entrance
from portal.errors import PersonDeleted, SignInSpent
from portal.form_limits import ACCOUNTS_ASKED_FOR, FormTries
from portal.languages import Language
from portal.openid_provider import RETURN, OpenIdProvider, Proofs
from portal.pages import Pages
from portal.sign_in_page import Ways

ACCOUNTS_PAGE = "/me/accounts"


class SignInByAccount:
    """
    Args:
        ways: there are to sign in.
        secure: the portal is reached by https.
    """

    def __init__(
        self,
        door: Door,
        pages: Pages,
        entrance: Entrance,
        provider: OpenIdProvider,
        ways: Ways,
        accounts: Accounts,
        tries: FormTries,
        *,
        secure: bool,
    ) -> None:
        self._door = door
        self._pages = pages
        self._entrance = entrance
        self._provider = provider
        self._ways = ways
        self._accounts = accounts
        self._tries = tries
        # the provider's page leads back here, and is another site's
        self._cookie = Cookie("account", secure, COMES_BACK_WITHIN, "lax")

    def router(self) -> APIRouter:
        router = APIRouter()

        @router.post("/sign-in/account")
        async def ask(request: Request, next: Annotated[str, Form(max_length=2000)] = "/") -> Response:  # noqa: A002 - the field's name
            return await self.send_away(request, self._door.language(request), local_path(next), connects=None)

        @router.get(RETURN)
        async def come_back(
            request: Request, state: str = "", code: str = "", iss: str = "", error: str = ""
        ) -> Response:
            browser = self._cookie.token(request)
            if browser is None:
                raise SignInSpent
            sent = await self._accounts.come_back(browser.fingerprint, state)
            if error or not code:
                return self._refused(request, back_to="/sign-in" if sent.connects is None else ACCOUNTS_PAGE)
            proofs = Proofs(state, sent.nonce, sent.code_verifier)
            account = await self._provider.account(code, proofs, issuer=iss)
            if sent.connects is not None:
                return await self._connect(request, account, sent.connects)
            return await self._let_in(request, account, sent.leads_to)

        return router

    async def send_away(
        self, request: Request, language: Language, leads_to: str, *, connects: UUID | None
    ) -> Response:
        """The page that leads to the provider.

        Args:
            request: of the browser that is sent.
            language: that the page is in.
            leads_to: the page to go to afterwards.
            connects: who is to be signed in by the account from now on; None: whoever is already.

        Raises:
            TooOften: this browser, or its address, has asked for it too often.
            ProviderFails: it does not answer.
        """
        browser = self._cookie.token(request) or new_token()
        await self._tries.count(request, ACCOUNTS_ASKED_FOR, browser.fingerprint)
        proofs = await self._accounts.send_away(browser.fingerprint, leads_to, connects=connects)
        address = await self._provider.address(proofs, reads=language.tag)
        answer = self._pages.page("sign_in_away.html", language, provider=self._ways.provider, address=address)
        self._cookie.put(answer, browser.text)
        return answer

    async def _connect(self, request: Request, account: bytes, person_id: UUID) -> Response:
        """
        Raises:
            SignInNeeded: they are signed in no more.
            SignInSpent: somebody else is.
            AccountTaken: it opens another journal.
        """
        visit = await self._door.visit_before_form(request)
        if visit.person_id != person_id:
            raise SignInSpent
        await self._accounts.connect(account, person_id)
        return RedirectResponse(f"{ACCOUNTS_PAGE}?done=connected", HTTPStatus.SEE_OTHER)

    async def _let_in(self, request: Request, account: bytes, leads_to: str) -> Response:
        person_id = await self._accounts.use(account)
        if person_id is None:
            return self._unknown(request)
        try:
            answer = await self._entrance.let_in(person_id, way="account", to=leads_to)
        except PersonDeleted:  # by whoever runs this Daybook
            await self._accounts.disconnect_all_of(person_id)
            return self._unknown(request)
        self._cookie.forget(answer)
        return answer

    def _unknown(self, request: Request) -> Response:
        language = self._door.language(request)
        return self._pages.page("account_unknown.html", language, status=HTTPStatus.FORBIDDEN, ways=self._ways)

    def _refused(self, request: Request, *, back_to: str) -> Response:
        language = self._door.language(request)
        return self._pages.page(
            "account_refused.html", language, status=HTTPStatus.FORBIDDEN, provider=self._ways.provider, back_to=back_to
        )
