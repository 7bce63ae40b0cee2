"""One stream of `StreamingRecognize`: what comes in is held to the rules, what the ears hear goes out."""

import asyncio
from datetime import timedelta

import grpc
from google.cloud.speech_v2 import types

from emulators import mulaw
from emulators.google_speech import rules
from emulators.google_speech.ears import Ears, Final, Heard, Hearing, Interim, SpeechBegan, SpeechEnded, UnknownLanguage
from emulators.program import EmulatorSettings
from emulators.refusals import BreakingPoint, Refused, invalid

Request = types.StreamingRecognizeRequest
Response = types.StreamingRecognizeResponse
Context = grpc.aio.ServicerContext[Request, Response]

_MAX_STREAM_BYTES = int(rules.MAX_STREAM.total_seconds() * mulaw.SAMPLE_RATE_HZ)


class Stream:
    """A client's stream, from its first message to its status.

    Results leave in the order of the audio: what ends the stream (the client, a rule, a fault) waits in line behind the
    audio that came before it.
    """

    def __init__(self, context: Context, hearing: Hearing, settings: EmulatorSettings, breaking: BreakingPoint) -> None:
        self._context = context
        self._hearing = hearing
        self._settings = settings
        self._breaking = breaking
        self._inbox: asyncio.Queue[bytes | Refused | None] = asyncio.Queue()
        self._ends_at = asyncio.get_running_loop().time() + settings.real(rules.MAX_STREAM)

    async def run(self) -> None:
        """Serves the stream to its end.

        Raises:
            Refused: it ends with a status other than OK.
        """
        await self._breaking.reached(0)
        first = await self._read()
        if first is None:
            return
        wishes = rules.read_configuration(first)
        try:
            ears = self._hearing.listen(wishes.language_code)
        except UnknownLanguage as error:
            raise invalid(str(error)) from error
        async with asyncio.TaskGroup() as tasks:
            receiving = tasks.create_task(self._receive())
            refusal = await self._answer(ears, Answers(wishes))
            receiving.cancel()
        if refusal is not None:
            raise refusal

    async def _receive(self) -> None:
        """Puts the audio in line, and what ends it."""
        received_bytes = 0
        try:
            while (request := await self._read()) is not None:
                audio = rules.read_audio(request)
                received_bytes += len(audio)
                self._inbox.put_nowait(audio)
                await self._breaking.reached(received_bytes)
                if received_bytes >= _MAX_STREAM_BYTES:
                    raise rules.too_long()
            self._inbox.put_nowait(None)
        except Refused as refusal:
            self._inbox.put_nowait(refusal)

    async def _read(self) -> Request | None:
        """The next message, or None where the client has closed its side."""
        now = asyncio.get_running_loop().time()
        silence_ends_at = now + self._settings.real(rules.MAX_WITHOUT_AUDIO)
        try:
            async with asyncio.timeout_at(min(silence_ends_at, self._ends_at)):
                message = await self._context.read()
        except TimeoutError:
            raise (rules.too_long() if self._ends_at < silence_ends_at else rules.no_audio()) from None
        return message if isinstance(message, Request) else None

    async def _answer(self, ears: Ears, answers: "Answers") -> Refused | None:
        """Tells what is heard, until what ends the stream is next in line."""
        heard_bytes = 0
        while isinstance(audio := await self._inbox.get(), bytes):
            heard_bytes += len(audio)
            async for heard in ears.hear(audio):
                await self._tell(heard, answers)
            if answers.time_is_up(mulaw.duration(heard_bytes)):
                audio = None
                break
            if self._inbox.empty() and (guess := await ears.guess()) is not None:
                await self._tell(guess, answers)
        if audio is None:
            async for heard in ears.finish():
                await self._tell(heard, answers)
        return audio

    async def _tell(self, heard: Heard, answers: "Answers") -> None:
        for response in answers.to(heard):
            await self._context.write(response)


class Answers:
    """Turns what was heard into the messages that the client asked for."""

    def __init__(self, wishes: rules.Wishes) -> None:
        self._wishes = wishes
        self._finals = 0
        self._silent_since: timedelta | None = timedelta(0)
        self._ever_spoken = False

    def to(self, heard: Heard) -> list[Response]:
        match heard:
            case SpeechBegan(at):
                self._silent_since = None
                self._ever_spoken = True
                return self._event(Response.SpeechEventType.SPEECH_ACTIVITY_BEGIN, at)
            case SpeechEnded(at):
                self._silent_since = at
                return self._event(Response.SpeechEventType.SPEECH_ACTIVITY_END, at)
            case Interim(text, end, stability):
                if not self._wishes.interim_results:
                    return []
                return [self._result(types.SpeechRecognitionAlternative(transcript=self._spaced(text)), end, stability)]
            case Final(text, end, confidence):
                alternative = types.SpeechRecognitionAlternative(transcript=self._spaced(text), confidence=confidence)
                self._finals += 1
                return [self._result(alternative, end, stability=None)]

    def time_is_up(self, heard: timedelta) -> bool:
        """Whether the client asked for the stream to be closed after a silence like this."""
        patience = self._wishes.speech_end_timeout if self._ever_spoken else self._wishes.speech_start_timeout
        return patience is not None and self._silent_since is not None and heard - self._silent_since >= patience

    def _event(self, kind: int, at: timedelta) -> list[Response]:
        return [Response(speech_event_type=kind, speech_event_offset=at)] if self._wishes.activity_events else []

    def _result(
        self, alternative: types.SpeechRecognitionAlternative, end: timedelta, stability: float | None
    ) -> Response:
        result = types.StreamingRecognitionResult(
            alternatives=[alternative],
            is_final=stability is None,
            stability=stability or 0.0,
            result_end_offset=end,
            language_code=self._wishes.language_code,
        )
        return Response(results=[result])

    def _spaced(self, text: str) -> str:
        """Finals are to be put together as they are, so each but the first begins with a space."""
        return f" {text}" if self._finals else text
