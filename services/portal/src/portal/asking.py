"""What the other services answer, as this house's errors: what was refused, by the name of its field where there is one."""

from collections.abc import Iterator
from contextlib import contextmanager

import grpc

from chassis.errors import Conflict, DataLoss, InvalidInput, NotFound, Unavailable

_BY_CODE = {
    grpc.StatusCode.NOT_FOUND: NotFound,
    grpc.StatusCode.FAILED_PRECONDITION: Conflict,
    grpc.StatusCode.DATA_LOSS: DataLoss,
}


@contextmanager
def answers_of(service: str) -> Iterator[None]:
    """Calls of a service stand in this block.

    Args:
        service: as it is named in a sentence, e.g. "The journal".

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
        raise Unavailable(
            f"{service} does not answer just now ({error.code().name}). Try it again in a minute."
        ) from None
