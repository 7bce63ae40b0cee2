"""Is this process alive, is it ready, and what does it count: /healthz, /readyz and /metrics over HTTP.

Liveness never asks another party: a database that is away must not restart the process that waits for it. Readiness does.
"""

from collections.abc import Awaitable, Callable, Mapping

from prometheus_client import REGISTRY, make_asgi_app
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Mount, Route

Check = Callable[[], Awaitable[None]]
"""Returns when the part is usable, raises when it is not. It is to be quick: a probe waits for it."""


def health_routes(checks: Mapping[str, Check]) -> list[BaseRoute]:
    """The three routes, to be served alone (`health_app`) or beside others.

    Args:
        checks: what readiness asks, by name. A failing one is told by its name and the type of its error.
    """

    async def alive(_request: Request) -> JSONResponse:
        return JSONResponse({"status": "alive"})

    async def ready(_request: Request) -> JSONResponse:
        failing: dict[str, str] = {}
        for name, check in checks.items():
            try:
                await check()
            except Exception as error:  # noqa: BLE001 - whatever it is, the part is not usable, and that is the answer
                failing[name] = type(error).__name__
        if failing:
            return JSONResponse({"status": "not ready", "failing": failing}, status_code=503)
        return JSONResponse({"status": "ready"})

    return [
        Route("/healthz", alive),
        Route("/readyz", ready),
        Mount("/metrics", make_asgi_app(REGISTRY)),
    ]


def health_app(checks: Mapping[str, Check]) -> Starlette:
    return Starlette(routes=health_routes(checks))
