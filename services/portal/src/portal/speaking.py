"""voice-gateway, as a person's pages ask it: how Daybook will say their name."""

import grpc

from chassis.errors import Conflict
from daybook.gateway.v1 import speaking_pb2 as pb
from daybook.gateway.v1.speaking_pb2_grpc import SpeakingServiceStub
from portal.asking import VOICE_AWAY, answers_or
from portal.errors import NotHeardBeforehand


class Speaking:
    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._speaking = SpeakingServiceStub(channel)

    async def name(self, spoken_name: str, locale: str) -> bytes:
        """A WAV file of the greeting's sentence with the name in it.

        Args:
            spoken_name: as it is to be said.
            locale: BCP 47, of the person.

        Raises:
            InvalidInput: no name can be like that.
            NotHeardBeforehand: calls are spoken by another voice.
            Unavailable: it does not answer, or the calls come first.
        """
        request = pb.SayNameRequest(locale=locale, spoken_name=spoken_name)
        try:
            with answers_or(VOICE_AWAY):
                answer = await self._speaking.SayName(request)
        except Conflict:
            raise NotHeardBeforehand from None
        return answer.wav
