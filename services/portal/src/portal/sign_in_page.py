"""The page on which whoever is not signed in chooses a way to sign in."""

from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

from fastapi import APIRouter, Request
from starlette.responses import Response

from portal.door import Door, local_path
from portal.languages import accepted
from portal.pages import Pages
from portal.telephone_numbers import country_of, country_told


@dataclass(frozen=True)
class Problem:
    """What is wrong with a form: its sentence, and the status of the page that shows it."""

    sentence: str
    status: HTTPStatus
    again_in: timedelta = timedelta()

    @property
    def headers(self) -> dict[str, str]:
        if self.status is not HTTPStatus.TOO_MANY_REQUESTS:
            return {}
        return {"retry-after": str(round(self.again_in.total_seconds()) or 1)}


NONE = Problem("", HTTPStatus.OK)


@dataclass(frozen=True)
class Ways:
    """How people can sign in, beside the link that an operator makes.

    Attributes:
        call: by a code that a call tells.
        provider: the name of the OpenID provider at which they can; empty: there is none.
    """

    call: bool
    provider: str


class SignInPage:
    def __init__(self, door: Door, pages: Pages, ways: Ways) -> None:
        self._door = door
        self._pages = pages
        self._ways = ways

    def router(self) -> APIRouter:
        router = APIRouter()

        @router.get("/sign-in")
        async def ask(request: Request, next: str = "/") -> Response:  # noqa: A002 - the field's name in the address
            return self.page(request, local_path(next))

        return router

    def page(self, request: Request, to: str, *, typed: str = "", problem: Problem = NONE) -> Response:
        """
        Args:
            request: of who asks for it.
            to: the page to go to afterwards.
            typed: the number that was.
            problem: what is wrong with that.
        """
        language, country = self._door.language(request), reads_in_country(request)
        answer = self._pages.page(
            "sign_in.html",
            language,
            status=problem.status,
            problem=problem.sentence,
            next=to,
            typed=typed,
            country=country_told(country, language) if country else "",
            ways=self._ways,
        )
        answer.headers.update(problem.headers)
        return answer


def reads_in_country(request: Request) -> str:
    """The country of the first language that a browser asks for, ISO 3166-1; empty where it names none."""
    return country_of(accepted(request.headers.get("accept-language", "")))
