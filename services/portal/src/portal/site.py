"""The portal's web application: its pages, what is served beside them, and how whatever goes wrong is told."""

import math
import re
import time
from collections.abc import Awaitable, Callable, Iterable
from http import HTTPStatus

import structlog
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import URL
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount
from starlette.types import ASGIApp

from chassis.errors import DaybookError, InvalidInput
from portal import metrics
from portal.api import PATH as API_PATH
from portal.door import Door, Visit, local_path
from portal.errors import PersonDeleted, SignInNeeded, TooOften
from portal.languages import marked
from portal.pages import Pages
from portal.security_headers import SecurityHeaders
from portal.static_files import StaticFiles
from portal.statuses import status_of

log = structlog.get_logger()

MOST_BYTES = 3 * 2**20
"""Of a form, which is read before anybody knows whose it is: the longest has 200,000 characters, of up to twelve bytes each.
No form but that of an archive has a file: what reads them would put one on a disk in clear."""
MOST_FIELDS = 500


class Site:
    """
    Args:
        parts: the routes of all pages.
        api: what answers programs, below API_PATH, with refusals of its own.
        secure: it is reached by https.
    """

    def __init__(
        self, door: Door, pages: Pages, static: StaticFiles, parts: Iterable[APIRouter], api: ASGIApp, *, secure: bool
    ) -> None:
        self._door = door
        self._pages = pages
        self._static = static
        self._parts = parts
        self._api = api
        self._secure = secure

    def app(self) -> FastAPI:
        app = FastAPI(title="Daybook portal", docs_url=None, redoc_url=None, openapi_url=None)
        for part in self._parts:
            app.include_router(
                part,
                dependencies=[Depends(self._door.check_site)],
                max_body_size=MOST_BYTES,
                form_limits={"max_files": 0, "max_fields": MOST_FIELDS},
            )
        app.router.routes.append(self._static.route())
        api = Mount(API_PATH, self._api)
        api.path_regex = re.compile(api.path_regex.pattern, re.DOTALL)  # else a line feed in a path leads to our pages
        app.router.routes.append(api)
        app.add_exception_handler(SignInNeeded, self._to_sign_in)
        app.add_exception_handler(PersonDeleted, self._to_farewell)
        app.add_exception_handler(InvalidInput, self._unreadable)
        app.add_exception_handler(DaybookError, self._told)
        app.add_exception_handler(RequestValidationError, self._unreadable)
        app.add_exception_handler(HTTPException, self._no_page)
        app.add_exception_handler(Exception, self._failed)
        app.middleware("http")(self._timed)
        app.add_middleware(SecurityHeaders, secure=self._secure)
        return app

    async def _timed(self, request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
        began, status = time.monotonic(), 500
        try:
            answer = await go_on(request)
            status = answer.status_code
        finally:  # what nobody foresaw passes through here, and is told by `_failed`
            route = getattr(request.scope.get("route"), "path", "")
            name = request.scope.get("root_path", "") + route if route else "none"
            metrics.pages.labels(name, f"{status // 100}xx").observe(time.monotonic() - began)
            metrics.failed_pages.inc(status >= 500)
        return answer

    async def _to_sign_in(self, request: Request, _error: Exception) -> Response:
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        to = URL("/sign-in")
        if request.method == "GET":
            to = to.include_query_params(next=local_path(here))
        answer = RedirectResponse(str(to), HTTPStatus.SEE_OTHER)
        self._door.forget(answer)
        return answer

    async def _to_farewell(self, _request: Request, _error: Exception) -> Response:
        """Whoever was deleted may have a journal still: where the rest is deleted is the one page that they have."""
        return RedirectResponse("/me/delete", HTTPStatus.SEE_OTHER)

    async def _told(self, request: Request, error: Exception) -> Response:
        answer = self._problem(request, status_of(error), str(error))
        if isinstance(error, TooOften):
            answer.headers["retry-after"] = str(math.ceil(error.again_in.total_seconds()))
        return answer

    async def _unreadable(self, request: Request, _error: Exception) -> Response:
        """Of what a page's own form would not send: a field that a person typed in is told beside it, by that page."""
        return self._problem(
            request, 422, marked("Something in what was sent is missing or cannot be read. Go back and try again.")
        )

    async def _no_page(self, request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        told = marked("There is no such page.") if status == 404 else marked("This page does not take that.")
        return self._problem(request, status, told)

    async def _failed(self, request: Request, error: Exception) -> Response:
        log.error("page.failed", method=request.method, exc_info=error)
        return self._problem(request, 500, marked("Something failed here. It has been noted; try it again later."))

    def _problem(self, request: Request, status: int, sentence: str) -> Response:
        visit: Visit | None = getattr(request.state, "visit", None)
        language = self._door.language(request) if visit is None else visit.language
        return self._pages.page("problem.html", language, status=status, visit=visit, sentence=language.say(sentence))
