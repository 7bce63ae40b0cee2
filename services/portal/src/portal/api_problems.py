"""What goes wrong, as programs are told it: problem details (RFC 9457), with the path of each field that cannot be right."""

import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Match, Route

from chassis.errors import (
    DaybookError,
    InvalidInput,
    NotFound,
    Unauthenticated,
    Unavailable,
)
from portal.byte_ranges import nothing_of
from portal.errors import BeyondTheEnd, TooOften
from portal.statuses import status_of

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"
TITLES: Mapping[int, str] = {
    400: "The request cannot be read",
    401: "A token is needed",
    403: "The token may not do this",
    404: "There is nothing here",
    405: "This cannot be done here",
    409: "It cannot be done as things stand",
    412: "It has changed meanwhile",
    413: "The file is too large",
    415: "This is not the kind of file that is taken here",
    416: "The file has nothing of this part",
    422: "Something in the request cannot be right",
    428: "It has to say what it was based on",
    429: "Too many requests",
    500: "Something failed here",
    503: "A part does not answer",
}


class FieldProblem(BaseModel):
    """What is wrong with one field of a request."""

    field: str = Field(description="Its path in the request, e.g. times.starts_at")
    detail: str = Field(description="What would be right")


class Problem(BaseModel):
    """RFC 9457."""

    type: str = Field(default="about:blank", description="There are no others: status tells the kind")
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] | None = Field(default=None, description="Field by field, where it is about fields")


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """How an endpoint's description names its refusals."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {status: {"description": TITLES[status], "content": {MEDIA_TYPE: {"schema": schema}}} for status in statuses}


TOO_LARGE: Mapping[int | str, dict[str, Any]] = {
    413: {"description": "The request is too large", "content": {"text/plain": {"schema": {"type": "string"}}}}
}
"""Told before any of our code is asked, in a few words (FastAPI's `max_body_size`)."""


def tell_problems(app: FastAPI, routes: Sequence[BaseRoute]) -> None:
    """Has an application tell all that goes wrong as problem details.

    Args:
        app: whose refusals they are.
        routes: its endpoints, by which it is told which methods there are where one is refused (RFC 9110, 15.5.6). By itself
            Starlette tells those of the first endpoint of that path alone.
    """

    async def told(request: Request, error: Exception) -> Response:
        match error:
            case DaybookError():
                return _refused(error)
            case RequestValidationError():
                return _problem(422, "Something in what was sent is missing or cannot be right.", errors=_errors(error))
            case HTTPException(status_code=405):
                methods = {method for route in routes for method in _methods(route, request)}
                return _problem(405, "See Allow.", headers={"allow": ", ".join(sorted(methods)) or "GET"})
            case HTTPException(status_code=status):
                return _problem(status, f"{TITLES.get(status, 'It did not work')}.", headers=error.headers)
        log.error("request.failed", method=request.method, exc_info=error)
        return _problem(500, "It has been noted; try it again later.")

    for kind in (DaybookError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, told)


def _methods(route: BaseRoute, request: Request) -> AbstractSet[str]:
    """The methods of an endpoint, if it is at the path of the request."""
    if not isinstance(route, Route) or route.matches(request.scope)[0] is Match.NONE:
        return frozenset()
    return route.methods or frozenset()


def _refused(error: DaybookError) -> Response:
    status = status_of(error)
    match error:
        case InvalidInput():
            return _problem(status, str(error), errors=[FieldProblem(field=error.field, detail=error.remedy)])
        case NotFound():
            # what there is of somebody else's is told like what there is not
            return _problem(status, "You have nothing of this id.")
        case BeyondTheEnd():
            return _problem(status, str(error), headers={"content-range": nothing_of(error.total_bytes)})
        case Unauthenticated():
            told = "Show a token as `Authorization: Bearer …`: one that you made on the page Me, and that still holds."
            return _problem(status, told, headers={"www-authenticate": 'Bearer error="invalid_token"'})
        case TooOften():
            wait_s = math.ceil(error.again_in.total_seconds())
            return _problem(status, "Wait as long as Retry-After says.", headers={"retry-after": str(wait_s)})
        case Unavailable():
            return _problem(status, str(error), headers={"retry-after": "10"})
    return _problem(status, str(error))


def _errors(error: RequestValidationError) -> list[FieldProblem]:
    """Where it stands and what would be right, and not what was sent."""
    return [
        FieldProblem(field=".".join(str(part) for part in each["loc"][1:]) or str(each["loc"][0]), detail=each["msg"])
        for each in error.errors()
    ]


def _problem(
    status: int, detail: str, *, errors: list[FieldProblem] | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    told = Problem(title=TITLES.get(status, "It did not work"), status=status, detail=detail, errors=errors)
    return JSONResponse(told.model_dump(exclude_none=True), status, headers, MEDIA_TYPE)
