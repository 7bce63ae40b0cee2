"""gRPC calls that stream both ways: what goes out has one task, and it is over when the call is.

An iterator of requests given to gRPC itself would be read by a task that waits for ever once the call has broken.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Protocol, TypeVar

import grpc
from google.api_core.exceptions import GoogleAPICallError

RequestT = TypeVar("RequestT")
RequestT_contra = TypeVar("RequestT_contra", contravariant=True)


class TwoWayCall(Protocol[RequestT_contra]):
    """A call of `grpc.aio`, or one of Google's around it. Its answers are read by `read()`."""

    async def write(self, request: RequestT_contra, /) -> None: ...

    async def done_writing(self) -> None: ...

    def cancel(self) -> bool: ...


@asynccontextmanager
async def writing(call: TwoWayCall[RequestT], requests: AsyncGenerator[RequestT]) -> AsyncIterator[None]:
    """Writes the requests, then half-closes, while the block reads the answers. The call does not outlast the block."""
    writer = asyncio.create_task(_write(call, requests))
    try:
        yield
    finally:
        call.cancel()
        writer.cancel()
        await asyncio.wait([writer])
    if not writer.cancelled():
        writer.result()


async def _write(call: TwoWayCall[RequestT], requests: AsyncGenerator[RequestT]) -> None:
    try:
        async with aclosing(requests):
            async for request in requests:
                await call.write(request)
        await call.done_writing()
    except (asyncio.InvalidStateError, grpc.RpcError, grpc.aio.BaseError, GoogleAPICallError):
        return  # the call has ended: who reads its answers learns how
