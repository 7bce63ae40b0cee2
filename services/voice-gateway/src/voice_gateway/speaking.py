"""How a name will be said, for the person who is typing it: the portal asks, and calls come first.

Google counts streams and requests of a project, whoever makes them (100 at once, 200 a minute; reference/telephony.md): what is
said here is bounded well below that, so that no greeting waits for it. A name stands in the request and in what is asked of
Google, and nowhere else (promise 6).
"""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager
from time import monotonic

import grpc
import structlog

from chassis.errors import Conflict, InvalidInput
from chassis.person_names import checked_name
from daybook.gateway.v1 import speaking_pb2 as pb
from daybook.gateway.v1.speaking_pb2_grpc import SpeakingServiceServicer
from voice_gateway.errors import GatewayFull, SpeechUnavailable
from voice_gateway.metrics import names_said
from voice_gateway.programme_files import programme_for
from voice_gateway.settings import Orchestrator
from voice_gateway.speech_trouble import SpeechTrouble
from voice_gateway.text_to_speech import TextToSpeech
from voice_gateway.wav import BYTES_PER_S, wav

log = structlog.get_logger()

LONGEST_S = 30
AT_ONCE = 2
A_MINUTE = 20
"""Of each process."""


class Speaking(SpeakingServiceServicer):
    """
    Args:
        voice: of the calls.
        trouble: what was wrong with it lately: then calls are spoken by another.
        orchestrator: that is set; the standard one speaks by the carrier's voice.
        operator_name: who calls, as the greeting says it.
        now: a monotonic clock, seconds.
    """

    def __init__(
        self,
        voice: TextToSpeech,
        trouble: SpeechTrouble,
        *,
        orchestrator: Orchestrator,
        operator_name: str,
        now: Callable[[], float] = monotonic,
    ) -> None:
        self._voice = voice
        self._trouble = trouble
        self._orchestrator = orchestrator
        self._operator_name = operator_name
        self._now = now
        self._being_said = 0
        self._begun: deque[float] = deque(maxlen=A_MINUTE)

    async def SayName(  # noqa: N802 - the contract names it
        self, request: pb.SayNameRequest, _context: "grpc.aio.ServicerContext[pb.SayNameRequest, pb.SayNameResponse]"
    ) -> pb.SayNameResponse:
        name = checked_name("spoken_name", request.spoken_name)
        if not name:
            raise InvalidInput("spoken_name", "is to be what the person is called; it is empty.")
        if self._orchestrator == "standard":
            raise Conflict("Calls are spoken by the carrier's voice: nobody hears beforehand how it says a name.")
        programme = programme_for(request.locale, self._operator_name)
        result = "unspoken"  # also where whoever asked does not wait any longer
        try:
            with self._place():
                audio = await self._said(programme.opening_for(name), programme.locale)
            result = "said"
        except GatewayFull:
            result = "turned_away"
            raise
        except SpeechUnavailable as error:
            log.warning("name.not_said", reason=str(error))
            raise
        finally:
            names_said.labels(result).inc()
        return pb.SayNameResponse(wav=wav(audio))

    @contextmanager
    def _place(self) -> Iterator[None]:
        now = self._now()
        many_lately = len(self._begun) == A_MINUTE and now - self._begun[0] < 60
        if self._being_said >= AT_ONCE or many_lately:
            raise GatewayFull("As many names are being said as may be beside the calls. Ask again in a minute.")
        self._begun.append(now)
        self._being_said += 1
        try:
            yield
        finally:
            self._being_said -= 1

    async def _said(self, text: str, locale: str) -> bytes:
        if self._trouble.reason() is not None:
            raise SpeechUnavailable("Calls cannot be spoken by Google just now. Ask again in a minute.")
        audio = bytearray()
        async with aclosing(self._voice.speak_once(text, locale)) as pieces:
            async for piece in pieces:
                audio += piece
                if len(audio) >= LONGEST_S * BYTES_PER_S:
                    break
        if not audio:
            raise SpeechUnavailable("Google Text-to-Speech gave no audio for a name.")
        return bytes(audio[: LONGEST_S * BYTES_PER_S])
