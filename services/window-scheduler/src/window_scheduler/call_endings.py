"""Hears how calls ended. The same news may come twice, late, or after its person is gone: the first counts, once."""

import asyncio
import contextlib
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.clock import Clock
from chassis.consumer import Received
from chassis.database import Database
from chassis.errors import InvalidInput
from daybook.events.v1.events_pb2 import (
    CALL_OUTCOME_OPTED_OUT,
    CALL_OUTCOME_UNSPECIFIED,
    WITHDRAWAL_REASON_OPTED_OUT,
    CallFinished,
    CallOutcome,
)
from window_scheduler.call_store import finish_call, get_call
from window_scheduler.errors import NoSuchCall, NoSuchPerson
from window_scheduler.messages import moment_of, uuid_of
from window_scheduler.metrics import calls_finished
from window_scheduler.people_store import PeopleStore
from window_scheduler.sealed import Sealer
from window_scheduler.withdrawals import withdraw_calls

log = structlog.get_logger()


class CallEndings:
    """The handler of call.finished."""

    def __init__(self, database: Database, sealer: Sealer, clock: Clock, *, news: asyncio.Event) -> None:
        """`news` is set once something is stored that the others are to be told at once."""
        self._database = database
        self._sealer = sealer
        self._clock = clock
        self._news = news

    async def handle(self, received: Received[CallFinished]) -> None:
        """Records the outcome; and where the person asked not to be called any more, that.

        Raises:
            InvalidInput: the event cannot be right.
        """
        message = received.message
        call_id = uuid_of(message.call_id, "call_id")
        outcome = _outcome_name(message)
        finished_at = (
            moment_of(message.finished_at, "finished_at") if message.HasField("finished_at") else received.time
        )
        opted_out = message.outcome == CALL_OUTCOME_OPTED_OUT
        async with self._database.transaction() as connection:
            if opted_out:
                # a person is locked before their calls, here as everywhere
                await self._lock_person_of(connection, call_id)
            person_id = await finish_call(
                connection,
                call_id,
                revision=message.revision,
                outcome=outcome,
                reason=message.reason,
                finished_at=finished_at,
            )
            if person_id is None:
                return
            if opted_out:
                await self._opt_out(connection, person_id, at=finished_at)
        calls_finished.labels(outcome).inc()
        log.info("call.ended", call_id=str(call_id), person_id=str(person_id), outcome=outcome, reason=message.reason)
        if opted_out:
            self._news.set()
            log.info("person.opted_out", person_id=str(person_id), call_id=str(call_id))

    async def _lock_person_of(self, connection: AsyncConnection, call_id: UUID) -> None:
        with contextlib.suppress(NoSuchCall, NoSuchPerson):
            person_id = (await get_call(connection, call_id)).person_id
            await PeopleStore(connection, self._sealer).locked(person_id)

    async def _opt_out(self, connection: AsyncConnection, person_id: UUID, *, at: datetime) -> None:
        """This call has ended. Others of the person, if there are any, are taken back."""
        await PeopleStore(connection, self._sealer).opt_out(person_id, at=at)
        await withdraw_calls(connection, person_id, WITHDRAWAL_REASON_OPTED_OUT, now=self._clock.now())


def _outcome_name(message: CallFinished) -> str:
    if message.outcome == CALL_OUTCOME_UNSPECIFIED or message.outcome not in CallOutcome.values():
        raise InvalidInput("outcome", "is to be one of CallOutcome; is the sender of a later version?")
    return CallOutcome.Name(message.outcome)
