"""What goes wrong, as programs are told it: problem details (RFC 9457), with the path of each field that cannot be right."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from chassis.errors import (
    Conflict,
    DataLoss,
    DaybookError,
    Forbidden,
    InvalidInput,
    NotFound,
    Unauthenticated,
    Unavailable,
)
from portal.errors import TooFast

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"
TITLES: Mapping[int, str] = {
    400: "The request cannot be read",
    401: "A token is needed",
    403: "The token may not do this",
    404: "There is nothing of this id",
    405: "This cannot be done here",
    409: "It cannot be done as things stand",
    412: "It has changed meanwhile",
    413: "The request is too large",
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


class PreconditionFailed(DaybookError):
    """What was to be changed is not any more as it was when the program read it."""


class PreconditionRequired(DaybookError):
    """A change has to say what it was based on."""


_STATUS: Sequence[tuple[type[DaybookError], int]] = (
    (InvalidInput, 422),
    (NotFound, 404),
    (PreconditionFailed, 412),
    (PreconditionRequired, 428),
    (Conflict, 409),
    (Unauthenticated, 401),
    (Forbidden, 403),
    (TooFast, 429),
    (DataLoss, 500),
    (Unavailable, 503),
)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """How an endpoint's description names its refusals."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {status: {"description": TITLES[status], "content": {MEDIA_TYPE: {"schema": schema}}} for status in statuses}


def tell_problems(app: FastAPI) -> None:
    """Has an application tell all that goes wrong as problem details."""
    for kind in (DaybookError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, _told)


async def _told(request: Request, error: Exception) -> Response:
    match error:
        case DaybookError():
            return _refused(error)
        case RequestValidationError():
            return _problem(422, "Something in what was sent is missing or cannot be right.", errors=_errors(error))
        case HTTPException(status_code=status):
            told = "There is nothing at this address." if status == 404 else f"{TITLES.get(status, 'It did not work')}."
            return _problem(status, told, headers=error.headers)
    log.error("request.failed", method=request.method, exc_info=error)
    return _problem(500, "Something failed here. It has been noted; try it again later.")


def _refused(error: DaybookError) -> Response:
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
    match error:
        case InvalidInput():
            return _problem(status, str(error), errors=[FieldProblem(field=error.field, detail=error.remedy)])
        case NotFound():
            # what there is of somebody else's is told like what there is not
            return _problem(status, "You have nothing of this id.")
        case Unauthenticated():
            told = "Show a token as `Authorization: Bearer …`: one that you made on the page Me, and that still holds."
            return _problem(status, told, headers={"www-authenticate": 'Bearer error="invalid_token"'})
        case TooFast():
            return _problem(status, str(error), headers={"retry-after": str(math.ceil(error.wait_s))})
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
