"""The book of calls: one happening, one transaction.

Whatever happens to a call (the carrier's answer, a callback, the sweep's finding, a refusal) is written down here together with
what follows from it and with the events that tell it. Either all of it is kept or nothing; the one who asked asks again.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from call_dispatcher import attempt_store, metrics, rate_store, store, withdrawals_store
from call_dispatcher.attempts import UNANSWERED, Attempt, AttemptState, Happening
from call_dispatcher.calls import (
    Call,
    CallState,
    Move,
    Outcome,
    Withdrawal,
    attempt_id_of,
    finished_event_id,
    move_of,
    withdrawn_outcome,
)
from call_dispatcher.errors import UnknownAttempt
from call_dispatcher.outbox_store import add_outgoing
from call_dispatcher.retries import CANCEL_AGAIN_AFTER, Finish, LookAgain, Patience, TryAgain, look_again_at, next_step
from call_dispatcher.store import DueCall
from call_dispatcher.transitions import apply
from call_dispatcher.unwanted import Surfaced, Withdrawn
from chassis.clock import Clock
from chassis.database import Database
from chassis.events import CALL_DIALED, CALL_FINISHED
from daybook.events.v1 import events_pb2

log = structlog.get_logger()

CLOSED_AT_ONCE = 500

CONCLUDED_FROM_SILENCE = frozenset({AttemptState.NOT_PLACED, AttemptState.TURNED_AWAY, AttemptState.LOST})
"""States that the carrier's word may still take back."""


@dataclass(frozen=True)
class WakeUps:
    """Who is to look again at once, instead of when its time comes."""

    dialer: asyncio.Event = field(default_factory=asyncio.Event)
    relay: asyncio.Event = field(default_factory=asyncio.Event)


class Ledger:
    """Writes down what happened to calls and what follows."""

    def __init__(self, database: Database, *, patience: Patience, clock: Clock, wake_ups: WakeUps) -> None:
        self._database = database
        self._patience = patience
        self._clock = clock
        self._wake_ups = wake_ups

    async def schedule(self, call: Call) -> None:
        """Adds a call to be made, or moves it to other times. The same call again, or an older one, changes nothing. One that was
        withdrawn before it was told is over at once.
        """
        now = self._clock.now()
        times = {"not_before": call.not_before.isoformat(), "not_after": call.not_after.isoformat()}
        async with self._database.statement() as connection:
            added = await store.add_call(connection, call, due_at=max(call.not_before, now))
        if added:
            move, withdrawn = Move.NONE, await self._ended_as_withdrawn(call, now)
        else:
            async with self._database.transaction() as connection:
                move = await self._move(connection, call, now)
                withdrawn = await withdrawals_store.is_withdrawn(connection, call)
                if withdrawn:
                    await self._end_pending(connection, call.call_id, now)
        self._wake_ups.dialer.set()
        if withdrawn or move is Move.AFTER_A_DIAL:
            self._wake_ups.relay.set()
        if added:
            log.info("call.queued", **times)
        elif move is not Move.NONE:
            log.info("call.moved", revision=call.revision, reason=move, **times)

    async def _ended_as_withdrawn(self, call: Call, now: datetime) -> bool:
        """Ends a call that was withdrawn before it was heard of. A call is committed before its withdrawal is looked for, and a
        withdrawal before its call: whichever comes second sees the other, and neither waits.
        """
        async with self._database.statement() as connection:
            withdrawn = await withdrawals_store.is_withdrawn(connection, call)
        if withdrawn:
            async with self._database.transaction() as connection:
                await self._end_pending(connection, call.call_id, now)
        return withdrawn

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
                await self._tell_finished(connection, shifted, shifted.finished_at)
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
            await self._finish(connection, call, withdrawn_outcome(call.outcome), call.withdrawn, now)
        return call

    async def begin(self, due: DueCall) -> Attempt | None:
        """Stores the attempt that is about to be handed to the carrier.

        Returns:
            None where it may not be made after all: the call was moved, its window has closed, or another attempt at the
            person is live.
        """
        now = self._clock.now()
        attempt = Attempt(
            attempt_id=attempt_id_of(due.call_id, due.number),
            call_id=due.call_id,
            person_id=due.person_id,
            number=due.number,
            submitted_at=now,
            heard_at=now,
        )
        review_at = now + self._patience.reconcile_after
        async with self._database.statement() as connection:
            begun = await attempt_store.begin_attempt(connection, attempt, revision=due.revision, review_at=review_at)
        if not begun:
            async with self._database.transaction() as connection:
                if await attempt_store.forget_turned_away(connection, attempt.attempt_id):
                    begun = await attempt_store.begin_attempt(
                        connection, attempt, revision=due.revision, review_at=review_at
                    )
        return attempt if begun else None

    async def record(self, attempt_id: str, happening: Happening) -> Surfaced | Withdrawn | None:
        """Writes down what happened to an attempt, and what follows.

        Returns:
            What of it is to be ended at the carrier, if anything.

        Raises:
            UnknownAttempt: there is no such attempt. Every attempt is stored before the carrier hears of it.
            AnotherCarrierCall: it happened to another call of the carrier than this attempt's, or to another attempt's.
        """
        now = self._clock.now()
        async with self._database.transaction() as connection:
            call, before = await self._locked(connection, attempt_id)
            after = apply(before, happening, now)
            changed = _facts(after) != _facts(before)
            if before.state in CONCLUDED_FROM_SILENCE and await self._is_one_too_many(connection, call, after):
                log.error("attempt.surfaced", attempt=after.number, carrier_call_id=after.carrier_call_id)
                return Surfaced(after.carrier_call_id or "")
            step = next_step(after, call, now, self._patience)
            review_at = step.at if isinstance(step, LookAgain) else None
            if after.live:
                # also where the call has ended by now, as it does for who asks on the line not to be called
                review_at = look_again_at(after, call, self._patience)
            await attempt_store.save_attempt(connection, after, review_at=review_at)
            first_answer = (
                after.answered
                and not before.answered
                and not await attempt_store.another_was_answered(connection, after)
            )
            bound = before.carrier_call_id is None and after.carrier_call_id is not None
            if bound:
                await self._tell_dialed(connection, after, now)
            # a repeated callback must not put off, or take back, a retry that is queued; news may
            if _latest(after, call) and (
                call.state is CallState.ACTIVE or (call.state is CallState.PENDING and changed)
            ):
                await self._follow(connection, call, after, step, now)
        if not after.live:
            # another attempt may be due, or another call of this person, which this one kept waiting
            self._wake_ups.dialer.set()
        if bound or isinstance(step, Finish):
            self._wake_ups.relay.set()
        if first_answer:
            metrics.calls_answered.inc()
        if before.state is not after.state:
            log.info("attempt.changed", attempt=after.number, state=after.state, was=before.state)
        if call.withdrawn is not None and after.state in UNANSWERED:
            return Withdrawn(after.carrier_call_id or "")
        return None

    async def _locked(self, connection: AsyncConnection, attempt_id: str) -> tuple[Call, Attempt]:
        locked = await attempt_store.locked_attempt(connection, attempt_id.rpartition(".")[0], attempt_id)
        if locked is None:
            raise UnknownAttempt(
                f"There is no attempt {attempt_id}. It is of another installation, or its rows were deleted."
            )
        return locked

    async def _is_one_too_many(self, connection: AsyncConnection, call: Call, attempt: Attempt) -> bool:
        if not attempt.live:
            return False
        return call.state is CallState.FINISHED or await attempt_store.another_is_live(connection, attempt)

    async def _follow(
        self,
        connection: AsyncConnection,
        call: Call,
        attempt: Attempt,
        step: LookAgain | TryAgain | Finish,
        now: datetime,
    ) -> None:
        match step:
            case LookAgain() if call.state is CallState.ACTIVE:
                pass
            case LookAgain():
                # takes a queued retry back: the carrier has spoken up after all
                await store.hold_call(connection, call.call_id)
            case TryAgain(at, outcome, reason):
                await store.queue_call(connection, call.call_id, at=at, outcome=outcome)
                await store.add_decision(
                    connection, call.call_id, number=attempt.number, decision="try_again", reason=reason, at=now
                )
                log.info("call.retry", attempt=attempt.number, reason=reason, at=at.isoformat())
            case Finish(outcome, reason):
                await self._finish(connection, call, outcome, reason, now)

    async def refuse(self, due: DueCall, reason: str) -> None:
        """Finishes a call that must not be dialed: as refused, or as its last attempt left it."""
        async with self._database.transaction() as connection:
            call = await self._still_due(connection, due)
            if call is not None:
                outcome = call.outcome if call.attempts else Outcome.REFUSED
                await self._finish(connection, call, outcome, reason, self._clock.now())
        self._wake_ups.relay.set()

    async def postpone(self, due: DueCall, reason: str, *, until: datetime) -> None:
        """Puts a call off that cannot be dialed now. Where `until` lies beyond its window, the sweep finds it closed."""
        now = self._clock.now()
        async with self._database.transaction() as connection:
            call = await self._still_due(connection, due)
            if call is None:
                return
            await store.queue_call(connection, due.call_id, at=until, outcome=call.outcome)
            await store.add_decision(
                connection, due.call_id, number=due.number, decision="postponed", reason=reason, at=now
            )
        self._wake_ups.dialer.set()
        log.info("call.postponed", attempt=due.number, reason=reason, until=until.isoformat())

    async def _still_due(self, connection: AsyncConnection, due: DueCall) -> Call | None:
        """The call, locked; none where it is no more to be dialed, or was moved while window-scheduler was asked about it."""
        call = await store.locked_call(connection, due.call_id)
        if call is None or call.state is not CallState.PENDING or call.revision != due.revision:
            return None
        return call

    async def finish_closed(self) -> None:
        """Finishes the pending calls whose window has closed: missed, or as their last attempt left them. The reason is the
        carrier's where it refuses the account.
        """
        closed = CLOSED_AT_ONCE
        while closed == CLOSED_AT_ONCE:
            now = self._clock.now()
            async with self._database.transaction() as connection:
                refused = (await rate_store.read_rate(connection)).refusals > 0
                reason = "carrier_account_needs_operator" if refused else "window_closed"
                call_ids = await store.take_closed(connection, now=now, limit=CLOSED_AT_ONCE)
                for call_id in call_ids:
                    call = await store.locked_call(connection, call_id)
                    if call is not None:
                        await self._finish(connection, call, call.outcome, reason, now)
            self._wake_ups.relay.set()
            closed = len(call_ids)

    async def _finish(
        self, connection: AsyncConnection, call: Call, outcome: Outcome, reason: str, now: datetime
    ) -> None:
        await store.finish_call(connection, call.call_id, outcome=outcome, reason=reason, at=now)
        await store.add_decision(
            connection, call.call_id, number=call.attempts, decision=f"finished_{outcome}", reason=reason, at=now
        )
        await self._tell_finished(connection, replace(call, outcome=outcome, reason=reason), now)
        metrics.calls_finished.labels(outcome, reason).inc()
        log.info("call.finished", call_id=call.call_id, outcome=outcome, reason=reason, attempts=call.attempts)

    async def _tell_finished(self, connection: AsyncConnection, call: Call, at: datetime) -> None:
        finished = events_pb2.CallFinished(
            call_id=call.call_id,
            person_id=call.person_id,
            outcome=events_pb2.CallOutcome.Value(f"CALL_OUTCOME_{call.outcome.name}"),
            reason=call.reason,
            attempts=call.attempts,
            attempt_id=attempt_id_of(call.call_id, call.attempts) if call.attempts else "",
            revision=call.revision,
        )
        finished.finished_at.FromDatetime(at)
        await add_outgoing(
            connection,
            event_id=finished_event_id(call),
            call_id=call.call_id,
            subject=CALL_FINISHED.subject,
            body=finished.SerializeToString(),
            at=self._clock.now(),
        )

    async def _tell_dialed(self, connection: AsyncConnection, attempt: Attempt, now: datetime) -> None:
        dialed = events_pb2.CallDialed(
            call_id=attempt.call_id,
            person_id=attempt.person_id,
            attempt_id=attempt.attempt_id,
            attempt_number=attempt.number,
            carrier_call_id=attempt.carrier_call_id or "",
        )
        dialed.dialed_at.FromDatetime(attempt.submitted_at)
        await add_outgoing(
            connection,
            event_id=f"{attempt.attempt_id}.dialed",
            call_id=attempt.call_id,
            subject=CALL_DIALED.subject,
            body=dialed.SerializeToString(),
            at=now,
        )


def _facts(attempt: Attempt) -> tuple[object, ...]:
    return attempt.state, attempt.reflection, attempt.answered_by


def _latest(attempt: Attempt, call: Call) -> bool:
    return attempt.number >= call.attempts
