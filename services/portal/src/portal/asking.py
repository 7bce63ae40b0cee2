"""What the other services answer, as this house's errors: what was refused, by the name of its field where there is one."""

from collections.abc import Iterator
from contextlib import contextmanager

import grpc
import structlog

from chassis.errors import Conflict, DataLoss, InvalidInput, NotFound, Unavailable
from portal.errors import PersonDeleted
from portal.languages import marked

log = structlog.get_logger()

SCHEDULE_AWAY = marked("The schedule does not answer just now. Try it again in a minute.")
JOURNAL_AWAY = marked("The journal does not answer just now. Try it again in a minute.")
ATTEMPTS_AWAY = marked("What tells of the attempts to ring you does not answer just now. Try it again in a minute.")
VOICE_AWAY = marked("Daybook's voice cannot be had just now. Try it again in a minute.")

_BY_CODE = {
    grpc.StatusCode.NOT_FOUND: NotFound,
    grpc.StatusCode.FAILED_PRECONDITION: Conflict,
    grpc.StatusCode.DATA_LOSS: DataLoss,
}


@contextmanager
def answers_or(away: str) -> Iterator[None]:
    """Calls of a service stand in this block.

    Args:
        away: what a person is told where it does not answer.

    Raises:
        InvalidInput: by the name of the request's field.
        NotFound, Conflict, DataLoss: with the service's own sentence, which is made to be shown.
        Unavailable: it did not answer, or not as it should.
    """
    try:
        yield
    except grpc.aio.AioRpcError as error:
        told = error.details() or ""
        if error.code() is grpc.StatusCode.INVALID_ARGUMENT:
            field, _, remedy = told.partition(": ")
            raise InvalidInput(field, remedy) from None
        if (kind := _BY_CODE.get(error.code())) is not None:
            raise kind(told) from None
        log.warning("service.no_answer", code=error.code().name, told=away)
        raise Unavailable(away) from None


@contextmanager
def answers_about_person() -> Iterator[None]:
    """Calls of window-scheduler that are about a person stand in this block.

    Raises:
        PersonDeleted: it has none of this id.
        InvalidInput, Conflict, DataLoss, Unavailable: as by `answers_or`.
    """
    try:
        with answers_or(SCHEDULE_AWAY):
            yield
    except NotFound:
        raise PersonDeleted from None
