"""How to address the person of a call: window-scheduler is asked at the moment of use."""

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
    """What a call needs to know of its person. Name and code are kept out of what a log or a debugger prints of it.

    Attributes:
        for_sign_in: it is to tell a code, and no conversation is held.
        code: six digits; empty where it is of no use any more, and for every other call.
    """

    person_id: str
    spoken_name: str = field(repr=False)
    locale: str
    programme: str
    for_sign_in: bool = False
    code: str = field(default="", repr=False)


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
        try:
            response = await self._stub.GetCallBriefing(request, timeout=ANSWERED_WITHIN_S)
        except grpc.aio.AioRpcError as error:
            if error.code() in {grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT}:
                raise NotFound("There is no such call.") from None
            raise Unavailable(
                f"window-scheduler did not say how to address the person of this call ({error.code().name}). "
                "Is it running, and does DAYBOOK_SCHEDULER_TARGET name it?"
            ) from None
        return Briefing(
            response.person_id,
            response.spoken_name,
            response.locale,
            self._known_programme(response.programme),
            response.for_sign_in,
            response.code,
        )

    def _known_programme(self, name: str) -> str:
        """The programme; the default for a name of a newer release, and where a scheduler of the release before tells none."""
        if name in PROGRAMMES:
            return name
        if name and name not in self._unknown_programmes:
            self._unknown_programmes.add(name)
            log.warning("programme.unknown", programme=name, instead=DEFAULT_PROGRAMME)
        return DEFAULT_PROGRAMME
