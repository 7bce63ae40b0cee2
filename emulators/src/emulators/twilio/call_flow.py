"""What the app's TwiML makes of an answered call: verb after verb, document after document."""

import asyncio
from collections.abc import Callable, Mapping
from urllib.parse import urljoin

from emulators.errors import UnspeakableText
from emulators.twilio.call_requests import InlineTwiml
from emulators.twilio.calls import Call
from emulators.twilio.errors import MalformedTwiml, TwilioError, WebhookFailed
from emulators.twilio.exchange import Exchange
from emulators.twilio.gathering import Gathered, Gathering
from emulators.twilio.line import Line
from emulators.twilio.media_stream import MediaStream
from emulators.twilio.tracks import FRAME_MS, SILENT_FRAME
from emulators.twilio.twiml import (
    SCHEMA_WARNING,
    Connect,
    Document,
    Gather,
    Hangup,
    Pause,
    Redirect,
    Say,
    Target,
    Verb,
    read_twiml,
)

INVALID_CONTENT_TYPE = 12300
INVALID_TEXT = 13520
APOLOGY = "We are sorry, an application error has occurred. Goodbye."

_XML_TYPES = ("text/xml", "application/xml")
_PLAYED = "emulator: played"


class _Fetch:
    """A document to ask for, with what the last verb has found out."""

    def __init__(self, target: Target, parameters: Mapping[str, str]) -> None:
        self.target = target
        self.parameters = parameters


_Next = _Fetch | InlineTwiml | None
Report = Callable[[Target, Mapping[str, str]], object]


class CallFlow:
    """The TwiML of one call.

    Args:
        call: its record.
        line: where it is heard.
        exchange: the carrier's equipment.
        parameters: told with the first document's request, beside those of the call.
        report: tells the app something without waiting for its answer, even if the call ends meanwhile.
    """

    def __init__(
        self, call: Call, line: Line, exchange: Exchange, parameters: Mapping[str, str], report: Report
    ) -> None:
        self._call = call
        self._line = line
        self._exchange = exchange
        self._first = _next_of(call.request.voice, parameters)
        self._report = report
        self._url = ""
        self._redirected: _Next = None
        self._running: asyncio.Task[_Next] | None = None

    async def run(self) -> None:
        """Runs until a document says to hang up, or has no verb left."""
        step: _Next = self._first
        while step is not None:
            async with asyncio.TaskGroup() as tasks:
                self._running = tasks.create_task(self._follow(step))
            if self._redirected is not None:
                step, self._redirected = self._redirected, None
            else:
                step = self._running.result()

    def redirect(self, voice: Target | InlineTwiml) -> None:
        """Leaves the document that is running and takes another."""
        self._redirected = _next_of(voice, {})
        if self._running is not None:
            self._running.cancel()

    async def _follow(self, step: _Fetch | InlineTwiml) -> _Next:
        try:
            document = await self._document(step)
        except TwilioError as error:
            self._note(error.code, error.message)
            await self._say(APOLOGY)
            return None
        for warning in document.warnings:
            self._note(SCHEMA_WARNING, warning)
        for verb in document.verbs:
            if isinstance(verb, Hangup):
                return None
            following = await self._perform(verb)
            if following is not None:
                return following
        return None

    async def _document(self, step: _Fetch | InlineTwiml) -> Document:
        if isinstance(step, InlineTwiml):
            return read_twiml(step.text)
        try:
            return await self._fetch(step)
        except TwilioError as error:
            fallback = self._call.request.fallback
            if fallback is None:
                raise
            self._note(error.code, error.message)
            told = {**step.parameters, "ErrorCode": str(error.code), "ErrorUrl": step.target.url}
            return await self._fetch(_Fetch(fallback, told))

    async def _fetch(self, step: _Fetch) -> Document:
        target = self._target(step.target)
        self._url = target.url
        try:
            answer = await self._exchange.webhooks.send(target, {**self._call.parameters(), **step.parameters})
        except WebhookFailed as failure:
            self._exchange.events.tell("webhook.failed", self._call.sid, url=target.url, code=failure.code)
            raise
        self._exchange.events.tell("webhook.answered", self._call.sid, url=target.url)
        if not answer.content_type.lower().startswith(_XML_TYPES):
            raise MalformedTwiml(INVALID_CONTENT_TYPE, "the app's answer is no XML: send Content-Type text/xml")
        return read_twiml(answer.text)

    def _target(self, target: Target) -> Target:
        """As the document that is running names it."""
        return Target(urljoin(self._url, target.url), target.method)

    async def _perform(self, verb: Verb) -> _Next:
        match verb:
            case Say(text):
                await self._say(text)
            case Pause(length_s):
                await self._pause(length_s)
            case Redirect(target):
                return _Fetch(target, {})
            case Connect(action, stream):
                await MediaStream(stream, self._call, self._line, self._exchange).run()
                return _Fetch(action, {}) if action is not None else None
            case Gather():
                gathered = await self._gather(verb)
                if gathered.parameters or verb.action_on_empty_result:
                    return _Fetch(verb.action, gathered.parameters)
        return None

    async def _say(self, text: str) -> None:
        await self._play(await self._speech(text))

    async def _pause(self, length_s: float) -> None:
        with self._line.listening() as frames:
            for _ in range(_frames(length_s)):
                await frames.get()

    async def _play(self, audio: bytes) -> None:
        with self._line.listening() as frames:
            self._line.playout.append(audio)
            self._line.playout.mark(_PLAYED)
            while _PLAYED not in (await frames.get()).marks:
                pass

    async def _speech(self, text: str) -> bytes:
        self._exchange.events.tell("daybook.says", self._call.sid, text=text)
        try:
            return await self._exchange.speaker.audio(text)
        except UnspeakableText as error:
            self._note(INVALID_TEXT, str(error))
            return b""

    async def _gather(self, verb: Gather) -> Gathered:
        playout = self._line.playout
        gathering = Gathering(verb)
        with self._line.listening(for_key=verb.dtmf and not verb.speech) as frames:
            for prompt in verb.prompts:
                playout.append(
                    await self._speech(prompt.text)
                    if isinstance(prompt, Say)
                    else SILENT_FRAME * _frames(prompt.length_s)
                )
            playout.mark(_PLAYED)
            while True:
                frame = await frames.get()
                marks = frame.marks
                if gathering.interrupts(frame):
                    marks += playout.clear()
                gathered = gathering.hear(frame, prompts_over=_PLAYED in marks)
                if verb.partial_results is not None and (partial := gathering.partial_result()) is not None:
                    self._report(self._target(verb.partial_results), {**self._call.parameters(), **partial})
                if gathered is not None:
                    playout.clear()
                    return gathered

    def _note(self, code: int, message: str) -> None:
        self._exchange.debugger(self._call.sid, code, message)


def _next_of(voice: Target | InlineTwiml, parameters: Mapping[str, str]) -> _Fetch | InlineTwiml:
    return _Fetch(voice, parameters) if isinstance(voice, Target) else voice


def _frames(length_s: float) -> int:
    return round(length_s * 1000 / FRAME_MS)
