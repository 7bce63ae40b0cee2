"""Each error that a page or a program can meet has its status, the kinds of one family told apart."""

from http import HTTPStatus

import pytest

from chassis.errors import Conflict, InvalidInput, NotFound, Unavailable
from portal import errors
from portal.statuses import status_of


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InvalidInput("name", "is to be shorter."), HTTPStatus.UNPROCESSABLE_ENTITY),
        (NotFound("nothing"), HTTPStatus.NOT_FOUND),
        (errors.NoSuchRecording(), HTTPStatus.NOT_FOUND),
        (Conflict("not now"), HTTPStatus.CONFLICT),
        (errors.AccountTaken(), HTTPStatus.CONFLICT),
        (errors.PreconditionFailed("it changed"), HTTPStatus.PRECONDITION_FAILED),
        (errors.BeyondTheEnd(7), HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE),
        (errors.MayNotChange(), HTTPStatus.FORBIDDEN),
        (Unavailable("away"), HTTPStatus.SERVICE_UNAVAILABLE),
        (errors.ProviderFails("no_answer", "ReadTimeout"), HTTPStatus.SERVICE_UNAVAILABLE),
        (errors.EntryDamaged(), HTTPStatus.INTERNAL_SERVER_ERROR),
        (KeyError("nobody foresaw it"), HTTPStatus.INTERNAL_SERVER_ERROR),
    ],
    ids=lambda each: type(each).__name__ if isinstance(each, Exception) else "",
)
def test_an_error_has_its_status(error, status):
    assert status_of(error) is status
