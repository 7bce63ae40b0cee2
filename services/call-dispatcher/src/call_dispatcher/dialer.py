"""Dials what is due, the earliest deadline first.

For each call: take it, ask window-scheduler, store the attempt, commit, POST once, store the answer. A crash between any two of
these loses nothing and dials nobody twice: before the attempt is stored the call comes due again by itself, after it the sweep
asks the carrier.

Which call goes next is decided only when the carrier's rate has a slot for it: a call that comes in meanwhile with an earlier
deadline overtakes those that wait. Earliest deadline first places every call that any order could.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from structlog.contextvars import bound_contextvars

from call_dispatcher import metrics, store
from call_dispatcher.attempts import Accepted, Attempt, Rejected
from call_dispatcher.authority import Allowed, DialAuthority, Refused
from call_dispatcher.calls import attempt_id_of
from call_dispatcher.errors import SchedulerUnavailable, UnknownPerson
from call_dispatcher.ledger import Ledger, WakeUps
from call_dispatcher.rate import CallRate
from call_dispatcher.store import DueCall
from call_dispatcher.telephony import Carrier
from chassis.clock import Clock
from chassis.database import Database
from chassis.errors import DaybookError
from chassis.heartbeat import Heartbeat
from chassis.telemetry import call_context, observe, span
from chassis.waiting import until_set

log = structlog.get_logger()

LEASE = timedelta(seconds=20)
"""A taken call comes due again after so long, should this process die before its attempt is stored. Longer than asking takes."""

ASK_AGAIN = timedelta(seconds=5)
LOOK_AT_LEAST_EVERY = timedelta(seconds=10)
AFTER_FAILURE = timedelta(seconds=1)


@dataclass(frozen=True)
class Dialing:
    """How to dial: `orchestrator` is told in the log, `at_once` bounds the POSTs under way."""

    orchestrator: str
    at_once: int


class Dialer:
    """Places calls with the carrier. Any number of processes may, on one database."""

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        authority: DialAuthority,
        carrier: Carrier,
        rate: CallRate,
        dialing: Dialing,
        *,
        clock: Clock,
        wake_ups: WakeUps,
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._authority = authority
        self._carrier = carrier
        self._rate = rate
        self._orchestrator = dialing.orchestrator
        self._free_hands = asyncio.Semaphore(dialing.at_once)
        self._clock = clock
        self._woken = wake_ups.dialer
        self._heartbeat = Heartbeat("dialer", clock)

    async def run(self, stop: asyncio.Event) -> None:
        """Dials until `stop` is set; the dials under way are finished first."""
        async with asyncio.TaskGroup() as dials:
            while not stop.is_set():
                self._woken.clear()
                try:
                    await self._dial_due(dials, stop)
                    pause = await self._until_next_due()
                    self._heartbeat.beat()
                except DaybookError as error:
                    log.warning("dialer.failed", exc_info=error)
                    await until_set(stop, within=AFTER_FAILURE)
                else:
                    await until_set(self._woken, within=pause)

    async def _until_next_due(self) -> timedelta:
        now = self._clock.now()
        async with self._database.transaction() as connection:
            due_at = await store.next_due_at(connection, after=now)
        return LOOK_AT_LEAST_EVERY if due_at is None else min(due_at - now, LOOK_AT_LEAST_EVERY)

    async def _dial_due(self, dials: asyncio.TaskGroup, stop: asyncio.Event) -> None:
        async with self._database.transaction() as connection:
            found = await store.count_due(connection, self._clock.now())
        if found:
            log.info("pending.found", count=found)
        while found and not stop.is_set():
            await self._free_hands.acquire()
            held = await self._rate.take()
            due = await self._take()
            if due is None:
                return
            if held:
                # a call that came due only while the slot was waited for has waited less
                due_for_s = (self._clock.now() - due.due_since).total_seconds()
                metrics.rate_wait_s.inc(min(self._rate.spacing_s, max(due_for_s, 0.0)))
            self._heartbeat.beat()
            dials.create_task(self._handle(due))

    async def _take(self) -> DueCall | None:
        """The next call, or none: then the slot and the hand that waited for it are free again."""
        due = None
        try:
            now = self._clock.now()
            async with self._database.transaction() as connection:
                due = await store.take_due(connection, now=now, lease_until=now + LEASE)
        finally:
            if due is None:
                self._rate.give_back()
                self._free_hands.release()
        return due

    async def _handle(self, due: DueCall) -> None:
        try:
            with (
                bound_contextvars(call_id=due.call_id, person_id=due.person_id),
                span("dial", context=call_context(due.call_id), attributes={"daybook.attempt": due.number}),
            ):
                if not await self._dial(due):
                    self._rate.give_back()
        except DaybookError as error:
            log.warning("dial.interrupted", call_id=due.call_id, attempt=due.number, error=str(error), exc_info=error)
        except Exception as error:
            # one call's fault must not keep the others from being made
            log.error("dial.failed", call_id=due.call_id, attempt=due.number, exc_info=error)
        finally:
            self._free_hands.release()

    async def _dial(self, due: DueCall) -> bool:
        """Dials one call, or decides why not. True where it was handed to the carrier."""
        log.info("call.processing", attempt=due.number)
        try:
            answer = await self._authority.ask(due.call_id, attempt_id_of(due.call_id, due.number))
        except SchedulerUnavailable:
            await self._hold_back(due, "scheduler_unavailable", until=self._clock.now() + ASK_AGAIN)
            return False
        except UnknownPerson:
            answer = Refused("unknown_call", retry_at=None)
        if isinstance(answer, Refused):
            await self._refused(due, answer)
            return False
        attempt = await self._ledger.begin(due)
        if attempt is None:
            log.info("call.not_begun", attempt=due.number)
            return False
        await self._submit(due, attempt, answer)
        return True

    async def _refused(self, due: DueCall, answer: Refused) -> None:
        if answer.reason == "window_closed":
            await self._hold_back(due, answer.reason, until=due.not_after)
        elif answer.retry_at is not None:
            # not at once again, whatever the answer says
            until = max(answer.retry_at, self._clock.now() + ASK_AGAIN)
            await self._hold_back(due, answer.reason, until=until)
        else:
            metrics.dials_held_back.labels(answer.reason).inc()
            await self._ledger.refuse(due, answer.reason)

    async def _hold_back(self, due: DueCall, reason: str, *, until: datetime) -> None:
        metrics.dials_held_back.labels(reason).inc()
        await self._ledger.postpone(due, reason, until=until)

    async def _submit(self, due: DueCall, attempt: Attempt, allowed: Allowed) -> None:
        observe(metrics.dial_delay, (attempt.submitted_at - due.due_since).total_seconds())
        answer = await self._carrier.place_call(attempt.attempt_id, allowed.phone_number)
        metrics.dials.labels(type(answer).__name__).inc()
        match answer:
            case Accepted(carrier_call_id):
                log.info("call.initiated", attempt=attempt.number, carrier_call_id=carrier_call_id)
                log.info("call.awaiting_webhook", attempt=attempt.number, orchestrator=self._orchestrator)
            case Rejected(code, fault):
                log.error("call.rejected", attempt=attempt.number, code=code, fault=fault)
            case unsettled:
                log.warning("call.unsettled", attempt=attempt.number, reason=unsettled.reason)
        await self._ledger.record(attempt.attempt_id, answer)
