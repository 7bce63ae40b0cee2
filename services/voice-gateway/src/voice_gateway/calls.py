"""The calls that this process holds: one conversation a call, whoever else opens a stream for it."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from voice_gateway.attempts import Attempt
from voice_gateway.metrics import calls_in_progress
from voice_gateway.session import Session

_REMEMBERED = 10_000


class CallsInProgress:
    """Those that run, by call id; those that are over, by attempt id: a later attempt may begin anew."""

    def __init__(self) -> None:
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._sessions: dict[str, Session] = {}
        self._over: OrderedDict[str, None] = OrderedDict()
        self._machines: OrderedDict[str, None] = OrderedDict()

    @asynccontextmanager
    async def holding(self, call_id: str) -> AsyncIterator[None]:
        """Waits until no other stream of that call is being served here; a session that still runs is broken off."""
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


def _remember(ids: OrderedDict[str, None], attempt_id: str) -> None:
    ids[attempt_id] = None
    if len(ids) > _REMEMBERED:
        ids.popitem(last=False)
