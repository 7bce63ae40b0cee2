"""What call-dispatcher is told of a call that is to be made, whoever tells it: the tick, a reminder, a test."""

from datetime import date, datetime
from uuid import UUID

from daybook.events.v1.events_pb2 import CallScheduled
from window_scheduler.messages import stamp


def announcement(
    call_id: UUID,
    person_id: UUID,
    window_id: UUID | None,
    *,
    local_day: date,
    not_before: datetime,
    not_after: datetime,
    revision: int = 0,
) -> bytes:
    """`call.scheduled` as it is published. `window_id` is none of a test call; `revision` counts how often it was moved."""
    told = CallScheduled(
        call_id=str(call_id),
        person_id=str(person_id),
        window_id=str(window_id or ""),
        local_day=local_day.isoformat(),
        not_before=stamp(not_before),
        not_after=stamp(not_after),
        revision=revision,
    )
    return told.SerializeToString()
