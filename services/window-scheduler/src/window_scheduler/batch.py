"""A batch of due windows: what is planned for each, against the calls that the database holds already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from window_scheduler.planning import Decision, DueWindow, PlannedCall, WindowPlan, awaits, plan, settle, why_over
from window_scheduler.record_store import Decided, starts_between
from window_scheduler.tick_store import days_with_call, move_calls, standing_calls, store_calls
from window_scheduler.windows import Occurrence

Settled = Mapping[tuple[UUID, UUID], Decision | None]
"""By (call id, window id), what became of a planned call; None: the day's call is this one already."""


@dataclass(frozen=True)
class Batch:
    """What was decided about each window of a batch.

    Attributes:
        plans: one a window.
        decided: what is new, one an opening: of a window that was away for days there are several.
        awaiting: the windows that stay due, until the day's call was dialed in the chance before theirs, or was not.
    """

    plans: Sequence[WindowPlan]
    decided: Sequence[Decided]
    awaiting: frozenset[UUID]


async def decide_batch(
    connection: AsyncConnection, due: Sequence[DueWindow], *, now: datetime, until: datetime, period: timedelta
) -> Batch:
    """Decides about claimed windows, and stores or moves the calls that come of it.

    Args:
        connection: in the transaction that claimed them.
        due: the windows.
        now: aware.
        until: openings up to here are scheduled.
        period: from one tick to the next: how early a tick sees an opening.
    """
    plans = [plan(window, now=now, until=until) for window in due]
    settled, awaiting = await _settle(connection, [each.call for each in plans if each.call], now=now)
    plans = [
        replace(each, current=None, call=None, next=each.current) if each.window.window_id in awaiting else each
        for each in plans
    ]
    missed = await _missed(connection, plans, period=period)
    decided: list[Decided] = []
    for each in plans:
        person_id, window_id = each.window.person_id, each.window.window_id
        decided += [
            Decided(person_id, window_id, opening, each.declined or missed[window_id, opening]) for opening in each.over
        ]
        decision = settled[each.call.call_id, window_id] if each.call else each.declined
        if each.current is not None and decision is not None:
            decided.append(Decided(person_id, window_id, each.current, decision))
    return Batch(plans, decided, awaiting)


async def _settle(
    connection: AsyncConnection, calls: Sequence[PlannedCall], *, now: datetime
) -> tuple[Settled, frozenset[UUID]]:
    """Stores the calls whose day has none; moves those that stand elsewhere in their day and nobody has dialed.

    Returns:
        What became of each, and the windows of those that come too early to say.
    """
    stored = await store_calls(connection, calls, now=now)
    settled: dict[tuple[UUID, UUID], Decision | None] = dict.fromkeys(stored, Decision.SCHEDULED)
    met = [call for call in calls if (call.call_id, call.window_id) not in stored]
    if not met:
        return settled, frozenset()
    awaiting: set[UUID] = set()
    standing = dict(await standing_calls(connection, {call.call_id for call in met}))
    moves: dict[UUID, tuple[PlannedCall, int]] = {}
    for call in met:
        there = standing[call.call_id]
        if awaits(call, there, now=now):
            awaiting.add(call.window_id)
            continue
        decision = settle(call, there, now=now)
        if decision is Decision.MOVED:
            # whoever comes next in this batch finds it there
            there = replace(
                there,
                window_id=call.window_id,
                not_before=call.chance.opens_at,
                not_after=call.chance.closes_at,
                finished=False,
                revision=there.revision + 1,
            )
            standing[call.call_id] = there
            moves[call.call_id] = (call, there.revision)
        settled[call.call_id, call.window_id] = decision
    moved = await move_calls(connection, moves, now=now)
    for call, _ in moves.values():
        if (call.call_id, call.window_id) not in moved:  # somebody dialed it at this very moment
            settled[call.call_id, call.window_id] = Decision.CALLED_ALREADY
    return settled, frozenset(awaiting)


async def _missed(
    connection: AsyncConnection, plans: Sequence[WindowPlan], *, period: timedelta
) -> Mapping[tuple[UUID, Occurrence], Decision]:
    """What is to be said of openings that were over before anyone looked: by the window's id and the opening."""
    over = [(each.window, opening) for each in plans if each.declined is None for opening in each.over]
    if not over:
        return {}
    called = await days_with_call(connection, [(window.person_id, opening.local_day) for window, opening in over])
    earliest = min(opening.opens_at for _, opening in over) - period
    starts = await starts_between(connection, earliest, max(opening.closes_at for _, opening in over))
    return {
        (window.window_id, opening): why_over(
            opening, called=(window.person_id, opening.local_day) in called, ticks=starts, period=period
        )
        for window, opening in over
    }
