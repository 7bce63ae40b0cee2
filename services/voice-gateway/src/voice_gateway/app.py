"""The gateway's HTTP application: webhooks, health and metrics. Media streams are no part of it (`wire`)."""

import asyncio
from collections.abc import Mapping

from fastapi import FastAPI

from chassis.errors import DaybookError
from chassis.health import Check, health_routes
from voice_gateway.webhooks import Webhooks, problem


def make_app(webhooks: Webhooks, checks: Mapping[str, Check], *, draining: asyncio.Event) -> FastAPI:
    """The application; readiness asks the checks, by name, until it drains."""
    app = FastAPI(title="Daybook voice-gateway", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_exception_handler(DaybookError, problem)
    app.include_router(webhooks.router())
    app.router.routes.extend(health_routes(checks, draining=draining))
    return app
