"""What happens in the emulated network, as a feed: read from any number on, and followed as it grows.

It holds the emulated people's words, which is what it is there for. It lives in memory, and is never logged.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime

_KEPT = 100_000
_DROPPED_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Event:
    seq: int
    at: datetime
    kind: str
    call_sid: str | None
    facts: dict[str, object]

    def as_json(self) -> dict[str, object]:
        return {"seq": self.seq, "at": self.at.isoformat(), "kind": self.kind, "call_sid": self.call_sid, **self.facts}


class EventFeed:
    """Args: `utc` gives the date that an event is stamped with."""

    def __init__(self, utc: Callable[[], datetime]) -> None:
        self._utc = utc
        self._events: list[Event] = []
        self._first_seq = 1
        self._closed = False
        self._news = asyncio.Event()

    def tell(self, kind: str, call_sid: str | None = None, **facts: object) -> None:
        seq = self._first_seq + len(self._events)
        self._events.append(Event(seq, self._utc(), kind, call_sid, facts))
        if len(self._events) > _KEPT:
            self._forget(_DROPPED_AT_ONCE)
        self._wake()

    def past(self, kind: str) -> list[Event]:
        return [event for event in self._events if event.kind == kind]

    def of(self, kind: str, call_sid: str) -> list[Event]:
        """The past events of one kind and call."""
        return [event for event in self.past(kind) if event.call_sid == call_sid]

    async def follow(self, from_seq: int) -> AsyncIterator[Event]:
        """All events from that number on, those to come included, until the feed is closed."""
        position = from_seq
        while True:
            news = self._news
            for event in self._events[max(0, position - self._first_seq) :]:
                position = event.seq + 1
                yield event
            if self._closed:
                return
            if news is self._news:
                await news.wait()

    def clear(self) -> None:
        """Forgets the past; numbers go on, so that a follower misses nothing."""
        self._forget(len(self._events))

    def close(self) -> None:
        self._closed = True
        self._wake()

    def _forget(self, count: int) -> None:
        del self._events[:count]
        self._first_seq += count

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()
