"""Tells on the bus how a call gets on: `call.progressed`, by ids, times and outcomes."""

import asyncio

import structlog
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from chassis.bus import Bus, BusUnavailable
from chassis.clock import Clock
from chassis.events import CALL_PROGRESSED
from daybook.events.v1 import events_pb2 as pb
from voice_gateway.attempts import Attempt
from voice_gateway.callbacks import MachineDetection, StatusCallback
from voice_gateway.exchange import Outcome

log = structlog.get_logger()

RETRY_DELAYS_S = (0.1, 0.5, 1.0, 2.0, 5.0)
_STATES = {
    Outcome.COMPLETED: pb.REFLECTION_STATE_COMPLETED,
    Outcome.CUT_SHORT: pb.REFLECTION_STATE_CUT_SHORT,
    Outcome.SILENT: pb.REFLECTION_STATE_SILENT,
    Outcome.OPTED_OUT: pb.REFLECTION_STATE_OPTED_OUT,
    Outcome.VOICEMAIL: pb.REFLECTION_STATE_SILENT,
}


class Progress:
    def __init__(self, bus: Bus, clock: Clock) -> None:
        self._bus = bus
        self._clock = clock

    async def status(self, attempt: Attempt, callback: StatusCallback) -> None:
        """Tells a status callback; stored by the stream when this returns.

        Raises:
            BusUnavailable: it may not be stored; the same again does no harm.
        """
        message = self._about(attempt, callback.call_sid)
        message.carrier_status.status = callback.status
        message.carrier_status.sequence_number = callback.sequence_number
        message.carrier_status.sip_response_code = callback.sip_response_code
        if callback.duration_s is not None:
            message.carrier_status.duration.CopyFrom(Duration(seconds=callback.duration_s))
        status = pb.CarrierCallStatus.Name(callback.status)
        event_id = f"{attempt.attempt_id}.{callback.call_sid}.{callback.sequence_number}.{status}"
        await self._bus.publish(CALL_PROGRESSED, message, event_id=event_id)

    async def answered_by(self, attempt: Attempt, detection: MachineDetection) -> None:
        """Tells who picked up.

        Raises:
            BusUnavailable: as `status`.
        """
        message = self._about(attempt, detection.call_sid)
        message.answered_by.party = detection.party
        message.answered_by.takes_messages = detection.takes_messages
        await self._bus.publish(
            CALL_PROGRESSED, message, event_id=f"{attempt.attempt_id}.{detection.call_sid}.answered_by"
        )

    async def reflection_started(self, attempt: Attempt, call_sid: str, session_id: str) -> None:
        """Tells that a session runs, however long the bus takes."""
        message = self._about(attempt, call_sid)
        message.reflection.session_id = session_id
        message.reflection.state = pb.REFLECTION_STATE_STARTED
        await self._publish_persistently(message, f"{attempt.attempt_id}.reflection.started")

    async def reflection_ended(self, attempt: Attempt, call_sid: str, session_id: str, outcome: Outcome) -> None:
        """Tells how a session ended, however long the bus takes. An opt-out is told when it is said, and again at the end."""
        message = self._about(attempt, call_sid)
        message.reflection.session_id = session_id
        message.reflection.state = _STATES[outcome]
        await self._publish_persistently(message, f"{attempt.attempt_id}.reflection.ended")

    async def code_told(self, attempt: Attempt, call_sid: str) -> None:
        """Tells that the person was told their code for signing in, and never the code; however long the bus takes."""
        message = self._about(attempt, call_sid)
        message.reflection.state = pb.REFLECTION_STATE_CODE_TOLD
        await self._publish_persistently(message, f"{attempt.attempt_id}.code.told")

    def _about(self, attempt: Attempt, call_sid: str) -> pb.CallProgressed:
        now = Timestamp()
        now.FromDatetime(self._clock.now())
        return pb.CallProgressed(
            call_id=attempt.call_id, attempt_id=attempt.attempt_id, carrier_call_id=call_sid, occurred_at=now
        )

    async def _publish_persistently(self, message: pb.CallProgressed, event_id: str) -> None:
        tries = 0
        while True:
            try:
                await self._bus.publish(CALL_PROGRESSED, message, event_id=event_id)
            except BusUnavailable:
                log.warning("progress.awaited", attempt_id=message.attempt_id)
                await asyncio.sleep(RETRY_DELAYS_S[min(tries, len(RETRY_DELAYS_S) - 1)])
                tries += 1
            else:
                return
