"""call-dispatcher, as a person's pages ask it: what was tried for their calls."""

from collections.abc import Mapping
from uuid import UUID

import grpc

from daybook.dispatcher.v1 import dispatcher_pb2 as pb
from daybook.dispatcher.v1.dispatcher_pb2_grpc import DialsServiceStub
from portal.asking import ATTEMPTS_AWAY, answers_or

DIALS_ASKED = 100
"""The newest; of a call before them nobody tells the attempts."""


class Dispatcher:
    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._dials = DialsServiceStub(channel)

    async def dials(self, person_id: UUID) -> Mapping[str, pb.Dial]:
        """What was decided and tried for a person's calls, by the call's id.

        Raises:
            Unavailable: it does not answer.
        """
        with answers_or(ATTEMPTS_AWAY):
            request = pb.ListDialsRequest(person_id=str(person_id), page_size=DIALS_ASKED)
            answer = await self._dials.ListDials(request)
        return {dial.call_id: dial for dial in answer.dials}
