"""Who follows a call on a page, and what was heard of it: each event wakes the pages of its person, and nobody else's.

A page that is woken asks anew how its day stands, so what waits for it is never more than that it was woken. What is heard is
kept for as long as a page of its person is open.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from google.protobuf.message import Message

from daybook.dispatcher.v1 import dispatcher_pb2 as dispatcher
from daybook.events.v1 import events_pb2 as events
from portal import metrics
from portal.call_progress import dialed, furthest, progressed
from portal.errors import TooManyListeners

PAGES_EACH, PAGES_IN_ALL = 5, 1000
CALLS_EACH, ATTEMPTS_EACH = 20, 20
"""Of how many calls of a person, and attempts of a call, what was heard is kept: the newest."""


@dataclass
class _Follower:
    """Somebody with open pages.

    Attributes:
        pages: what each waits for.
        heard: by the call's id, of each attempt, by its id.
    """

    pages: list[asyncio.Event] = field(default_factory=list)
    heard: dict[str, dict[str, dispatcher.Attempt]] = field(default_factory=dict)


class Switchboard:
    def __init__(self) -> None:
        self._followers: dict[str, _Follower] = {}
        self._whose: dict[str, str] = {}

    @contextmanager
    def following(self, person_id: UUID) -> Iterator[asyncio.Event]:
        """What is set when there is news for a page of this person's, while the block runs; who waits for it clears it.

        Raises:
            TooManyListeners: they have PAGES_EACH already, or all together PAGES_IN_ALL.
        """
        key = str(person_id)
        follower = self._followers.get(key, _Follower())
        open_pages = sum(len(each.pages) for each in self._followers.values())
        if len(follower.pages) >= PAGES_EACH or open_pages >= PAGES_IN_ALL:
            raise TooManyListeners
        self._followers[key] = follower
        woken = asyncio.Event()
        follower.pages.append(woken)
        metrics.live_pages.set(open_pages + 1)
        try:
            yield woken
        finally:
            follower.pages.remove(woken)
            metrics.live_pages.dec()
            if not follower.pages:
                del self._followers[key]
                for call_id in follower.heard:
                    del self._whose[call_id]

    def expect(self, person_id: UUID, call_ids: Sequence[str]) -> None:
        """Tells whose calls these are: not every event says it. It counts while they have a page open."""
        for call_id in call_ids:
            self._note(str(person_id), call_id)

    def hear(self, event: Message) -> None:
        """Takes in an event of a call, and wakes the pages of its person."""
        attempt: dispatcher.Attempt | None = None
        match event:
            case events.CallProgressed():
                follower = self._followers.get(self._whose.get(event.call_id, ""))
                attempt = progressed(event)
            case events.CallDialed():
                follower = self._note(event.person_id, event.call_id)
                attempt = dialed(event)
            case events.CallScheduled() | events.CallWithdrawn() | events.CallFinished():
                follower = self._note(event.person_id, event.call_id)
            case _:
                return
        if follower is None:
            return
        if attempt is not None:
            _add(follower.heard[event.call_id], attempt)
        for page in follower.pages:
            page.set()

    def wake(self, person_id: UUID) -> None:
        """Has the pages of a person look whether they may still be there."""
        if (follower := self._followers.get(str(person_id))) is not None:
            for page in follower.pages:
                page.set()

    def wake_all(self) -> None:
        """Nobody knows what was told meanwhile."""
        for follower in self._followers.values():
            for page in follower.pages:
                page.set()

    def heard_of(self, call_id: str) -> Mapping[str, dispatcher.Attempt]:
        """What was heard of the attempts of a call, by their ids."""
        follower = self._followers.get(self._whose.get(call_id, ""))
        return {} if follower is None else follower.heard[call_id]

    def _note(self, person_id: str, call_id: str) -> _Follower | None:
        follower = self._followers.get(person_id)
        # an id is one person's for ever: whoever names another's call after them learns nothing of it
        if follower is None or self._whose.setdefault(call_id, person_id) != person_id:
            return None
        follower.heard.setdefault(call_id, {})
        while len(follower.heard) > CALLS_EACH:
            oldest = next(iter(follower.heard))
            del follower.heard[oldest], self._whose[oldest]
        return follower


def _add(heard: dict[str, dispatcher.Attempt], attempt: dispatcher.Attempt) -> None:
    known = heard.get(attempt.attempt_id)
    heard[attempt.attempt_id] = attempt if known is None else furthest(known, attempt)
    while len(heard) > ATTEMPTS_EACH:
        del heard[next(iter(heard))]
