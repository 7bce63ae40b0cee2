"""Every 15 seconds: what no event will ever tell.

Calls whose window has closed are finished. Attempts of which nothing was heard for too long are looked after: without an answer
to the POST, the carrier is asked whether it has such a call (promise 4: only then may another be made); on their way, it is
asked how they stand; still queued when the window closes, they are cancelled.
"""

import asyncio
from datetime import datetime, timedelta

import structlog
from structlog.contextvars import bound_contextvars

from call_dispatcher import attempt_store, metrics, rate_store, store
from call_dispatcher.attempts import (
    UNCONFIRMED,
    AbsentAtCarrier,
    Attempt,
    AttemptState,
    CarrierReported,
    Happening,
    LostAtCarrier,
    TimePassed,
)
from call_dispatcher.authority import DialAuthority
from call_dispatcher.errors import CarrierUnavailable, UnknownPerson
from call_dispatcher.ledger import Ledger
from call_dispatcher.telephony import Carrier
from call_dispatcher.unwanted import end_unwanted
from call_dispatcher.wake_ups import WakeUps
from chassis.clock import Clock
from chassis.database import Database
from chassis.errors import DaybookError
from chassis.heartbeat import Heartbeat
from chassis.telemetry import call_context, span
from chassis.waiting import until_set

log = structlog.get_logger()

REVIEWED_AT_ONCE = 8
LEASE = timedelta(seconds=30)
CLOCK_DIFFERENCE = timedelta(seconds=2)
"""How far the carrier's clock, told to the second, may be behind ours."""

GIVEN_UP_AFTER = timedelta(hours=6)
"""An attempt that cannot be asked about for so long is over, whatever became of it. Longer than the carrier's longest call."""


class Sweep:
    """Looks after what fell silent."""

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        authority: DialAuthority,
        carrier: Carrier,
        *,
        clock: Clock,
        wake_ups: WakeUps,
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._authority = authority
        self._carrier = carrier
        self._clock = clock
        self._wake_ups = wake_ups
        self._heartbeat = Heartbeat("sweep", clock)

    async def run(self, stop: asyncio.Event, *, period: timedelta) -> None:
        """Sweeps once a period, until `stop` is set."""
        while not stop.is_set():
            try:
                await self.sweep()
            except DaybookError as error:
                log.warning("sweep.failed", exc_info=error)
            await until_set(stop, within=period)

    async def sweep(self) -> None:
        """Sweeps once.

        Raises:
            DatabaseUnavailable: the rest is left to the next time.
        """
        await self._ledger.finish_closed()
        while await self._review_some():
            pass
        async with self._database.transaction() as connection:
            depths = await store.depths(connection)
            rate = await rate_store.read_rate(connection)
        metrics.account_refusals.set(rate.refusals)
        metrics.calls_pending.set(depths.pending)
        metrics.attempts_live.set(depths.live)
        metrics.outbox_unpublished.set(depths.unpublished)
        metrics.outbox_oldest.set(_unix(depths.unpublished_since))
        metrics.attempts_unknown.set(depths.unknown)
        metrics.attempts_unknown_oldest.set(_unix(depths.unknown_since))
        self._heartbeat.beat()
        self._wake_ups.dialer.set()
        self._wake_ups.relay.set()

    async def _review_some(self) -> bool:
        """Looks after the attempts that fell silent first. True where more are to be looked after now."""
        now = self._clock.now()
        async with self._database.transaction() as connection:
            silent = await attempt_store.take_reviews(
                connection, now=now, lease_until=now + LEASE, limit=REVIEWED_AT_ONCE
            )
        async with asyncio.TaskGroup() as tasks:
            reviews = [tasks.create_task(self._review(attempt)) for attempt in silent]
        # where one could not be asked about, the others wait for the next sweep with it
        return len(reviews) == REVIEWED_AT_ONCE and all(review.result() for review in reviews)

    async def _review(self, attempt: Attempt) -> bool:
        with (
            bound_contextvars(call_id=attempt.call_id, attempt=attempt.number),
            span("look after", context=call_context(attempt.call_id)),
        ):
            try:
                found = await self._found_or_given_up(attempt)
                await end_unwanted(self._carrier, await self._ledger.record(attempt.attempt_id, found))
            except Exception as error:
                # one attempt's fault must not keep the others from being looked after; its turn comes again
                log.warning("attempt.not_reviewed", state=attempt.state, exc_info=error)
                return False
            metrics.attempts_reconciled.labels(type(found).__name__).inc()
            log.info("attempt.reviewed", state=attempt.state, found=type(found).__name__)
        return True

    async def _found_or_given_up(self, attempt: Attempt) -> Happening:
        try:
            return await self._found(attempt)
        except DaybookError:
            if self._clock.now() < attempt.submitted_at + GIVEN_UP_AFTER:
                raise
            return LostAtCarrier()

    async def _found(self, attempt: Attempt) -> Happening:
        """What is to be learnt of an attempt that fell silent.

        Raises:
            CarrierUnavailable, SchedulerUnavailable: nothing, now.
        """
        if not attempt.live:
            return TimePassed()
        if attempt.state in UNCONFIRMED or attempt.carrier_call_id is None:
            return await self._searched(attempt)
        if attempt.state is AttemptState.ACCEPTED and await self._closed(attempt):
            await self._carrier.cancel(attempt.carrier_call_id)
        call = await self._carrier.fetch(attempt.carrier_call_id)
        if call is None:
            return LostAtCarrier()
        if call.state is None:
            raise CarrierUnavailable(
                "The carrier tells a status of a call that this program does not know. It is asked again; look the call up "
                "with the carrier, and for a newer Daybook."
            )
        return CarrierReported(call.carrier_call_id, call.state)

    async def _closed(self, attempt: Attempt) -> bool:
        async with self._database.transaction() as connection:
            call = await store.locked_call(connection, attempt.call_id)
        return call is None or self._clock.now() >= call.not_after

    async def _searched(self, attempt: Attempt) -> Happening:
        try:
            number = await self._authority.phone_number(attempt.person_id)
        except UnknownPerson:
            return LostAtCarrier()
        created_from = attempt.submitted_at.replace(microsecond=0) - CLOCK_DIFFERENCE
        calls = [call for call in await self._carrier.find_calls(number) if call.created_at >= created_from]
        async with self._database.transaction() as connection:
            ids = [call.carrier_call_id for call in calls]
            taken = await attempt_store.bound_elsewhere(connection, ids, attempt.attempt_id)
        ours = [call for call in calls if call.carrier_call_id not in taken]
        if not ours:
            return AbsentAtCarrier()
        first = min(ours, key=lambda call: call.created_at)
        return CarrierReported(first.carrier_call_id, first.state or AttemptState.ACCEPTED)


def _unix(moment: datetime | None) -> float:
    return 0 if moment is None else moment.timestamp()
