"""window-scheduler: whether a call may be dialed at this moment, and to which number.

Numbers are asked for at the moment of use and kept nowhere. In doubt there is no dial: an answer that does not come, or that
allows a dial and names no number, is none (promise 2).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import grpc
from pydantic import SecretStr

from call_dispatcher.errors import SchedulerUnavailable, UnknownPerson
from call_dispatcher.metrics import refusal_term
from daybook.scheduler.v1 import scheduler_pb2, scheduler_pb2_grpc

TIMEOUT_S = 3.0


@dataclass(frozen=True)
class Allowed:
    phone_number: SecretStr


@dataclass(frozen=True)
class Refused:
    """Not allowed.

    Attributes:
        reason: the rule, in a stable term (`quiet_hours`).
        retry_at: when it is worth asking again; None where it is not.
    """

    reason: str
    retry_at: datetime | None


class DialAuthority:
    """Asks window-scheduler. One a process."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._calls = scheduler_pb2_grpc.CallsServiceStub(channel)
        self._people = scheduler_pb2_grpc.PeopleServiceStub(channel)

    async def ask(self, call_id: str, attempt_id: str) -> Allowed | Refused:
        """May this attempt be made now, and to which number?

        Raises:
            SchedulerUnavailable: there is no answer, and so no dial.
        """
        request = scheduler_pb2.AuthorizeDialRequest(call_id=call_id, attempt_id=attempt_id)
        with _errors():
            answer = await self._calls.AuthorizeDial(request, timeout=TIMEOUT_S)
        if answer.allowed and answer.phone_number:
            return Allowed(SecretStr(answer.phone_number))
        reason = refusal_term(answer.refusal)
        retry_at = answer.retry_at.ToDatetime(tzinfo=UTC) if answer.HasField("retry_at") else None
        return Refused(reason, retry_at)

    async def phone_number(self, person_id: str) -> SecretStr:
        """The number of a person who has been dialed, to find that call at the carrier. It does not allow a dial.

        Raises:
            UnknownPerson: the person was deleted.
            SchedulerUnavailable: there is no answer.
        """
        with _errors():
            answer = await self._people.GetPerson(
                scheduler_pb2.GetPersonRequest(person_id=person_id), timeout=TIMEOUT_S
            )
        return SecretStr(answer.person.phone_number)


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except grpc.aio.AioRpcError as error:
        if error.code() is grpc.StatusCode.NOT_FOUND:
            raise UnknownPerson("window-scheduler has no such person any more: they were deleted.") from None
        # `from None`: the server's details are not ours to repeat
        raise SchedulerUnavailable(
            f"window-scheduler did not answer ({error.code().name}). Is it running, and does DAYBOOK_SCHEDULER_TARGET name it?"
        ) from None
