"""Is this process alive, is it ready, and what does it count: /healthz, /readyz and /metrics over HTTP.

Liveness never asks another party: a database that is away must not restart the process that waits for it. Readiness does,
and so does `watch`, which tells Prometheus the same. A party that hangs is one that is away: no probe waits for it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

import structlog
from prometheus_client import REGISTRY, Gauge, make_asgi_app
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Mount, Route

from chassis.waiting import until_set

log = structlog.get_logger()

Check = Callable[[], Awaitable[None]]
"""Returns when the part is usable, raises when it is not. What takes longer than ANSWERS_WITHIN_S is not usable."""

ANSWERS_WITHIN_S = 3.0
WATCHED_EVERY = timedelta(seconds=10)

dependency_up = Gauge(
    "daybook_dependency_up", "Whether a part that readiness asks was usable when it was last asked.", ["dependency"]
)

_given_up: set["asyncio.Future[None]"] = set()
"""Checks that did not answer in time and are winding down."""


async def failing(checks: Mapping[str, Check], *, within_s: float = ANSWERS_WITHIN_S) -> dict[str, str]:
    """Asks all checks at once, and returns those that fail, or do not answer in time, each with the type of its error."""
    answers = await asyncio.gather(*(_fault(check, within_s) for check in checks.values()))
    return {name: fault for name, fault in zip(checks, answers, strict=True) if fault is not None}


async def _fault(check: Check, within_s: float) -> str | None:
    asking = asyncio.ensure_future(check())
    try:
        await asyncio.wait([asking], timeout=within_s)
    finally:
        if not asking.done():
            # not awaited: what hangs may hang in its winding down as well
            _given_up.add(asking)
            asking.add_done_callback(_forget)
            asking.cancel()
    if not asking.done():
        return TimeoutError.__name__
    error = asking.exception()
    return None if error is None else type(error).__name__


def _forget(asking: "asyncio.Future[None]") -> None:
    _given_up.discard(asking)
    if not asking.cancelled():
        asking.exception()  # it is known: it was given up


async def watch(checks: Mapping[str, Check], stop: asyncio.Event, *, every: timedelta = WATCHED_EVERY) -> None:
    """Asks the checks every so often until `stop` is set, for `daybook_dependency_up`; a change is told in the log."""
    known: dict[str, str] = {}
    while not stop.is_set():
        found = await failing(checks)
        for name in checks:
            dependency_up.labels(name).set(name not in found)
            if name in found and name not in known:
                log.warning("dependency.down", dependency=name, error=found[name])
            elif name in known and name not in found:
                log.info("dependency.up", dependency=name)
        known = found
        await until_set(stop, within=every)


def health_routes(checks: Mapping[str, Check], *, draining: asyncio.Event | None = None) -> list[BaseRoute]:
    """The three routes, to be served alone (`health_app`) or beside others.

    Args:
        checks: what readiness asks, by name. A failing one is told by its name and the type of its error.
        draining: once it is set, this process wants no new work, and is not ready whatever the checks say.
    """

    async def alive(_request: Request) -> JSONResponse:
        return JSONResponse({"status": "alive"})

    async def ready(_request: Request) -> JSONResponse:
        if draining is not None and draining.is_set():
            return JSONResponse({"status": "draining"}, status_code=503)
        if found := await failing(checks):
            return JSONResponse({"status": "not ready", "failing": found}, status_code=503)
        return JSONResponse({"status": "ready"})

    return [
        Route("/healthz", alive),
        Route("/readyz", ready),
        Mount("/metrics", make_asgi_app(REGISTRY)),
    ]


def health_app(checks: Mapping[str, Check]) -> Starlette:
    return Starlette(routes=health_routes(checks))
