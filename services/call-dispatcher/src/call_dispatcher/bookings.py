"""What window-scheduler tells of calls: that one is to be made, at other times than before, or not any more.

Each is written down together with what follows from it, and the same again changes nothing.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from enum import Enum, auto

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from call_dispatcher import store, withdrawals_store
from call_dispatcher.announcements import finished
from call_dispatcher.calls import Call, CallState, Move, Withdrawal, move_of, withdrawn_outcome
from call_dispatcher.endings import finish
from call_dispatcher.outbox_store import add_outgoing
from call_dispatcher.retries import CANCEL_AGAIN_AFTER
from call_dispatcher.unwanted import Withdrawn
from call_dispatcher.wake_ups import WakeUps
from chassis.clock import Clock
from chassis.database import Database
from chassis.together import Together

log = structlog.get_logger()


class Added(Enum):
    """Whether a call was added to those that are there."""

    NOT = auto()
    AND_IS_MADE = auto()
    AND_IS_WITHDRAWN = auto()


class Bookings:
    """Writes down what is announced."""

    def __init__(self, database: Database, *, clock: Clock, wake_ups: WakeUps) -> None:
        self._database = database
        self._clock = clock
        self._wake_ups = wake_ups
        self._added = Together(self._add)

    async def schedule(self, call: Call) -> None:
        """Adds a call to be made, or moves it to other times. The same call again, or an older one, changes nothing. One that was
        withdrawn before it was told is over at once.
        """
        now = self._clock.now()
        added = await self._added.ask(call)
        if added is Added.AND_IS_MADE:
            move, withdrawn = Move.NONE, False
        else:
            async with self._database.transaction() as connection:
                move = await self._move(connection, call, now)
                withdrawn = bool(await withdrawals_store.withdrawn_of(connection, [call]))
                if withdrawn:
                    await self._end_pending(connection, call.call_id, now)
        self._wake_ups.dialer.set()
        if withdrawn or move is Move.AFTER_A_DIAL:
            self._wake_ups.relay.set()
        times = {"not_before": call.not_before.isoformat(), "not_after": call.not_after.isoformat()}
        if added is not Added.NOT:
            log.info("call.queued", **times)
        elif move is not Move.NONE:
            log.info("call.moved", revision=call.revision, reason=move, **times)

    async def _add(self, calls: Sequence[Call]) -> Sequence[Added]:
        """Adds calls. Each is committed before its withdrawal is looked for, and a withdrawal before its call: whichever comes
        second sees the other, and neither waits.
        """
        async with self._database.statement() as connection:
            added = await store.add_calls(connection, calls, now=self._clock.now())
            withdrawn = await withdrawals_store.withdrawn_of(connection, calls)
        return [
            Added.NOT
            if (call.call_id, call.revision) not in added
            else Added.AND_IS_WITHDRAWN
            if call.call_id in withdrawn
            else Added.AND_IS_MADE
            for call in calls
        ]

    async def _move(self, connection: AsyncConnection, announced: Call, now: datetime) -> Move:
        call = await store.locked_call(connection, announced.call_id)
        move = Move.NONE if call is None else move_of(call, announced)
        if call is None or move is Move.NONE:
            return Move.NONE
        if move is Move.BEFORE_ANY_DIAL:
            await store.renew_call(connection, announced, due_at=max(announced.not_before, now))
        else:
            shifted = replace(
                call, not_before=announced.not_before, not_after=announced.not_after, revision=announced.revision
            )
            await store.shift_call(connection, shifted)
            if shifted.finished_at is not None:
                await add_outgoing(connection, finished(shifted, shifted.finished_at), at=now)
        await store.add_decision(connection, call.call_id, number=call.attempts, decision="moved", reason=move, at=now)
        return move

    async def withdraw(self, withdrawal: Withdrawal) -> Sequence[Withdrawn]:
        """Takes a call back: one that is pending is over at once, one that is under way is not tried again. The same again, or a
        withdrawal of times that the call has no more, changes nothing.

        Returns:
            What is to be cancelled at the carrier, however often it is asked.
        """
        now = self._clock.now()
        async with self._database.statement() as connection:
            is_news = await withdrawals_store.add_withdrawal(connection, withdrawal)
        async with self._database.transaction() as connection:
            call = await self._end_pending(connection, withdrawal.call_id, now)
            if call is None or call.withdrawn is None:
                return []
            if is_news and call.state is CallState.ACTIVE:
                await store.add_decision(
                    connection, call.call_id, number=call.attempts, decision="withdrawn", reason=call.withdrawn, at=now
                )
            unanswered = await withdrawals_store.take_unanswered(
                connection, call.call_id, review_at=now + CANCEL_AGAIN_AFTER
            )
        self._wake_ups.relay.set()
        if is_news:
            log.info("call.withdrawn", reason=withdrawal.reason, state=call.state)
        return [Withdrawn(carrier_call_id) for carrier_call_id in unanswered]

    async def _end_pending(self, connection: AsyncConnection, call_id: str, now: datetime) -> Call | None:
        """Ends a withdrawn call that waits to be dialed. Returns it as it stood, locked; none where it is not heard of yet."""
        call = await store.locked_call(connection, call_id)
        if call is not None and call.withdrawn is not None and call.state is CallState.PENDING:
            await finish(connection, call, withdrawn_outcome(call.outcome), call.withdrawn, now)
        return call
