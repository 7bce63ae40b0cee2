"""Hears that a call is over, and ends its session where the gateway that held it never could."""

from chassis.consumer import Received
from daybook.events.v1.events_pb2 import CallFinished
from journal.contract import id_of, instant_of
from journal.sessions import Sessions

DURABLE = "journal-call-finished"


class FinishedCalls:
    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def handle(self, received: Received[CallFinished]) -> None:
        """
        Raises:
            InvalidInput: the event cannot be right; it is put aside.
            GatewayMayStillSpeak: it is too early; the event comes again.
        """
        call = received.message
        call_id, ended_at = id_of("call_id", call.call_id), instant_of("finished_at", call.finished_at)
        if not call.attempts:
            return  # nobody was dialed. A session that there is may run: of the times that the call was moved to since
        await self._sessions.close_abandoned(call_id, call.outcome, ended_at)
