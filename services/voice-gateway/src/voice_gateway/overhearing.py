"""What other gateways were told of the calls that this one holds.

The carrier's callbacks come to any gateway, and each tells on the bus what came to it. There the one that holds the call hears
who picked up, and that it has ended. What came to itself it hears as well, which changes nothing.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
import structlog

from chassis.bus import Bus
from chassis.errors import DaybookError
from chassis.events import CALL_PROGRESSED
from daybook.events.v1 import events_pb2 as pb
from voice_gateway.attempts import Attempt, parse_attempt_id
from voice_gateway.callbacks import ENDS, MACHINES
from voice_gateway.calls import CallsInProgress
from voice_gateway.exchange import AnsweredByMachine
from voice_gateway.gathering import Gathering

log = structlog.get_logger()


@asynccontextmanager
async def overhearing(bus: Bus, calls: CallsInProgress, gathering: Gathering) -> AsyncIterator[None]:
    """Listens while the block runs."""
    async with asyncio.TaskGroup() as endings:

        async def end(attempt: Attempt, call_sid: str) -> None:
            try:
                await gathering.hung_up(attempt, call_sid)
            except (DaybookError, grpc.aio.AioRpcError):
                # the gateway that the carrier told is asked again by it; and what nobody ends, the journal does
                log.warning("ending.not_heard", call_id=attempt.call_id)
            calls.hung_up(attempt)

        def hear(message: pb.CallProgressed) -> None:
            attempt = parse_attempt_id(message.attempt_id)
            if message.answered_by.party in MACHINES:
                calls.answered_by_machine(attempt, AnsweredByMachine(message.answered_by.takes_messages))
            elif message.carrier_status.status in ENDS:
                endings.create_task(end(attempt, message.carrier_call_id))

        async with bus.overhearing(CALL_PROGRESSED, hear):
            yield
