"""gRPC between the services: a server with health and reflection, channels with a deadline on every call, errors as codes.

A servicer raises this house's errors (`chassis.errors`); they become status codes here, once:
InvalidInput → INVALID_ARGUMENT, NotFound → NOT_FOUND, Conflict → FAILED_PRECONDITION, DataLoss → DATA_LOSS,
Unavailable → UNAVAILABLE, Unauthenticated → UNAUTHENTICATED, Forbidden → PERMISSION_DENIED.
Anything else becomes INTERNAL with a neutral sentence, since its text may hold a person's words (promise 6).
"""

from __future__ import annotations  # grpc's classes are generic for the type checker alone

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Protocol

import grpc
import structlog
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from opentelemetry.trace import SpanKind

from chassis.errors import (
    Conflict,
    DataLoss,
    DaybookError,
    Forbidden,
    InvalidInput,
    NotFound,
    Unauthenticated,
    Unavailable,
)
from chassis.telemetry import extract, inject, span
from chassis.tls import Tls

if TYPE_CHECKING:
    UnaryUnaryClientInterceptor = grpc.aio.UnaryUnaryClientInterceptor[Any, Any]
    UnaryStreamClientInterceptor = grpc.aio.UnaryStreamClientInterceptor[Any, Any]
    ServerInterceptor = grpc.aio.ServerInterceptor[Any, Any]
else:
    UnaryUnaryClientInterceptor = grpc.aio.UnaryUnaryClientInterceptor
    UnaryStreamClientInterceptor = grpc.aio.UnaryStreamClientInterceptor
    ServerInterceptor = grpc.aio.ServerInterceptor

log = structlog.get_logger()

RPC = {"rpc.system": "grpc"}
DEADLINE_S = 5.0
GRACE_S = 5.0
_SCHEME = "bearer"
"""Of `authorization` (RFC 6750, 2.1), whose case does not matter (RFC 9110, 11.1)."""

Register = Callable[[grpc.aio.Server], None]
"""Adds one servicer, e.g. `lambda server: add_JournalServiceServicer_to_server(servicer, server)`."""

_CODES: tuple[tuple[type[DaybookError], grpc.StatusCode], ...] = (
    (InvalidInput, grpc.StatusCode.INVALID_ARGUMENT),
    (NotFound, grpc.StatusCode.NOT_FOUND),
    (Conflict, grpc.StatusCode.FAILED_PRECONDITION),
    (DataLoss, grpc.StatusCode.DATA_LOSS),
    (Unavailable, grpc.StatusCode.UNAVAILABLE),
    (Unauthenticated, grpc.StatusCode.UNAUTHENTICATED),
    (Forbidden, grpc.StatusCode.PERMISSION_DENIED),
)

Token = Callable[[], str]
"""Gives the token to show with a call that begins now (`chassis.tokens`)."""


class Gate(Protocol):
    """Who may pass to a service's methods."""

    async def open(self, method: str, token: str) -> Callable[[Any], Awaitable[None]]:
        """Looks at who calls, before anything is read of the request.

        Args:
            method: package.Service/Method.
            token: what the call bears as `authorization: Bearer …`; empty where it bears none.

        Returns:
            What each message of the request is shown to, before the servicer sees it. It raises as this does.

        Raises:
            Unauthenticated, Forbidden: they may not.
            Unavailable: it cannot be told now.
        """


@asynccontextmanager
async def serving_grpc(
    services: dict[str, Register], *, host: str, port: int, tls: Tls | None = None, gate: Gate | None = None
) -> AsyncIterator[int]:
    """Serves gRPC while the block runs; then no new call is taken and those in progress get a few seconds to end.

    Args:
        services: what is served, by its full name (daybook.journal.v1.JournalService), for health and reflection.
        host: the address to listen on.
        port: 0 takes a free one.
        tls: the certificates; None serves in clear.
        gate: who may pass to these services; None lets everybody. Health and reflection tell nothing, to everybody.

    Yields:
        The port it listens on.

    Raises:
        OSError: the port is taken.
    """
    server = grpc.aio.server(interceptors=[_ServerInterceptor(gate)])
    for register in services.values():
        register(server)
    status = health.aio.HealthServicer()  # type: ignore[attr-defined]  # grpc-stubs does not know this module's aio
    health_pb2_grpc.add_HealthServicer_to_server(status, server)
    names = (*services, health.SERVICE_NAME, reflection.SERVICE_NAME)
    reflection.enable_server_reflection(names, server)
    try:
        address = f"{host}:{port}"
        bound = server.add_secure_port(address, tls.for_server()) if tls else server.add_insecure_port(address)
    except RuntimeError as error:
        raise OSError(f"Cannot listen for gRPC on port {port}. Is it taken?") from error
    await server.start()
    for name in ("", *services):
        await status.set(name, health_pb2.HealthCheckResponse.SERVING)
    try:
        yield bound
    finally:
        await status.enter_graceful_shutdown()
        await server.stop(GRACE_S)


def open_channel(target: str, *, tls: Tls | None = None, token: Token | None = None) -> grpc.aio.Channel:
    """A channel to another service: it connects at the first call, and again whenever it must.

    Every call that names no timeout of its own gets `DEADLINE_S`; a stream has none, since a conversation may last.

    Args:
        target: host:port
        tls: the certificates; None speaks in clear.
        token: shown with every call but one that streams its request, which is to be given `metadata=call_metadata(token)`.
    """
    # the stubs ask for a cast of any subclass
    interceptors: Any = [_UnaryClientInterceptor(token), _StreamClientInterceptor(token)]
    options = [
        ("grpc.keepalive_time_ms", 20_000),
        ("grpc.keepalive_timeout_ms", 5_000),
        ("grpc.initial_reconnect_backoff_ms", 200),
        ("grpc.min_reconnect_backoff_ms", 200),
        ("grpc.max_reconnect_backoff_ms", 2_000),
    ]
    if tls is None:
        return grpc.aio.insecure_channel(target, interceptors=interceptors, options=options)
    return grpc.aio.secure_channel(target, tls.for_client(), interceptors=interceptors, options=options)


def call_metadata(token: Token | None) -> tuple[tuple[str, str], ...]:
    """What each call bears: the span's `traceparent`, and a token. For streams of requests, which no interceptor covers."""
    headers: dict[str, str] = {}
    inject(headers)
    if token is not None:
        headers["authorization"] = f"{_SCHEME} {token()}"
    return tuple(headers.items())


class _UnaryClientInterceptor(UnaryUnaryClientInterceptor):
    """A deadline, a span and a token on every unary call."""

    def __init__(self, token: Token | None) -> None:
        self._token = token

    async def intercept_unary_unary(
        self,
        continuation: Callable[[grpc.aio.ClientCallDetails, Any], Awaitable[Any]],
        client_call_details: grpc.aio.ClientCallDetails,
        request: object,
    ) -> object:
        method = _text(client_call_details.method)
        with span(method.lstrip("/"), kind=SpanKind.CLIENT, attributes=RPC):
            timeout_s = DEADLINE_S if client_call_details.timeout is None else client_call_details.timeout
            call = await continuation(_bearing(client_call_details, self._token, timeout_s), request)
            return await call


class _StreamClientInterceptor(UnaryStreamClientInterceptor):
    """A token on every call that is answered by a stream."""

    def __init__(self, token: Token | None) -> None:
        self._token = token

    async def intercept_unary_stream(
        self,
        continuation: Any,  # the stubs forget that it is to be awaited
        client_call_details: grpc.aio.ClientCallDetails,
        request: object,
    ) -> grpc.aio.UnaryStreamCall[Any, Any]:
        details = _bearing(client_call_details, self._token, client_call_details.timeout)
        call: grpc.aio.UnaryStreamCall[Any, Any] = await continuation(details, request)
        return call


def _bearing(
    details: grpc.aio.ClientCallDetails, token: Token | None, timeout_s: float | None
) -> grpc.aio.ClientCallDetails:
    return grpc.aio.ClientCallDetails(
        method=details.method,
        timeout=timeout_s,
        metadata=grpc.aio.Metadata(*(details.metadata or ()), *call_metadata(token)),
        credentials=details.credentials,
        wait_for_ready=details.wait_for_ready,
    )


class _ServerInterceptor(ServerInterceptor):
    """A span around every call of ours, the gate before it, and our errors as status codes."""

    def __init__(self, gate: Gate | None) -> None:
        self._gate = gate

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any]]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any]:
        handler = await continuation(handler_call_details)
        method = _text(handler_call_details.method).lstrip("/")
        if handler is None or not method.startswith("daybook."):
            return handler
        metadata = handler_call_details.invocation_metadata or ()
        carried = {key: value for key, value in metadata if isinstance(value, str)}
        return _watched(handler, method, carried, self._gate)


def _watched(
    handler: Any, method: str, carried: Mapping[str, str], gate: Gate | None
) -> grpc.RpcMethodHandler[Any, Any]:
    """The same handler, its behaviour inside a span, behind the gate and with our errors as codes.

    `handler` is `Any`: the stubs type its behaviours as the synchronous API's, and these are coroutines.
    """

    @asynccontextmanager
    async def watch(context: Any) -> AsyncIterator[None]:
        with span(method, kind=SpanKind.SERVER, context=extract(carried), attributes=RPC):
            try:
                yield
            except grpc.aio.AbortError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets a code for it
                await _abort(context, method, error)

    async def admitted(request: Any) -> Any:
        """The request, or the stream of its messages, each shown at the gate first."""
        if gate is None:
            return request
        scheme, _, token = carried.get("authorization", "").partition(" ")
        look = await gate.open(method, token if scheme.lower() == _SCHEME else "")
        if handler.request_streaming:
            return _shown(look, request)
        await look(request)
        return request

    async def answer_once(request: object, context: object) -> object:
        behavior = handler.stream_unary if handler.request_streaming else handler.unary_unary
        async with watch(context):
            return await behavior(await admitted(request), context)

    async def answer_many(request: object, context: object) -> AsyncIterator[object]:
        behavior = handler.stream_stream if handler.request_streaming else handler.unary_stream
        async with watch(context):
            async for response in behavior(await admitted(request), context):
                yield response

    make: Any
    if handler.response_streaming:
        make = (
            grpc.stream_stream_rpc_method_handler if handler.request_streaming else grpc.unary_stream_rpc_method_handler
        )
        answer: Any = answer_many
    else:
        make = (
            grpc.stream_unary_rpc_method_handler if handler.request_streaming else grpc.unary_unary_rpc_method_handler
        )
        answer = answer_once
    wrapped: grpc.RpcMethodHandler[Any, Any] = make(answer, handler.request_deserializer, handler.response_serializer)
    return wrapped


async def _shown(look: Callable[[Any], Awaitable[None]], messages: AsyncIterator[Any]) -> AsyncIterator[Any]:
    async for message in messages:
        await look(message)
        yield message


async def _abort(context: Any, method: str, error: Exception) -> None:
    for kind, code in _CODES:
        if isinstance(error, kind):
            await context.abort(code, str(error))
    log.error("rpc.failed", method=method, exc_info=error)
    await context.abort(grpc.StatusCode.INTERNAL, "The service failed; its log says where. Try again later.")


def _text(method: str | bytes) -> str:
    return method.decode() if isinstance(method, bytes) else method
