"""The calls in PostgreSQL that were announced and that nobody asked to dial, and their announcing again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from window_scheduler.announcements import announcement

LOOKED_BACK = timedelta(days=3)
"""Longer than a window lasts, and then as long as anybody would still record its call as missed."""


@dataclass(frozen=True)
class Patience:
    """When a call that nobody asked about is announced again.

    Attributes:
        first_after: once its window has been open for so long; then after twice as long, and so on.
        times: how often at most.
    """

    first_after: timedelta
    times: int


# the later of the two: a call may be scheduled, or moved, into a window that is open already
_SILENT = """
    FROM scheduled_calls AS calls JOIN people USING (person_id)
    WHERE calls.finished_at IS NULL AND calls.dial_asked_at IS NULL AND people.opted_out_at IS NULL
        AND calls.not_before > CAST(:now AS timestamptz) - CAST(:looked_back AS interval)
        AND calls.not_before <= CAST(:now AS timestamptz) - CAST(:first_after AS interval)
        AND calls.reminders < :times
        AND greatest(calls.not_before, calls.scheduled_at) + CAST(:first_after AS interval) * power(2, calls.reminders) <= :now
"""
_CLAIM_SILENT = """
    WITH silent AS (
        SELECT call_id {silent} ORDER BY calls.not_after LIMIT :limit FOR UPDATE OF calls SKIP LOCKED
    )
    UPDATE scheduled_calls AS calls SET reminders = calls.reminders + 1 FROM silent WHERE calls.call_id = silent.call_id
    RETURNING calls.*
"""
_ANY = text(f"SELECT EXISTS (SELECT {_SILENT})")
_CLAIM = text(_CLAIM_SILENT.format(silent=_SILENT))
_ANNOUNCE = text(
    """
    INSERT INTO outbox (event_id, call_id, payload, created_at)
    SELECT event_id, call_id, payload, :now
    FROM unnest(CAST(:event_ids AS text[]), CAST(:call_ids AS uuid[]), CAST(:payloads AS bytea[]))
        AS silent (event_id, call_id, payload)
    """
)


def _asked(patience: Patience, now: datetime) -> dict[str, object]:
    return {
        "now": now,
        "looked_back": LOOKED_BACK,
        "first_after": patience.first_after,
        "times": patience.times,
    }


async def any_silent(connection: AsyncConnection, patience: Patience, *, now: datetime) -> bool:
    """Whether there is a call to be announced again."""
    found = await connection.execute(_ANY, _asked(patience, now))
    return bool(found.scalar_one())


async def announce_again(connection: AsyncConnection, patience: Patience, *, limit: int, now: datetime) -> int:
    """Puts calls in the outbox once more, those that close first before the others, under an event id of this time's own; what
    another process holds is left to it.

    Returns:
        How many.
    """
    found = (await connection.execute(_CLAIM, {**_asked(patience, now), "limit": limit})).all()
    if found:
        announced = {
            "event_ids": [_event_id(row.call_id, row.revision, row.reminders) for row in found],
            "call_ids": [row.call_id for row in found],
            "payloads": [_announcement(row) for row in found],
        }
        await connection.execute(_ANNOUNCE, {**announced, "now": now})
    return len(found)


def _event_id(call_id: UUID, revision: int, reminders: int) -> str:
    return f"{call_id}.scheduled{f'.{revision}' if revision else ''}.again.{reminders}"


def _announcement(call: Row[Any]) -> bytes:
    return announcement(
        call.call_id,
        call.person_id,
        call.window_id,
        local_day=call.local_day,
        not_before=call.not_before,
        not_after=call.not_after,
        revision=call.revision,
    )
