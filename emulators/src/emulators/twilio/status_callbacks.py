"""One call's status callbacks: each at its moment, in order, without holding up the call.

https://www.twilio.com/docs/voice/api/call-resource#statuscallbackevent
"""

import asyncio
import math
from dataclasses import dataclass

from emulators.twilio.calls import Call, rfc2822
from emulators.twilio.errors import WebhookFailed
from emulators.twilio.exchange import Exchange
from emulators.twilio.faults import CallbackEvent


@dataclass(slots=True)
class SentCallback:
    """What became of one callback."""

    event: CallbackEvent
    sequence_number: int
    call_status: str
    outcome: str = "pending"

    def as_json(self) -> dict[str, object]:
        return {
            "event": self.event,
            "sequence_number": self.sequence_number,
            "call_status": self.call_status,
            "outcome": self.outcome,
        }


@dataclass(frozen=True, slots=True)
class _Due:
    record: SentCallback
    parameters: dict[str, str]


class StatusCallbacks:
    """`tell` is called as the call moves on; `run` sends, until the call has ended and all is sent."""

    def __init__(self, call: Call, exchange: Exchange) -> None:
        self._call = call
        self._exchange = exchange
        self._due: asyncio.Queue[_Due | None] = asyncio.Queue()
        self.sent: list[SentCallback] = []

    def tell(self, event: CallbackEvent) -> None:
        """Takes down the call's state as it is now, if the app wants to hear of this event."""
        wanted = self._call.request.status_callback
        if wanted is None or event not in wanted.events:
            return
        record = SentCallback(event, sequence_number=len(self.sent), call_status=self._call.status)
        self.sent.append(record)
        self._due.put_nowait(_Due(record, self._parameters(record)))

    def close(self) -> None:
        """There will be no more."""
        self._due.put_nowait(None)

    async def run(self) -> None:
        held: _Due | None = None
        async with asyncio.TaskGroup() as late:
            while (due := await self._due.get()) is not None:
                fault = self._exchange.faults.for_callback(due.record.event)
                match fault.kind if fault else None:
                    case "drop":
                        due.record.outcome = "dropped"
                    case "delay":
                        late.create_task(self._send_later(due, fault.seconds if fault else 0.0))
                    case "reverse":
                        held, due = due, held
                        if due is not None:
                            await self._send(due)
                        continue
                    case "duplicate":
                        await self._send(due)
                        await self._send(due)
                    case _:
                        await self._send(due)
                if held is not None:
                    await self._send(held)
                    held = None
            if held is not None:
                await self._send(held)

    async def _send_later(self, due: _Due, seconds: float) -> None:
        await self._exchange.time.sleep(seconds)
        await self._send(due)

    async def _send(self, due: _Due) -> None:
        wanted = self._call.request.status_callback
        if wanted is None:
            return
        try:
            await self._exchange.webhooks.send(wanted.target, due.parameters)
            due.record.outcome = "accepted"
        except WebhookFailed as failure:
            due.record.outcome = f"failed: {failure.message}"
            self._exchange.debugger(self._call.sid, failure.code, failure.message)
        self._exchange.events.tell("callback.sent", self._call.sid, **due.record.as_json())

    def _parameters(self, record: SentCallback) -> dict[str, str]:
        call = self._call
        parameters = {
            **call.parameters(),
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(record.sequence_number),
            "Timestamp": rfc2822(self._exchange.time.utc()),
        }
        if call.sip_response_code is not None:
            parameters["SipResponseCode"] = str(call.sip_response_code)
        if call.answered_by is not None:
            parameters["AnsweredBy"] = call.answered_by
        if call.has_ended:
            parameters["CallDuration"] = str(call.duration_s)
            parameters["Duration"] = str(math.ceil(call.duration_s / 60))
        return parameters
