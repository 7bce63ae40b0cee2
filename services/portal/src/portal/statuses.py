"""Which status of HTTP tells which of our errors, on a page and to a program alike. Pure."""

from collections.abc import Sequence
from http import HTTPStatus

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
from portal.errors import BeyondTheEnd, NotThatKind, PreconditionFailed, PreconditionRequired, TooLarge, TooOften

_STATUS: Sequence[tuple[type[DaybookError], HTTPStatus]] = (
    (InvalidInput, HTTPStatus.UNPROCESSABLE_ENTITY),
    (NotFound, HTTPStatus.NOT_FOUND),
    (PreconditionFailed, HTTPStatus.PRECONDITION_FAILED),
    (PreconditionRequired, HTTPStatus.PRECONDITION_REQUIRED),
    (Conflict, HTTPStatus.CONFLICT),
    (TooLarge, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (NotThatKind, HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
    (BeyondTheEnd, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE),
    (Unauthenticated, HTTPStatus.UNAUTHORIZED),
    (Forbidden, HTTPStatus.FORBIDDEN),
    (TooOften, HTTPStatus.TOO_MANY_REQUESTS),
    (DataLoss, HTTPStatus.INTERNAL_SERVER_ERROR),
    (Unavailable, HTTPStatus.SERVICE_UNAVAILABLE),
)


def status_of(error: Exception) -> HTTPStatus:
    return next((status for kind, status in _STATUS if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)
