"""Whose turn it is to be dialed, and when: the due calls by their deadlines, each with a slot of the carrier's rate.

A call and its slot are taken in one transaction, a moment before the slot opens, by whichever process is there first. So the
earliest deadline goes first among all calls of all processes, and no slot is taken for which there is no call. While the carrier
refuses the account, nobody has a turn but a single call now and then, which shows whether it still does.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import monotonic

import structlog

from call_dispatcher import rate_store, store
from call_dispatcher.account_pause import PROBE_TAKES, pause_after, paused_for
from call_dispatcher.rate import LATE_AT_MOST, open_slots, opens_in, spacing_of
from call_dispatcher.rate_store import CarrierRate
from call_dispatcher.store import DueCall
from chassis.clock import Clock
from chassis.database import Database
from chassis.together import Together

log = structlog.get_logger()

LEASE = timedelta(seconds=20)
"""A taken call comes due again after so long, should this process die before its attempt is stored. Longer than asking takes."""

LOOK_AT_LEAST_EVERY = timedelta(seconds=10)


@dataclass(frozen=True)
class Slot:
    """The right to one POST.

    Attributes:
        at: when it opens, by PostgreSQL's clock,
        opens_at: and by this process's monotonic one, seconds.
        probe: whether its call is to show if the carrier takes the account again (`account_pause`).
    """

    at: datetime
    opens_at: float
    probe: bool = False

    @property
    def over(self) -> bool:
        """Whether it is too late to use it."""
        return monotonic() > self.opens_at + LATE_AT_MOST.total_seconds()

    async def opened(self) -> None:
        """Returns when it has opened."""
        await asyncio.sleep(max(self.opens_at - monotonic(), 0.0))


@dataclass(frozen=True)
class Turn:
    """A call to be dialed when its slot opens. `held_back` is how long the rate alone kept it waiting, at most a spacing."""

    due: DueCall
    slot: Slot
    held_back: timedelta


@dataclass(frozen=True)
class Taken:
    """What was had.

    Attributes:
        turns: in the order of their slots.
        all_due: whether nothing more is due.
        slot_in: how long until a slot may be taken, where none may be now.
        pause_for: how long nobody is to be dialed, where that is so.
    """

    turns: Sequence[Turn] = ()
    all_due: bool = False
    slot_in: timedelta | None = None
    pause_for: timedelta | None = None


class Turns:
    """Gives out turns. Any number of processes may, on one database.

    Args:
        calls_per_second: of the carrier's account, for all processes together.
    """

    def __init__(self, database: Database, calls_per_second: float, *, clock: Clock) -> None:
        self._database = database
        self._spacing = spacing_of(calls_per_second)
        self._clock = clock
        self._late = Together(self._take_slots)

    async def take(self, wanted: int) -> Taken:
        """Takes the next turns, at most `wanted`. A call of them comes due again after `LEASE`, if nothing becomes of it.

        Raises:
            DatabaseUnavailable: none was had.
        """
        now = self._clock.now()
        async with self._database.transaction() as connection:
            rate = await rate_store.locked_rate(connection)
            seen_at = monotonic()
            paused = paused_for(rate.paused_until, rate.now) if rate.refusals else None
            if paused is not None:
                return Taken(pause_for=min(paused, LOOK_AT_LEAST_EVERY))
            wanted = 1 if rate.refusals else wanted
            slots = open_slots(rate.next_slot_at, rate.now, spacing=self._spacing, wanted=wanted)
            if not slots:
                return Taken(slot_in=opens_in(rate.next_slot_at, rate.now))
            calls = await store.take_due_and_slots(
                connection, slots, spacing=self._spacing, now=now, lease_until=now + LEASE
            )
            if not calls:
                return Taken(all_due=True)
            if rate.refusals:
                await rate_store.set_pause(connection, refusals=rate.refusals, until=rate.now + PROBE_TAKES)
        turns = [self._turn(call, slot, rate, seen_at) for call, slot in zip(calls, slots, strict=False)]
        return Taken(turns, all_due=len(calls) < len(slots))

    def _turn(self, due: DueCall, slot_at: datetime, rate: CarrierRate, seen_at: float) -> Turn:
        ahead = slot_at - rate.now
        # a call that came due only while the slot was waited for has waited less
        due_for = self._clock.now() + ahead - due.due_since
        held_back = min(self._spacing, max(due_for, timedelta(0))) if ahead else timedelta(0)
        return Turn(due, Slot(slot_at, seen_at + ahead.total_seconds(), probe=rate.refusals > 0), held_back)

    async def take_next_call(self) -> DueCall | None:
        """The next call, for a slot that is left. It comes due again after `LEASE`, if nothing becomes of it."""
        now = self._clock.now()
        async with self._database.statement() as connection:
            calls = await store.take_due(connection, now=now, lease_until=now + LEASE, limit=1)
        return calls[0] if calls else None

    async def take_slot(self, over: Slot) -> Slot:
        """Waits for another slot, for a call whose own was over before it could be used."""
        while True:
            taken = await self._late.ask(over)
            if isinstance(taken, Slot):
                return taken
            await asyncio.sleep(taken.total_seconds())

    async def _take_slots(self, late: Sequence[Slot]) -> Sequence[Slot | timedelta]:
        """For each of these another slot; or, where there is none now, how long until one may be taken."""
        async with self._database.transaction() as connection:
            rate = await rate_store.locked_rate(connection)
            seen_at = monotonic()
            slots = open_slots(rate.next_slot_at, rate.now, spacing=self._spacing, wanted=len(late))
            if slots:
                await rate_store.set_next_slot(connection, slots[-1] + self._spacing)
        taken = [
            replace(over, at=at, opens_at=seen_at + (at - rate.now).total_seconds())
            for over, at in zip(late, slots, strict=False)
        ]
        wait = opens_in(slots[-1] + self._spacing if slots else rate.next_slot_at, rate.now)
        return [*taken, *[wait] * (len(late) - len(taken))]

    async def give_back(self, slot: Slot) -> None:
        """Returns a slot that no call needed."""
        async with self._database.statement() as connection:
            await rate_store.give_back_slot(connection, slot.at, next_slot_at=slot.at + self._spacing)

    async def pause(self, slot: Slot) -> None:
        """Stops all dialing for a while: the carrier has refused the account in this slot."""
        async with self._database.transaction() as connection:
            rate = await rate_store.locked_rate(connection)
            if rate.refusals and not slot.probe:
                return  # one of several that were under way when the first was refused
            pause = pause_after(rate.refusals + 1)
            await rate_store.set_pause(connection, refusals=rate.refusals + 1, until=rate.now + pause)
        log.error("carrier.account_refused", refusals=rate.refusals + 1, pause_s=pause.total_seconds())

    async def resume(self) -> None:
        """Ends the pause: the carrier has taken the account again."""
        async with self._database.statement() as connection:
            await rate_store.end_pause(connection)
        log.info("carrier.account_taken")

    async def until_next_due(self) -> timedelta:
        """How long until a call comes due, as far as it is known now."""
        now = self._clock.now()
        async with self._database.statement() as connection:
            due_at = await store.next_due_at(connection, after=now)
        return LOOK_AT_LEAST_EVERY if due_at is None else min(due_at - now, LOOK_AT_LEAST_EVERY)
