"""The ports of an emulator: HTTP and gRPC servers that listen while a block runs."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import grpc
import uvicorn
from starlette.types import ASGIApp

GRACE_S = 1.0
"""How long calls in flight may take to end when an emulator stops."""


class _Server(uvicorn.Server):
    """uvicorn without signal handlers of its own: the program decides when to stop."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving_http(app: ASGIApp, *, host: str, port: int) -> AsyncIterator[int]:
    """Serves an ASGI app while the block runs.

    Yields:
        The port, of use where 0 (any free one) was asked for.

    Raises:
        OSError: the port is taken.
    """
    with socket.create_server((host, port)) as listener:
        config = uvicorn.Config(
            app, lifespan="off", log_level="warning", access_log=False, timeout_graceful_shutdown=round(GRACE_S)
        )
        server = _Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield int(listener.getsockname()[1])
        finally:
            server.should_exit = True
            await serving


@asynccontextmanager
async def serving_grpc(handler: "grpc.GenericRpcHandler[Any, Any]", *, host: str, port: int) -> AsyncIterator[int]:
    """Serves a gRPC service without TLS while the block runs.

    Yields:
        The port, of use where 0 (any free one) was asked for.

    Raises:
        OSError: the port is taken.
    """
    # without this option a second emulator would silently share the port of the first
    server = grpc.aio.server(handlers=[handler], options=[("grpc.so_reuseport", 0)])
    try:
        bound = server.add_insecure_port(f"{host}:{port}")
    except RuntimeError as error:
        raise OSError(f"{host}:{port} cannot be listened on; choose another port, or 0 for any free one") from error
    await server.start()
    try:
        yield bound
    finally:
        await server.stop(grace=GRACE_S)
