"""What Kubernetes asks a gRPC service: grpc.health.v1 on a port of its own, in clear, since a kubelet speaks no TLS.

Two services can be asked about: `liveness`, which asks nobody and so tells only that the loop runs, and `readiness`, which
asks the same as /readyz.
"""

from __future__ import annotations  # grpc's classes are generic for the type checker alone

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from chassis.health import Check, failing

LIVENESS, READINESS = "liveness", "readiness"


@asynccontextmanager
async def serving_probes(checks: Mapping[str, Check], *, host: str, port: int | None) -> AsyncIterator[int | None]:
    """Answers probes while the block runs; where `port` is None, nobody asks and nothing is served.

    Args:
        checks: what readiness asks, by name.
        host: the address to listen on.
        port: 0 takes a free one.

    Yields:
        The port it listens on.

    Raises:
        OSError: the port is taken.
    """
    if port is None:
        yield None
        return
    server = grpc.aio.server()
    health_pb2_grpc.add_HealthServicer_to_server(_Probes(checks), server)
    try:
        bound = server.add_insecure_port(f"{host}:{port}")
    except RuntimeError as error:
        raise OSError(f"Cannot listen for probes on port {port}. Is it taken?") from error
    await server.start()
    try:
        yield bound
    finally:
        await server.stop(None)


class _Probes(health_pb2_grpc.HealthServicer):  # type: ignore[misc]  # grpc-stubs has no types for it
    def __init__(self, checks: Mapping[str, Check]) -> None:
        self._checks = checks

    async def Check(self, request: health_pb2.HealthCheckRequest, context: Any) -> health_pb2.HealthCheckResponse:  # noqa: N802 - gRPC gives the method its name
        match request.service:
            case "" | "liveness":
                return health_pb2.HealthCheckResponse(status=health_pb2.HealthCheckResponse.SERVING)
            case "readiness":
                well = not await failing(self._checks)
                served = health_pb2.HealthCheckResponse
                return served(status=served.SERVING if well else served.NOT_SERVING)
            case _:
                await context.abort(grpc.StatusCode.NOT_FOUND, f"Ask for {LIVENESS} or {READINESS}.")
                raise AssertionError("abort raises")
