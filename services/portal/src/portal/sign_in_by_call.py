"""Signing in by telephone: a number is typed, the telephone rings and tells a code, and the code signs in.

Nothing here tells whether a number is anybody's: what is answered to one that is, is answered to every other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.datastructures import URL
from starlette.responses import RedirectResponse, Response

from chassis.errors import InvalidInput, NotFound
from portal.browser_sessions import NewToken, fingerprint_of, new_token
from portal.called_sign_ins import CalledSignIns, Tried
from portal.client_addresses import Network, client_of
from portal.door import Door, local_path
from portal.errors import TooOften
from portal.form_limits import CALLS_ASKED_FOR, CODES_TRIED, FormLimits, FormTries
from portal.languages import accepted, marked
from portal.pages import Pages
from portal.scheduler import Scheduler
from portal.sign_in import SEE_OTHER
from portal.telephone_numbers import country_of, country_told, e164

COOKIE_LASTS = timedelta(hours=1)
UNREADABLE, NOT_THERE, TOO_MANY = 422, 404, 429
DIGITS = 6
_WRONG = marked("That is not the code. Listen to it once more, or ask for another call.")


@dataclass(frozen=True)
class _Problem:
    """What is wrong with a form: its sentence, and the status of the page that shows it."""

    sentence: str
    status: int
    again_in: timedelta = timedelta()

    @property
    def headers(self) -> dict[str, str]:
        return {"retry-after": str(round(self.again_in.total_seconds()) or 1)} if self.status == TOO_MANY else {}


_NONE = _Problem("", 200)


class SignInByCall:
    """
    Args:
        trusted_proxies: who may tell from which address a request comes.
        secure: the portal is reached by https: the cookie is sent nowhere else.
    """

    def __init__(
        self,
        door: Door,
        pages: Pages,
        scheduler: Scheduler,
        sign_ins: CalledSignIns,
        tries: FormTries,
        trusted_proxies: Sequence[Network],
        *,
        secure: bool,
    ) -> None:
        self._door = door
        self._pages = pages
        self._scheduler = scheduler
        self._sign_ins = sign_ins
        self._tries = tries
        self._trusted_proxies = trusted_proxies
        self._secure = secure
        # see Door
        self._cookie = "__Host-daybook-sign-in" if secure else "daybook-sign-in"

    def router(self) -> APIRouter:
        router = APIRouter()

        @router.get("/sign-in")
        async def ask(request: Request, next: str = "/") -> Response:  # noqa: A002 - the field's name in the address
            return self._form(request, local_path(next))

        @router.post("/sign-in/call")
        async def call(
            request: Request,
            number: Annotated[str, Form(max_length=40)] = "",
            next: Annotated[str, Form(max_length=2000)] = "/",  # noqa: A002 - as above
        ) -> Response:
            to, browser = local_path(next), self._browser(request) or new_token()
            try:
                typed = e164(number, _country(request))
                await self._count(request, CALLS_ASKED_FOR, browser)
                await self._sign_ins.start(browser.fingerprint, typed)
            except InvalidInput as error:
                return self._form(request, to, typed=number, problem=self._unreadable(request, error))
            except TooOften as error:
                return self._form(request, to, typed=number, problem=self._too_often(request, error))
            answer = RedirectResponse(_code_page(to), SEE_OTHER)
            answer.set_cookie(
                self._cookie,
                browser.text,
                max_age=int(COOKIE_LASTS.total_seconds()),
                path="/",
                secure=self._secure,
                httponly=True,
                samesite="strict",
            )
            return answer

        @router.get("/sign-in/code")
        async def ask_code(request: Request, next: str = "/") -> Response:  # noqa: A002 - as above
            browser = self._browser(request)
            if browser is None or not await self._sign_ins.waits(browser.fingerprint):
                return self._no_code(request)
            return self._code_form(request, local_path(next))

        @router.post("/sign-in/code")
        async def check(
            request: Request,
            code: Annotated[str, Form(max_length=40)] = "",
            next: Annotated[str, Form(max_length=2000)] = "/",  # noqa: A002 - as above
        ) -> Response:
            to, browser = local_path(next), self._browser(request)
            digits = "".join(character for character in code if not character.isspace() and character != "-")
            if browser is None:
                return self._no_code(request)
            language = self._door.language(request)
            if len(digits) != DIGITS or not (digits.isascii() and digits.isdigit()):
                sentence = language.say("The code has six digits.")
                return self._code_form(request, to, problem=_Problem(sentence, UNREADABLE))
            try:
                await self._count(request, CODES_TRIED, browser)
                tried = await self._sign_ins.check(browser.fingerprint, digits)
            except TooOften as error:
                return self._code_form(request, to, problem=self._too_often(request, error))
            except NotFound:
                return self._no_code(request)
            return await self._answered(request, tried, to)

        return router

    async def _answered(self, request: Request, tried: Tried, to: str) -> Response:
        language = self._door.language(request)
        if tried.person_id is None:
            if not tried.tries_left:
                return self._no_code(request)
            left = language.say_of(
                tried.tries_left, "You can try %(num)d more time.", "You can try %(num)d more times."
            )
            problem = _Problem(f"{language.say(_WRONG)} {left}", UNREADABLE)
            return self._code_form(request, to, problem=problem)
        try:
            person = await self._scheduler.person(tried.person_id)
        except NotFound:  # deleted since it rang
            return self._no_code(request)
        answer = RedirectResponse(to, SEE_OTHER)
        answer.delete_cookie(self._cookie, path="/", secure=self._secure, httponly=True, samesite="strict")
        await self._door.let_in(answer, tried.person_id, way="call", locale=person.locale)
        return answer

    async def _count(self, request: Request, limits: FormLimits, browser: NewToken) -> None:
        peer = request.client.host if request.client is not None else ""
        client = client_of(peer, request.headers.getlist("x-forwarded-for"), self._trusted_proxies)
        await self._tries.take(limits, browser=browser.fingerprint, client=client)

    def _browser(self, request: Request) -> NewToken | None:
        token = request.cookies.get(self._cookie, "")
        fingerprint = fingerprint_of(token)
        return None if fingerprint is None else NewToken(token, fingerprint)

    def _unreadable(self, request: Request, error: InvalidInput) -> _Problem:
        language = self._door.language(request)
        # of what window-scheduler refuses, the words are an operator's
        told = error.remedy if error.field == "number" else marked("This number cannot be called. Type another one.")
        return _Problem(language.say(told), UNREADABLE)

    def _too_often(self, request: Request, error: TooOften) -> _Problem:
        language = self._door.language(request)
        minutes = max(1, round(error.again_in / timedelta(minutes=1)))
        sentence = language.say_of(
            minutes,
            "That was too often. Try it again in %(num)d minute.",
            "That was too often. Try it again in %(num)d minutes.",
        )
        return _Problem(sentence, TOO_MANY, error.again_in)

    def _form(self, request: Request, to: str, *, typed: str = "", problem: _Problem = _NONE) -> Response:
        language, country = self._door.language(request), _country(request)
        answer = self._pages.page(
            "sign_in.html",
            language,
            status=problem.status,
            problem=problem.sentence,
            next=to,
            typed=typed,
            country=country_told(country, language) if country else "",
        )
        answer.headers.update(problem.headers)
        return answer

    def _code_form(self, request: Request, to: str, *, problem: _Problem = _NONE) -> Response:
        language = self._door.language(request)
        answer = self._pages.page(
            "sign_in_code.html", language, status=problem.status, problem=problem.sentence, next=to
        )
        answer.headers.update(problem.headers)
        return answer

    def _no_code(self, request: Request) -> Response:
        return self._pages.page("sign_in_no_code.html", self._door.language(request), status=NOT_THERE)


def _country(request: Request) -> str:
    return country_of(accepted(request.headers.get("accept-language", "")))


def _code_page(to: str) -> str:
    return str(URL("/sign-in/code").include_query_params(next=to))
