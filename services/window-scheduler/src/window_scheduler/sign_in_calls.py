"""Decides of each sign-in that was asked for whether a call tells its code, and to whom; apart from whoever asked.

Any number of processes may do so at once, and stop anywhere: what none has decided is decided by the next. Why no call is placed
is logged and counted, and told to nobody: it would say whose number it is.
"""

import asyncio
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.clock import Clock
from chassis.database import Database
from chassis.time_zones import TimeZones
from window_scheduler.call_now import UnendedCall, why_not
from window_scheduler.call_now_store import add_asked_call, asked_for
from window_scheduler.call_store import CallKind
from window_scheduler.dialing_rules import DialingRules, Refusal
from window_scheduler.errors import NoSuchPerson, SealBroken
from window_scheduler.metrics import SIGN_IN_CALLED, sign_ins
from window_scheduler.number_store import hash_numbers, people_with_number
from window_scheduler.people import Person
from window_scheduler.people_store import PeopleStore
from window_scheduler.sealed import Sealer
from window_scheduler.sign_in import DIALED_WITHIN, NotCalled
from window_scheduler.sign_in_store import Undecided, claim_undecided, forget_sign_ins, note_decision, take_over

log = structlog.get_logger()

HASHED_AT_ONCE = 500
MOST_HASHED_BATCHES = 20
MOST_DECIDED = 100
"""Both in one round, of a few seconds at most: a round that lasts looks like one that stands still."""


class SignInCalls:
    """Places the calls that tell codes.

    Args:
        asked: set by a round that may leave some undecided, so that the next one comes at once.
        news: set once a call is stored that the others are to be told at once.
    """

    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        clock: Clock,
        zones: TimeZones,
        *,
        rules: DialingRules,
        asked: asyncio.Event,
        news: asyncio.Event,
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock
        self._zones = zones
        self._rules = rules
        self._asked = asked
        self._news = news

    async def place(self) -> None:
        """One round: whose number has no hash yet gets one, what was asked for is decided, and what is over is forgotten; of each
        some, however much there is.

        Raises:
            DatabaseUnavailable: what is not decided stays so.
        """
        may_decide = MOST_DECIDED
        for _ in range(MOST_HASHED_BATCHES):
            hashed = await self._hash_some()
            while may_decide and await self._decide_one():
                may_decide -= 1
            if hashed < HASHED_AT_ONCE:
                break
        if not may_decide:
            self._asked.set()
        async with self._database.transaction() as connection:
            await forget_sign_ins(connection, now=self._clock.now())

    async def _hash_some(self) -> int:
        async with self._database.transaction() as connection:
            hashed = await hash_numbers(connection, self._sealer, limit=HASHED_AT_ONCE)
        for person_id in hashed.unreadable:
            log.error("person.number_unreadable", person_id=str(person_id))
        return hashed.looked_at

    async def _decide_one(self) -> bool:
        async with self._database.transaction() as connection:
            undecided = await claim_undecided(connection)
            if undecided is None:
                return False
            now = self._clock.now()
            person_id, came_of_it = await self._decide(connection, undecided, now)
            call_id = came_of_it if isinstance(came_of_it, UUID) else None
            decision = SIGN_IN_CALLED if isinstance(came_of_it, UUID) else came_of_it.value
            await note_decision(connection, undecided.sign_in_id, decision, call_id)
        sign_ins.labels(decision).inc()
        # no id of the sign-in: with it, codes could be tried
        log.info("sign_in.decided", decision=decision, person_id=str(person_id or ""), call_id=str(call_id or ""))
        if call_id is not None:
            self._news.set()
        return True

    async def _decide(
        self, connection: AsyncConnection, undecided: Undecided, now: datetime
    ) -> tuple[UUID | None, UUID | NotCalled | Refusal]:
        """Whom it is about, where that is one person; and the id of the call that tells the code, or why there is none."""
        if now >= undecided.asked_at + DIALED_WITHIN:
            return None, NotCalled.TOO_LATE
        # all who have the number count, whether or not they may be called: any of them may be the one who picks up
        candidates = await people_with_number(connection, undecided.number_hash, limit=2)
        if len(candidates) > 1:
            return None, NotCalled.SHARED
        person = await self._locked(connection, candidates[0], undecided.number_hash) if candidates else None
        if person is None:
            return None, NotCalled.NOBODY
        person_id = person.person_id
        asked = await asked_for(connection, person, CallKind.SIGN_IN, self._zones, in_quiet_hours=False, now=now)
        match why_not(asked, self._rules, now):
            case Refusal() as refusal:
                return person_id, refusal
            case UnendedCall(call_id):
                # who asks again, since nobody picked up, has the id of the later sign-in: the call is to tell its code
                taken_over = await take_over(connection, call_id, asked_at=undecided.asked_at)
                return person_id, call_id if taken_over else NotCalled.OPEN_ALREADY
            case _:
                within = undecided.asked_at + DIALED_WITHIN - now
                call = await add_asked_call(connection, person_id, CallKind.SIGN_IN, asked, within=within, now=now)
                return person_id, call.call_id

    async def _locked(self, connection: AsyncConnection, person_id: UUID, number_hash: bytes) -> Person | None:
        """The person, if that is their number still. Locked: of two decided at once, the second finds the call of the first."""
        try:
            person = await PeopleStore(connection, self._sealer).locked_to_dial(person_id)
        except NoSuchPerson:
            return None
        except SealBroken:
            log.error("person.unreadable", person_id=str(person_id))
            return None
        return person if self._sealer.finding_hash(person.profile.phone_number) == number_hash else None
