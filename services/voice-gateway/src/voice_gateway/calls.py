"""The calls that this process holds: one conversation a call, whoever else opens a stream for it.

A call is in progress while its stream is served, and between two requests of the carrier that belong together: from the answer
to its webhook until its stream opens, from one turn without a stream to the next, from the last words until the carrier tells
that it hung up. None of these may come, or come to another process, so each is waited for no longer than a bounded time.
"""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from time import monotonic
from typing import TypeVar
from weakref import WeakValueDictionary

from chassis.waiting import until_set
from voice_gateway.attempts import Attempt
from voice_gateway.exchange import AnsweredByMachine
from voice_gateway.metrics import calls_in_progress
from voice_gateway.session import Session

STREAM_OPENS_WITHIN = timedelta(seconds=60)
"""As long as its ticket is valid."""
TURN_WITHIN = timedelta(minutes=3)
"""What is said takes half a minute, what a person answers without a pause may take two."""
HANGS_UP_WITHIN = timedelta(seconds=30)
LEFT_WITHIN = timedelta(seconds=4)
"""What was said last is settled within two seconds, and Twilio waits for an answer meanwhile."""

_REMEMBERED = 10_000

FactT = TypeVar("FactT")


class CallsInProgress:
    """Those that run, by call id; those that are over, by attempt id: a later attempt may begin anew.

    Args:
        at_once: how many media streams may run in this process, or be about to open.
        now: a monotonic clock, seconds.
    """

    def __init__(self, now: Callable[[], float] = monotonic, *, at_once: int) -> None:
        self._now = now
        self._at_once = at_once
        self._invited: dict[str, float] = {}
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._sessions: dict[str, Session] = {}
        self._streams: Counter[str] = Counter()
        self._awaited: dict[str, float] = {}
        self._over: OrderedDict[str, None] = OrderedDict()
        self._hung_up: OrderedDict[str, None] = OrderedDict()
        self._machines: OrderedDict[str, AnsweredByMachine] = OrderedDict()
        self._changed = asyncio.Event()

    @asynccontextmanager
    async def holding(self, attempt: Attempt) -> AsyncIterator[None]:
        """Waits until no other stream of that call is being served here; a session that still runs is broken off."""
        call_id = attempt.call_id
        self._streams[attempt.attempt_id] += 1
        self._invited.pop(attempt.attempt_id, None)
        try:
            turn = self._turns.setdefault(call_id, asyncio.Lock())
            running = self._sessions.get(call_id)
            if running is not None:
                running.break_off()
            async with turn:
                calls_in_progress.inc()
                try:
                    yield
                finally:
                    self._sessions.pop(call_id, None)
                    calls_in_progress.dec()
        finally:
            self._streams[attempt.attempt_id] -= 1
            # the carrier asks what is next, or tells that the call has ended
            self.awaits(attempt, HANGS_UP_WITHIN)

    def runs(self, attempt: Attempt, session: Session) -> None:
        """From now on `session` is told what concerns the call; a machine may have been detected before its stream began."""
        self._sessions[attempt.call_id] = session
        machine = self._machines.get(attempt.attempt_id)
        if machine is not None:
            session.answered_by_machine(machine)

    def is_over(self, attempt_id: str) -> bool:
        """Whether this attempt's conversation ended here, even if the journal does not know it yet."""
        return attempt_id in self._over

    def ended(self, attempt_id: str) -> None:
        _remember(self._over, attempt_id, None)

    def answered_by_machine(self, attempt: Attempt, machine: AnsweredByMachine) -> None:
        """Tells the session of that attempt, once: the one that runs here, or the one that is yet to begin."""
        if self._machines.get(attempt.attempt_id) == machine:
            return
        _remember(self._machines, attempt.attempt_id, machine)
        session = self._sessions.get(attempt.call_id)
        if session is not None:
            session.answered_by_machine(machine)

    def machine(self, attempt: Attempt) -> AnsweredByMachine | None:
        """What was told here of the machine that picked up, if it was one."""
        return self._machines.get(attempt.attempt_id)

    def invites(self, attempt: Attempt) -> None:
        """The attempt's stream is to open here, if it does not open at another gateway."""
        self._invited[attempt.attempt_id] = self._now() + STREAM_OPENS_WITHIN.total_seconds()
        self.awaits(attempt, STREAM_OPENS_WITHIN)

    def is_full(self, attempt: Attempt) -> bool:
        """Whether this process has all the media streams that it may have without that attempt's."""
        self._forget_late()
        return len((self._invited.keys() | self._streams.keys()) - {attempt.attempt_id}) >= self._at_once

    async def left(self, attempt: Attempt) -> None:
        """Waits, though not for long, until no stream of that call is served here: its last words are among the turns then."""
        turn = self._turns.get(attempt.call_id)
        if turn is None:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(LEFT_WITHIN.total_seconds()), turn:
                pass

    def awaits(self, attempt: Attempt, within: timedelta) -> None:
        """Keeps the call in progress for so long, unless the carrier has hung up: its next request is due by then."""
        self._forget_late()
        if attempt.attempt_id not in self._hung_up:
            self._awaited[attempt.attempt_id] = self._now() + within.total_seconds()
        self._changed.set()

    def hung_up(self, attempt: Attempt) -> None:
        """The carrier told that the call has ended; what is left of it is its stream's last words, if there is one."""
        _remember(self._hung_up, attempt.attempt_id, None)
        self._awaited.pop(attempt.attempt_id, None)
        self._invited.pop(attempt.attempt_id, None)
        self._changed.set()

    def count(self) -> int:
        """How many calls are in progress, as far as this process can know: another may have gone on with some of them."""
        self._forget_late()
        return len(self._awaited.keys() | self._streams.keys())

    def _forget_late(self) -> None:
        now = self._now()
        self._awaited = {attempt_id: until for attempt_id, until in self._awaited.items() if until > now}
        self._invited = {attempt_id: until for attempt_id, until in self._invited.items() if until > now}
        self._streams = +self._streams

    async def none_left(self) -> None:
        """Returns once no call is in progress."""
        while self.count():
            self._changed.clear()
            soonest = min(self._awaited.values(), default=self._now() + TURN_WITHIN.total_seconds())
            await until_set(self._changed, within=timedelta(seconds=max(soonest - self._now(), 0)))


def _remember(attempts: OrderedDict[str, FactT], attempt_id: str, fact: FactT) -> None:
    attempts[attempt_id] = fact
    if len(attempts) > _REMEMBERED:
        attempts.popitem(last=False)
