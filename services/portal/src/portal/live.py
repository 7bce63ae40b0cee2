"""Pages that follow a call while it goes on: server-sent events (WHATWG HTML, 9.2), each a part of the page as it is now."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from datetime import timedelta
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response, StreamingResponse

from chassis.clock import Clock
from chassis.errors import NotFound, Unavailable
from chassis.waiting import until_any_set
from portal.door import Door, Visit
from portal.errors import TooManyListeners
from portal.switchboard import Switchboard

log = structlog.get_logger()

HEARTBEAT = timedelta(seconds=15)
"""How often a connection shows that it is there: proxies cut one that is silent for a minute or so."""
SETTLED_AFTER = timedelta(seconds=2)
"""After news it is looked once more: the books of others may be written a moment after it was heard."""
LOOKED_EVERY = timedelta(minutes=1)
"""Without any news: the time of a window comes and goes, and what was told while NATS was away was not heard."""
COMES_BACK_AFTER_MS = 3000
SIGNED_OUT = "event: end\ndata:\n\n"
STILL_HERE = ": still here\n\n"
TOO_MANY = 429
"""RFC 6585, 4. A browser does not ask again by itself, and the page shows how to see what is new."""

Part = Callable[[Visit], Awaitable[str]]


class Live:
    """
    Args:
        part: makes the part of the page that changes.
        stop: set when the process is to end.
    """

    def __init__(self, door: Door, switchboard: Switchboard, part: Part, clock: Clock, stop: asyncio.Event) -> None:
        self._door = door
        self._switchboard = switchboard
        self._part = part
        self._clock = clock
        self._stop = stop

    def router(self) -> APIRouter:
        router = APIRouter()

        @router.get("/live")
        async def follow(request: Request, visit: Annotated[Visit, Depends(self._door.visit)]) -> Response:
            parts = self._parts(visit, shown=request.headers.get("last-event-id", ""))
            try:
                first = await anext(parts)
            except TooManyListeners as error:
                return Response(visit.language.say(str(error)), status_code=TOO_MANY, media_type="text/plain")
            # X-Accel-Buffering: nginx would keep it back until there is more
            headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
            return StreamingResponse(_with(first, parts), media_type="text/event-stream", headers=headers)

        return router

    async def _parts(self, visit: Visit, *, shown: str) -> AsyncGenerator[str]:
        """What is sent, until the process ends or the person is signed out.

        Args:
            visit: whose page it is.
            shown: which part the page shows, as told by its id.

        Raises:
            TooManyListeners: no more pages may follow.
        """
        look_at = self._clock.now()
        with self._switchboard.following(visit.person_id) as woken:
            yield f"retry: {COMES_BACK_AFTER_MS}\n\n"
            while not self._stop.is_set():
                sent, now, news = STILL_HERE, self._clock.now(), woken.is_set()
                woken.clear()
                looks = news or now >= look_at
                if looks:
                    look_at = now + (SETTLED_AFTER if news else LOOKED_EVERY)
                try:
                    if not await self._door.visitors.is_signed_in(visit.session):
                        yield SIGNED_OUT
                        return
                    part = await self._part(visit) if looks else None
                    if part is not None and (version := version_of(part)) != shown:
                        shown, sent = version, _event(part, version)
                except NotFound:
                    yield SIGNED_OUT
                    return
                except Unavailable as error:
                    log.warning("live.not_told", reason=str(error))
                yield sent
                await until_any_set(woken, self._stop, within=min(HEARTBEAT, look_at - now))


def version_of(part: str) -> str:
    """By which a part is known to be the same."""
    return hashlib.sha256(part.encode()).hexdigest()[:16]


def _event(part: str, version: str) -> str:
    lines = "".join(f"data: {line}\n" for line in part.splitlines())
    return f"event: part\nid: {version}\n{lines}\n"


async def _with(first: str, rest: AsyncGenerator[str]) -> AsyncIterator[str]:
    async with aclosing(rest):
        yield first
        async for each in rest:
            yield each
