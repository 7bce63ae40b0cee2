"""The calls that this process holds: one conversation a call, whoever else opens a stream for it.

A call is in progress while its stream is served, and between two requests of the carrier that belong together: from the answer
to its webhook until its stream opens, from one turn without a stream to the next, from the last words until the carrier tells
that it hung up. None of these may come, or come to another process, so each is waited for no longer than a bounded time.
"""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from time import monotonic
from weakref import WeakValueDictionary

from chassis.waiting import until_set
from voice_gateway.attempts import Attempt
from voice_gateway.metrics import calls_in_progress
from voice_gateway.session import Session

STREAM_OPENS_WITHIN = timedelta(seconds=60)
"""As long as its ticket is valid."""
TURN_WITHIN = timedelta(minutes=3)
"""What is said takes half a minute, what a person answers without a pause may take two."""
HANGS_UP_WITHIN = timedelta(seconds=30)

_REMEMBERED = 10_000


class CallsInProgress:
    """Those that run, by call id; those that are over, by attempt id: a later attempt may begin anew.

    Args:
        now: a monotonic clock, seconds.
    """

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._sessions: dict[str, Session] = {}
        self._streams: Counter[str] = Counter()
        self._awaited: dict[str, float] = {}
        self._over: OrderedDict[str, None] = OrderedDict()
        self._hung_up: OrderedDict[str, None] = OrderedDict()
        self._machines: OrderedDict[str, None] = OrderedDict()
        self._changed = asyncio.Event()

    @asynccontextmanager
    async def holding(self, attempt: Attempt) -> AsyncIterator[None]:
        """Waits until no other stream of that call is being served here; a session that still runs is broken off."""
        call_id = attempt.call_id
        self._streams[attempt.attempt_id] += 1
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
        if attempt.attempt_id in self._machines:
            session.answered_by_machine()

    def is_over(self, attempt_id: str) -> bool:
        """Whether this attempt's conversation ended here, even if the journal does not know it yet."""
        return attempt_id in self._over

    def ended(self, attempt_id: str) -> None:
        _remember(self._over, attempt_id)

    def answered_by_machine(self, attempt: Attempt) -> None:
        """Tells the session of that attempt: the one that runs here, or the one that is yet to begin."""
        _remember(self._machines, attempt.attempt_id)
        session = self._sessions.get(attempt.call_id)
        if session is not None:
            session.answered_by_machine()

    def awaits(self, attempt: Attempt, within: timedelta) -> None:
        """Keeps the call in progress for so long, unless the carrier has hung up: its next request is due by then."""
        self._forget_late()
        if attempt.attempt_id not in self._hung_up:
            self._awaited[attempt.attempt_id] = self._now() + within.total_seconds()
        self._changed.set()

    def hung_up(self, attempt: Attempt) -> None:
        """The carrier told that the call has ended; what is left of it is its stream's last words, if there is one."""
        _remember(self._hung_up, attempt.attempt_id)
        self._awaited.pop(attempt.attempt_id, None)
        self._changed.set()

    def count(self) -> int:
        """How many calls are in progress, as far as this process can know: another may have gone on with some of them."""
        self._forget_late()
        return len(self._awaited.keys() | self._streams.keys())

    def _forget_late(self) -> None:
        now = self._now()
        self._awaited = {attempt_id: until for attempt_id, until in self._awaited.items() if until > now}
        self._streams = +self._streams

    async def none_left(self) -> None:
        """Returns once no call is in progress."""
        while self.count():
            self._changed.clear()
            soonest = min(self._awaited.values(), default=self._now() + TURN_WITHIN.total_seconds())
            await until_set(self._changed, within=timedelta(seconds=max(soonest - self._now(), 0)))


def _remember(ids: OrderedDict[str, None], attempt_id: str) -> None:
    ids[attempt_id] = None
    if len(ids) > _REMEMBERED:
        ids.popitem(last=False)
