"""Signing in by telephone: a number is typed, the telephone rings and tells a code, and the code signs in.

Nothing here tells whether a number is anybody's: what is answered to one that is, is answered to every other.
"""

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.datastructures import URL
from starlette.responses import RedirectResponse, Response

from chassis.errors import InvalidInput, NotFound
from portal.browser_sessions import new_token
from portal.called_sign_ins import CalledSignIns, Tried
from portal.cookies import Cookie
from portal.door import Door, local_path
from portal.entrance import Entrance
from portal.errors import PersonDeleted, TooOften
from portal.form_limits import CALLS_ASKED_FOR, CODES_TRIED, FormTries
from portal.languages import marked
from portal.pages import Pages
from portal.sign_in_page import NONE, Problem, SignInPage, reads_in_country
from portal.telephone_numbers import e164

COOKIE_LASTS = timedelta(hours=1)
DIGITS = 6
_WRONG = marked("That is not the code. Listen to it once more, or ask for another call.")


class SignInByCall:
    """
    Args:
        page: on which the number is typed.
        secure: the portal is reached by https.
    """

    def __init__(
        self,
        door: Door,
        pages: Pages,
        entrance: Entrance,
        sign_ins: CalledSignIns,
        tries: FormTries,
        page: SignInPage,
        *,
        secure: bool,
    ) -> None:
        self._door = door
        self._pages = pages
        self._entrance = entrance
        self._sign_ins = sign_ins
        self._tries = tries
        self._page = page
        self._cookie = Cookie("sign-in", secure, COOKIE_LASTS, "strict")

    def router(self) -> APIRouter:
        router = APIRouter()

        @router.post("/sign-in/call")
        async def call(
            request: Request,
            number: Annotated[str, Form(max_length=40)] = "",
            next: Annotated[str, Form(max_length=2000)] = "/",  # noqa: A002 - the field's name in the address
        ) -> Response:
            to, browser = local_path(next), self._cookie.token(request) or new_token()
            try:
                typed = e164(number, reads_in_country(request))
                await self._tries.count(request, CALLS_ASKED_FOR, browser.fingerprint)
                await self._sign_ins.start(browser.fingerprint, typed)
            except InvalidInput as error:
                return self._page.page(request, to, typed=number, problem=self._unreadable(request, error))
            except TooOften as error:
                return self._page.page(request, to, typed=number, problem=self._too_often(request, error))
            answer = RedirectResponse(_code_page(to), HTTPStatus.SEE_OTHER)
            self._cookie.put(answer, browser.text)
            return answer

        @router.get("/sign-in/code")
        async def ask_code(request: Request, next: str = "/") -> Response:  # noqa: A002 - the field's name in the address
            browser = self._cookie.token(request)
            if browser is None or not await self._sign_ins.waits(browser.fingerprint):
                return self._no_code(request)
            return self._code_form(request, local_path(next))

        @router.post("/sign-in/code")
        async def check(
            request: Request,
            code: Annotated[str, Form(max_length=40)] = "",
            next: Annotated[str, Form(max_length=2000)] = "/",  # noqa: A002 - the field's name in the address
        ) -> Response:
            to, browser = local_path(next), self._cookie.token(request)
            digits = "".join(character for character in code if not character.isspace() and character != "-")
            if browser is None:
                return self._no_code(request)
            language = self._door.language(request)
            if len(digits) != DIGITS or not (digits.isascii() and digits.isdigit()):
                sentence = language.say("The code has six digits.")
                return self._code_form(request, to, problem=Problem(sentence, HTTPStatus.UNPROCESSABLE_ENTITY))
            try:
                await self._tries.count(request, CODES_TRIED, browser.fingerprint)
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
            problem = Problem(f"{language.say(_WRONG)} {left}", HTTPStatus.UNPROCESSABLE_ENTITY)
            return self._code_form(request, to, problem=problem)
        try:
            answer = await self._entrance.let_in(tried.person_id, way="call", to=to)
        except PersonDeleted:  # since it rang
            return self._no_code(request)
        self._cookie.forget(answer)
        return answer

    def _unreadable(self, request: Request, error: InvalidInput) -> Problem:
        language = self._door.language(request)
        # of what window-scheduler refuses, the words are an operator's
        told = error.remedy if error.field == "number" else marked("This number cannot be called. Type another one.")
        return Problem(language.say(told), HTTPStatus.UNPROCESSABLE_ENTITY)

    def _too_often(self, request: Request, error: TooOften) -> Problem:
        language = self._door.language(request)
        minutes = max(1, round(error.again_in / timedelta(minutes=1)))
        sentence = language.say_of(
            minutes,
            "That was too often. Try it again in %(num)d minute.",
            "That was too often. Try it again in %(num)d minutes.",
        )
        return Problem(sentence, HTTPStatus.TOO_MANY_REQUESTS, error.again_in)

    def _code_form(self, request: Request, to: str, *, problem: Problem = NONE) -> Response:
        language = self._door.language(request)
        answer = self._pages.page(
            "sign_in_code.html", language, status=problem.status, problem=problem.sentence, next=to
        )
        answer.headers.update(problem.headers)
        return answer

    def _no_code(self, request: Request) -> Response:
        return self._pages.page("sign_in_no_code.html", self._door.language(request), status=HTTPStatus.NOT_FOUND)


def _code_page(to: str) -> str:
    return str(URL("/sign-in/code").include_query_params(next=to))
