"""Dials what is due, the earliest deadline first.

For each call: take its turn, ask window-scheduler, store the attempt, commit, POST once, store the answer. A crash between any
two of these loses nothing and dials nobody twice: before the attempt is stored the call comes due again by itself, after it the
sweep asks the carrier.

Which call goes next is decided only when the carrier's rate has a slot for it (`turns`): a call that comes in meanwhile with an
earlier deadline overtakes those that wait. Earliest deadline first places every call that any order could.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from structlog.contextvars import bound_contextvars

from call_dispatcher import metrics
from call_dispatcher.attempts import Accepted, Rejected
from call_dispatcher.authority import Allowed, DialAuthority, Refused
from call_dispatcher.calls import attempt_id_of
from call_dispatcher.carrier_errors import account_refused
from call_dispatcher.errors import SchedulerUnavailable, UnknownPerson
from call_dispatcher.ledger import Begun, Ledger
from call_dispatcher.store import DueCall
from call_dispatcher.telephony import Carrier
from call_dispatcher.turns import Slot, Taken, Turn, Turns
from call_dispatcher.unwanted import end_unwanted
from call_dispatcher.wake_ups import WakeUps
from chassis.clock import Clock
from chassis.errors import DaybookError
from chassis.heartbeat import Heartbeat
from chassis.telemetry import call_context, observe, span
from chassis.waiting import until_set

log = structlog.get_logger()

ASK_AGAIN = timedelta(seconds=5)
AFTER_FAILURE = timedelta(seconds=1)
LOOK_UP_EVERY = timedelta(seconds=1)
"""While a slot is waited for: it may have been given back by another process, or this one is to stop."""


@dataclass(frozen=True)
class Dialing:
    """How to dial: `orchestrator` is told in the log, `at_once` bounds the calls in hand."""

    orchestrator: str
    at_once: int


class Dialer:
    """Places calls with the carrier. Any number of processes may, on one database."""

    def __init__(
        self,
        turns: Turns,
        ledger: Ledger,
        authority: DialAuthority,
        carrier: Carrier,
        dialing: Dialing,
        *,
        clock: Clock,
        wake_ups: WakeUps,
    ) -> None:
        self._turns = turns
        self._ledger = ledger
        self._authority = authority
        self._carrier = carrier
        self._orchestrator = dialing.orchestrator
        self._hands = asyncio.Semaphore(dialing.at_once)
        self._clock = clock
        self._woken = wake_ups.dialer
        self._slot_left = asyncio.Event()
        self._heartbeat = Heartbeat("dialer", clock)

    async def run(self, stop: asyncio.Event) -> None:
        """Dials until `stop` is set; the dials under way are finished first."""
        async with asyncio.TaskGroup() as dials:
            while not stop.is_set():
                self._woken.clear()
                try:
                    pause = await self._dial_due(dials, stop)
                    if pause is None and not self._woken.is_set():
                        pause = await self._turns.until_next_due()
                    self._heartbeat.beat()
                except DaybookError as error:
                    log.warning("dialer.failed", exc_info=error)
                    await until_set(stop, within=AFTER_FAILURE)
                else:
                    await until_set(self._woken, within=pause or timedelta(0))

    async def _dial_due(self, dials: asyncio.TaskGroup, stop: asyncio.Event) -> timedelta | None:
        """Dials until nothing more is due. Returns how long nobody is to be dialed, where that is so."""
        while not stop.is_set():
            self._slot_left.clear()
            taken = await self._take()
            for turn in taken.turns:
                metrics.rate_wait_s.inc(turn.held_back.total_seconds())
                dials.create_task(self._handle(turn))
            if taken.turns:
                log.info("pending.found", count=len(taken.turns))
            if taken.slot_in is not None:
                await until_set(self._slot_left, within=min(taken.slot_in, LOOK_UP_EVERY))
            self._heartbeat.beat()
            if taken.all_due or taken.pause_for is not None:
                return taken.pause_for
        return None

    async def _take(self) -> Taken:
        """The next turns, with a hand for each; waits for the first hand that is free."""
        hands = await self._free_hands()
        taken = Taken()
        try:
            taken = await self._turns.take(hands)
        finally:
            for _ in range(hands - len(taken.turns)):
                self._hands.release()
        return taken

    async def _free_hands(self) -> int:
        await self._hands.acquire()
        hands = 1
        while not self._hands.locked():
            await self._hands.acquire()  # returns at once
            hands += 1
        return hands

    async def _handle(self, turn: Turn) -> None:
        try:
            due: DueCall | None = turn.due
            while due is not None:
                if await self._dialed(due, turn.slot):
                    return
                # the slot that this call left is the next one's
                due = None if turn.slot.over else await self._turns.take_next_call()
            await self._turns.give_back(turn.slot)
            self._slot_left.set()
        except DaybookError as error:
            log.warning("slot.lost", exc_info=error)
        finally:
            self._hands.release()

    async def _dialed(self, due: DueCall, slot: Slot) -> bool:
        """Dials one call, or decides why not. False where it left its slot."""
        try:
            with (
                bound_contextvars(call_id=due.call_id, person_id=due.person_id),
                span("dial", context=call_context(due.call_id), attributes={"daybook.attempt": due.number}),
            ):
                return await self._dial(due, slot)
        except DaybookError as error:
            log.warning("dial.interrupted", call_id=due.call_id, attempt=due.number, error=str(error), exc_info=error)
        except Exception as error:
            # one call's fault must not keep the others from being made
            log.error("dial.failed", call_id=due.call_id, attempt=due.number, exc_info=error)
        return True  # how far it came is not known

    async def _dial(self, due: DueCall, slot: Slot) -> bool:
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
        if slot.over:
            slot = await self._turns.take_slot(slot)
        await slot.opened()
        begun = await self._ledger.begin(due)
        if begun is None:
            log.info("call.not_begun", attempt=due.number)
            return False
        while slot.over:  # storing it took that long
            slot = await self._turns.take_slot(slot)
            await slot.opened()
        await self._submit(begun, answer, slot)
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

    async def _submit(self, begun: Begun, allowed: Allowed, slot: Slot) -> None:
        attempt = begun.attempt
        observe(metrics.dial_delay, (attempt.submitted_at - begun.due.due_since).total_seconds())
        stored_ago = self._clock.now() - attempt.submitted_at
        answer = await self._carrier.place_call(attempt.attempt_id, allowed.phone_number, stored_ago=stored_ago)
        metrics.dials.labels(type(answer).__name__).inc()
        match answer:
            case Accepted(carrier_call_id):
                log.info("call.initiated", attempt=attempt.number, carrier_call_id=carrier_call_id)
                log.info("call.awaiting_webhook", attempt=attempt.number, orchestrator=self._orchestrator)
            case Rejected(code, fault):
                log.error("call.rejected", attempt=attempt.number, code=code, fault=fault)
            case unsettled:
                log.warning("call.unsettled", attempt=attempt.number, reason=unsettled.reason)
        unwanted = await self._ledger.record_answer(begun, answer)
        match answer:
            case Rejected(code) if account_refused(code):
                await self._turns.pause(slot)
            case Accepted() | Rejected() if slot.probe:
                await self._turns.resume()
            case _:
                pass
        await end_unwanted(self._carrier, unwanted)
