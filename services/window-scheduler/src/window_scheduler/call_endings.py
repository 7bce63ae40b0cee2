"""Hears how calls ended. The same news may come twice, late, or after its person is gone: the first counts, once."""

import structlog

from chassis.consumer import Received
from chassis.database import Database
from chassis.errors import InvalidInput
from daybook.events.v1.events_pb2 import CALL_OUTCOME_OPTED_OUT, CALL_OUTCOME_UNSPECIFIED, CallFinished, CallOutcome
from window_scheduler.call_store import finish_call
from window_scheduler.messages import moment_of, uuid_of
from window_scheduler.metrics import calls_finished
from window_scheduler.people_store import opt_out

log = structlog.get_logger()


class CallEndings:
    """The handler of call.finished."""

    def __init__(self, database: Database) -> None:
        self._database = database

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
        async with self._database.transaction() as connection:
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
            opted_out = message.outcome == CALL_OUTCOME_OPTED_OUT
            if opted_out:
                await opt_out(connection, person_id, at=finished_at)
        calls_finished.labels(outcome).inc()
        log.info("call.ended", call_id=str(call_id), person_id=str(person_id), outcome=outcome, reason=message.reason)
        if opted_out:
            log.info("person.opted_out", person_id=str(person_id), call_id=str(call_id))


def _outcome_name(message: CallFinished) -> str:
    if message.outcome == CALL_OUTCOME_UNSPECIFIED or message.outcome not in CallOutcome.values():
        raise InvalidInput("outcome", "is to be one of CallOutcome; is the sender of a later version?")
    return CallOutcome.Name(message.outcome)
