"""The phone network: all calls, and the queue from which the carrier starts so many a second and no more.

Calls above the rate are never refused: they wait (https://www.twilio.com/docs/voice/api/call-resource, "CPS").
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from emulators.twilio.call_requests import CallRequest, CallUpdate
from emulators.twilio.calls import Call, new_sid
from emulators.twilio.exchange import Exchange
from emulators.twilio.phone_call import PhoneCall

_FAREWELL_S = 3.0


class PhoneNetwork:
    """Args: `calls_per_second` counts virtual seconds, like every time of the network."""

    def __init__(self, exchange: Exchange, calls_per_second: float) -> None:
        self._exchange = exchange
        self._between_calls_s = 1 / calls_per_second
        self._queue: asyncio.Queue[PhoneCall] = asyncio.Queue()
        self._calls: dict[str, PhoneCall] = {}
        self._lives: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Places calls while the block runs; then hangs up on those that talk, and tells the app so."""
        dialing = asyncio.create_task(self._dial())
        try:
            yield
        finally:
            dialing.cancel()
            await self.hang_up_all()

    def place(self, request: CallRequest) -> PhoneCall:
        """Takes a call into the queue."""
        now = self._exchange.time.utc()
        call = Call(
            sid=new_sid("CA"),
            account_sid=self._exchange.account_sid,
            request=request,
            queue_time_ms=round(self._queue.qsize() * self._between_calls_s * 1000),
            date_created=now,
            date_updated=now,
        )
        phone_call = PhoneCall(call, self._exchange)
        self._calls[call.sid] = phone_call
        self._exchange.events.tell("call.created", call.sid)
        life = asyncio.create_task(phone_call.run())
        self._lives.add(life)
        life.add_done_callback(self._lives.discard)
        self._queue.put_nowait(phone_call)
        return phone_call

    async def change(self, phone_call: PhoneCall, update: CallUpdate) -> None:
        """Does what a `POST /Calls/{sid}` asks for; a call that is to end has ended when this returns.

        Raises:
            RequestRefused: the call's state does not allow it.
        """
        match update:
            case "canceled":
                await phone_call.cancel()
            case "completed":
                await phone_call.complete()
            case voice:
                phone_call.redirect(voice)

    def find(self, sid: str) -> PhoneCall | None:
        return self._calls.get(sid)

    def all(self) -> list[PhoneCall]:
        return list(self._calls.values())

    def forget(self, sid: str) -> None:
        """Lets go of a call that has ended, and of its sound."""
        del self._calls[sid]

    async def hang_up_all(self) -> None:
        """Ends every call, and waits a moment for the app to be told."""
        for phone_call in self._calls.values():
            phone_call.hang_up()
        if self._lives:
            _, untold = await asyncio.wait(self._lives, timeout=_FAREWELL_S)
            for life in untold:
                life.cancel()
            await asyncio.gather(*untold, return_exceptions=True)

    async def forget_all(self) -> None:
        """Ends every call and forgets it."""
        await self.hang_up_all()
        self._calls.clear()

    async def _dial(self) -> None:
        while True:
            phone_call = await self._queue.get()
            if phone_call.call.has_ended:
                continue
            phone_call.leave_queue()
            await self._exchange.time.sleep(self._between_calls_s)
