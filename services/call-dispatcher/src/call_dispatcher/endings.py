"""How a call ends: its row, the decision that explains it, and the event that tells it."""

from dataclasses import replace
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from call_dispatcher import metrics, store
from call_dispatcher.announcements import finished
from call_dispatcher.calls import Call, Outcome
from call_dispatcher.outbox_store import add_outgoing

log = structlog.get_logger()


async def finish(connection: AsyncConnection, call: Call, outcome: Outcome, reason: str, now: datetime) -> None:
    """Ends a call, in a transaction that its caller opened and that holds its row locked.

    Args:
        connection: see above.
        call: as it stands.
        outcome: how it ends,
        reason: and why, a stable term.
        now: the present moment.
    """
    await store.finish_call(connection, call.call_id, outcome=outcome, reason=reason, at=now)
    await store.add_decision(
        connection, call.call_id, number=call.attempts, decision=f"finished_{outcome}", reason=reason, at=now
    )
    await add_outgoing(connection, finished(replace(call, outcome=outcome, reason=reason), now), at=now)
    metrics.calls_finished.labels(outcome, reason).inc()
    log.info("call.finished", call_id=call.call_id, outcome=outcome, reason=reason, attempts=call.attempts)
