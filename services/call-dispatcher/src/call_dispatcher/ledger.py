"""What becomes of calls: one happening, one transaction.

Whatever happens to a call (the carrier's answer, a callback, the sweep's finding, a refusal) is written down here together with
what follows from it and with the events that tell it. Either all of it is kept or nothing; the one who asked asks again. What
window-scheduler tells of calls is written down by `bookings`.
"""

from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from call_dispatcher import attempt_store, metrics, rate_store, store
from call_dispatcher.announcements import dialed
from call_dispatcher.attempts import UNANSWERED, Accepted, Attempt, AttemptState, Happening, PostAnswer
from call_dispatcher.calls import Call, CallState, Outcome, attempt_id_of
from call_dispatcher.endings import finish
from call_dispatcher.errors import UnknownAttempt
from call_dispatcher.outbox_store import add_outgoing
from call_dispatcher.retries import Finish, LookAgain, Patience, TryAgain, look_again_at, next_step
from call_dispatcher.store import DueCall
from call_dispatcher.transitions import apply
from call_dispatcher.unwanted import Surfaced, Withdrawn
from call_dispatcher.wake_ups import WakeUps
from chassis.clock import Clock
from chassis.database import Database

log = structlog.get_logger()

CLOSED_AT_ONCE = 500

CONCLUDED_FROM_SILENCE = frozenset({AttemptState.NOT_PLACED, AttemptState.TURNED_AWAY, AttemptState.LOST})
"""States that the carrier's word may still take back."""


@dataclass(frozen=True)
class Begun:
    """An attempt that is stored and about to be handed to the carrier; `version` is of its row as it was stored."""

    attempt: Attempt
    due: DueCall
    version: str


class Ledger:
    """Writes down what happened to calls and what follows."""

    def __init__(self, database: Database, *, patience: Patience, clock: Clock, wake_ups: WakeUps) -> None:
        self._database = database
        self._patience = patience
        self._clock = clock
        self._wake_ups = wake_ups

    async def begin(self, due: DueCall) -> Begun | None:
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
            version = await attempt_store.begin_attempt(connection, attempt, revision=due.revision, review_at=review_at)
        if version is None:
            async with self._database.transaction() as connection:
                if await attempt_store.forget_turned_away(connection, attempt.attempt_id):
                    version = await attempt_store.begin_attempt(
                        connection, attempt, revision=due.revision, review_at=review_at
                    )
        return None if version is None else Begun(attempt, due, version)

    async def record_answer(self, begun: Begun, answer: PostAnswer) -> Surfaced | Withdrawn | None:
        """Writes down what the carrier answered to an attempt's POST: as `record` does, and mostly in one statement.

        Returns, Raises: as `record`.
        """
        if isinstance(answer, Accepted) and await self._accepted(begun, answer):
            return None
        return await self.record(begun.attempt.attempt_id, answer)

    async def _accepted(self, begun: Begun, answer: Accepted) -> bool:
        """Whether the carrier took the attempt, nothing else has happened, and that is written down. Where not, `record` sees to
        it.
        """
        now = self._clock.now()
        after = apply(begun.attempt, answer, now)
        async with self._database.statement() as connection:
            stored = await attempt_store.accept_attempt(
                connection,
                after,
                dialed(after),
                version=begun.version,
                revision=begun.due.revision,
                review_at=self._look_again_at(after, begun.due.not_after, withdrawn=False),
            )
        if stored:
            self._wake_ups.relay.set()
            log.info("attempt.changed", attempt=after.number, state=after.state, was=begun.attempt.state)
        return stored

    def _look_again_at(self, attempt: Attempt, not_after: datetime, *, withdrawn: bool) -> datetime:
        return look_again_at(attempt, self._patience, not_after=not_after, withdrawn=withdrawn)

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
                review_at = self._look_again_at(after, call.not_after, withdrawn=call.withdrawn is not None)
            await attempt_store.save_attempt(connection, after, review_at=review_at)
            first_answer = (
                after.answered
                and not before.answered
                and not await attempt_store.another_was_answered(connection, after)
            )
            bound = before.carrier_call_id is None and after.carrier_call_id is not None
            if bound:
                await add_outgoing(connection, dialed(after), at=now)
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
                await finish(connection, call, outcome, reason, now)

    async def refuse(self, due: DueCall, reason: str) -> None:
        """Finishes a call that must not be dialed: as refused, or as its last attempt left it."""
        async with self._database.transaction() as connection:
            call = await self._still_due(connection, due)
            if call is not None:
                outcome = call.outcome if call.attempts else Outcome.REFUSED
                await finish(connection, call, outcome, reason, self._clock.now())
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
                        await finish(connection, call, call.outcome, reason, now)
            self._wake_ups.relay.set()
            closed = len(call_ids)


def _facts(attempt: Attempt) -> tuple[object, ...]:
    return attempt.state, attempt.reflection, attempt.answered_by


def _latest(attempt: Attempt, call: Call) -> bool:
    return attempt.number >= call.attempts
