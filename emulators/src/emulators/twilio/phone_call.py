"""One call, from the queue to its end: rings, is answered or not, talks, and tells the app about it."""

import asyncio
import logging
import math
import traceback
from collections.abc import Mapping
from dataclasses import dataclass

from emulators.twilio.call_flow import CallFlow
from emulators.twilio.call_requests import InlineTwiml, MachineDetection
from emulators.twilio.calls import Call, Status
from emulators.twilio.errors import RequestRefused, WebhookFailed
from emulators.twilio.exchange import Exchange
from emulators.twilio.line import Line
from emulators.twilio.person import Manners, Person
from emulators.twilio.status_callbacks import StatusCallbacks
from emulators.twilio.twiml import Target

log = logging.getLogger(__name__)

NOT_IN_PROGRESS = 21220

_RING_BUFFER_S = 5
_LEAST_REPLY_PAUSE_MS = 600
_LEAST_REAL_REPLY_PAUSE_S = 0.1
_LEAST_REAL_PATIENCE_S = 5.0


@dataclass(frozen=True, slots=True)
class _Ending:
    status: Status
    sip_response_code: int


_COMPLETED = _Ending(Status.COMPLETED, 200)
_CANCELED = _Ending(Status.CANCELED, 487)
_NOT_ANSWERED = {
    "busy": _Ending(Status.BUSY, 486),
    "rejects": _Ending(Status.NO_ANSWER, 603),
    "unreachable": _Ending(Status.FAILED, 404),
}


class PhoneCall:
    """Args: `call` is the record that it keeps true, `exchange` what it shares with the others."""

    def __init__(self, call: Call, exchange: Exchange) -> None:
        self.call = call
        self.callbacks = StatusCallbacks(call, exchange)
        self.line: Line | None = None
        self.persona_name, self._persona = exchange.personas.behind(call.request.to)
        self._exchange = exchange
        self._flow: CallFlow | None = None
        self._opens_for_s = 0.0
        self._leaves_queue = asyncio.Event()
        self._over = asyncio.Event()
        self._tasks = asyncio.TaskGroup()
        self._life: asyncio.Task[_Ending] | None = None

    def leave_queue(self) -> None:
        """The carrier has a moment for this call."""
        self._leaves_queue.set()

    async def run(self) -> None:
        """Lives through the call, and has told the app of all of it when it returns."""
        async with self._tasks:
            self._tasks.create_task(self.callbacks.run())
            self._life = self._tasks.create_task(self._live_or_fail())
            await asyncio.wait({self._life})
            self._end(self._life)

    async def cancel(self) -> None:
        """Hangs up while it is queued or rings. One that talks goes on, as Twilio says.

        Raises:
            RequestRefused: it has ended.
        """
        if self.call.has_ended:
            raise _not_in_progress()
        if self.call.status is not Status.IN_PROGRESS:
            self.hang_up()
            await self._over.wait()

    async def complete(self) -> None:
        """Hangs up, whatever it does.

        Raises:
            RequestRefused: it has ended.
        """
        if self.call.has_ended:
            raise _not_in_progress()
        self.hang_up()
        await self._over.wait()

    def redirect(self, voice: Target | InlineTwiml) -> None:
        """Gives it another document.

        Raises:
            RequestRefused: nobody has answered it yet, or it has ended.
        """
        if self._flow is None or self.call.status is not Status.IN_PROGRESS:
            raise _not_in_progress()
        self._flow.redirect(voice)

    def hang_up(self) -> None:
        if self._life is not None:
            self._life.cancel()

    def _end(self, life: "asyncio.Task[_Ending]") -> None:
        hung_up = _COMPLETED if self.call.status is Status.IN_PROGRESS else _CANCELED
        ending = hung_up if life.cancelled() else life.result()
        connected_ms = self.line.connected_ms if self.line is not None else 0
        self.call.duration_s = math.ceil(connected_ms / 1000)
        self.call.end_time = self._exchange.time.utc()
        self.call.sip_response_code = ending.sip_response_code
        self._move_to(ending.status)
        self._tell("call.ended", status=ending.status, connected_ms=connected_ms)
        self.callbacks.tell("completed")
        self.callbacks.close()
        self._over.set()

    async def _live_or_fail(self) -> _Ending:
        try:
            return await self._live()
        except Exception as error:  # noqa: BLE001 - a defect in one call must not silence the others
            where = "; ".join(f"{place.name}:{place.lineno}" for place in traceback.extract_tb(error.__traceback__))
            log.error("a call failed by a defect of the emulator: %s at %s", type(error).__name__, where)
            return _Ending(Status.FAILED, 500)

    async def _live(self) -> _Ending:
        await self._leaves_queue.wait()
        self._move_to(Status.INITIATED)
        self._tell("call.initiated")
        self.callbacks.tell("initiated")
        async with asyncio.TaskGroup() as ringing:
            person = ringing.create_task(self._person())
            ending = await self._ring()
            if ending is not None:
                person.cancel()
        return ending if ending is not None else await self._converse(person.result())

    async def _ring(self) -> _Ending | None:
        """Rings until somebody picks up (None), or nobody will."""
        persona, time = self._persona, self._exchange.time
        if persona.pickup == "unreachable":
            await time.sleep(persona.rings_s)
            return _NOT_ANSWERED["unreachable"]
        self._move_to(Status.RINGING)
        self._tell("call.ringing")
        self.callbacks.tell("ringing")
        longest_s = self.call.request.ring_s + _RING_BUFFER_S
        if persona.pickup == "no_answer" or persona.rings_s > longest_s:
            await time.sleep(longest_s)
            return _Ending(Status.NO_ANSWER, 487)
        await time.sleep(persona.rings_s)
        return _NOT_ANSWERED.get(persona.pickup)

    async def _person(self) -> Person:
        """Learns the persona's lines while it rings."""
        persona, time, speaker = self._persona, self._exchange.time, self._exchange.speaker
        talks_over_after_s = persona.talks_over_after_s
        manners = Manners(
            reply_pause_ms=1000 * time.at_least(_LEAST_REPLY_PAUSE_MS / 1000, real_s=_LEAST_REAL_REPLY_PAUSE_S),
            patience_ms=1000 * time.at_least(persona.patience_s, real_s=_LEAST_REAL_PATIENCE_S),
            talks_over_after_ms=None if talks_over_after_s is None else talks_over_after_s * 1000,
            breaks_off=persona.breaks_off,
        )
        return Person(await speaker.opening(persona), await speaker.moves(persona), persona.menu, manners)

    async def _converse(self, person: Person) -> _Ending:
        self.call.start_time = self._exchange.time.utc()
        self._move_to(Status.IN_PROGRESS)
        self._opens_for_s = person.opens_for_ms / 1000
        self._tell("call.answered", persona=self.persona_name)
        self.callbacks.tell("answered")
        line = self.line = Line(self._exchange.time, person, self._tell)
        async with asyncio.TaskGroup() as tasks:
            side = tasks.create_task(self._detect_meanwhile())
            ends = {
                tasks.create_task(line.run()),
                tasks.create_task(self._follow_twiml(line)),
                tasks.create_task(self._exchange.time.sleep(self.call.request.time_limit_s)),
            }
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            for task in (side, *ends):
                task.cancel()
        return _COMPLETED

    async def _follow_twiml(self, line: Line) -> None:
        parameters: dict[str, str] = {}
        detection = self.call.request.detection
        if detection is not None and detection.report_to is None:
            parameters = await self._detect(detection)
        self._flow = CallFlow(self.call, line, self._exchange, parameters, self._report)
        await self._flow.run()

    async def _detect_meanwhile(self) -> None:
        """Asynchronous answering machine detection: the verdict comes while the TwiML runs."""
        detection = self.call.request.detection
        if detection is None or detection.report_to is None:
            return
        verdict = await self._detect(detection)
        told = {"CallSid": self.call.sid, "AccountSid": self.call.account_sid, **verdict}
        self._report(detection.report_to, told)

    def _report(self, target: Target, told: Mapping[str, str]) -> None:
        # a task of the whole call's, which may end before the app has answered
        self._tasks.create_task(self._tell_app(target, told))

    async def _tell_app(self, target: Target, told: Mapping[str, str]) -> None:
        try:
            await self._exchange.webhooks.send(target, told)
            self._tell("webhook.answered", url=target.url)
        except WebhookFailed as failure:
            self._exchange.debugger(self.call.sid, failure.code, failure.message)

    async def _detect(self, detection: MachineDetection) -> dict[str, str]:
        detection_s = self._persona.detection_s
        answered_by = self._persona.answered_by
        if answered_by == "machine_start" and detection.waits_for_beep:
            answered_by = "machine_end_beep" if self._persona.beeps else "machine_end_silence"
            detection_s = max(detection_s, self._opens_for_s)
        await self._exchange.time.sleep(detection_s)
        self.call.answered_by = answered_by
        self._tell("call.detected", answered_by=answered_by)
        return {"AnsweredBy": answered_by, "MachineDetectionDuration": str(round(detection_s * 1000))}

    def _move_to(self, status: Status) -> None:
        self.call.status = status
        self.call.date_updated = self._exchange.time.utc()

    def _tell(self, kind: str, **facts: object) -> None:
        self._exchange.events.tell(kind, self.call.sid, **facts)


def _not_in_progress() -> RequestRefused:
    return RequestRefused(NOT_IN_PROGRESS, "Call is not in-progress. Cannot redirect.")
