"""How to address the person of a call: window-scheduler is asked at the moment of use."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import grpc
import structlog

from chassis.errors import NotFound, Unavailable
from daybook.scheduler.v1 import scheduler_pb2 as pb
from daybook.scheduler.v1.scheduler_pb2_grpc import CallsServiceStub
from voice_gateway.programme_files import PROGRAMMES
from voice_gateway.programmes import DEFAULT_PROGRAMME

log = structlog.get_logger()

ANSWERED_WITHIN_S = 3.0


@dataclass(frozen=True)
class Briefing:
    """What a call needs to know of its person. The name is kept out of what a log or a debugger prints of it.

    Attributes:
        for_sign_in: it is to tell a code, and no conversation is held.
    """

    person_id: str
    spoken_name: str = field(repr=False)
    locale: str
    programme: str
    for_sign_in: bool = False


class Briefings:
    """A client of window-scheduler's gRPC."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = CallsServiceStub(channel)
        self._unknown_programmes: set[str] = set()

    async def of_call(self, call_id: str) -> Briefing:
        """
        Raises:
            NotFound: there is no such call.
            Unavailable: window-scheduler did not answer.
        """
        request = pb.GetCallBriefingRequest(call_id=call_id)
        with _answers("how to address the person of this call"):
            response = await self._stub.GetCallBriefing(request, timeout=ANSWERED_WITHIN_S)
        return Briefing(
            response.person_id,
            response.spoken_name,
            response.locale,
            self._known_programme(response.programme),
            response.for_sign_in,
        )

    async def code_of_call(self, call_id: str) -> str:
        """The code that a call for signing in tells, which is right from then on; empty where it is of no use any more.

        Raises:
            NotFound: there is no such call.
            Unavailable: window-scheduler did not answer.
        """
        with _answers("which code this call tells"):
            return (await self._stub.TellCode(pb.TellCodeRequest(call_id=call_id), timeout=ANSWERED_WITHIN_S)).code

    def _known_programme(self, name: str) -> str:
        """The programme; the default for a name of a newer release, and where a scheduler of the release before tells none."""
        if name in PROGRAMMES:
            return name
        if name and name not in self._unknown_programmes:
            self._unknown_programmes.add(name)
            log.warning("programme.unknown", programme=name, instead=DEFAULT_PROGRAMME)
        return DEFAULT_PROGRAMME


@contextmanager
def _answers(asked: str) -> Iterator[None]:
    try:
        yield
    except grpc.aio.AioRpcError as error:
        if error.code() in {grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT}:
            raise NotFound("There is no such call.") from None
        raise Unavailable(
            f"window-scheduler did not say {asked} ({error.code().name}). "
            "Is it running, and does DAYBOOK_SCHEDULER_TARGET name it?"
        ) from None
