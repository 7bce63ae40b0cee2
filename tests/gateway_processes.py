"""Gateways as a cluster runs them: processes of their own behind one address."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path

from service_processes import ServiceProcess, a_service

LOCALHOST = "127.0.0.1"


def a_gateway(environment: Mapping[str, str], log: Path) -> AbstractAsyncContextManager[ServiceProcess]:
    return a_service("voice_gateway", "DAYBOOK_HTTP_PORT", environment, log)


class Front:
    """One TCP address in front of several: the first that answers gets the connection, as long as both ends hold it."""

    def __init__(self, ports: Sequence[int]) -> None:
        self.ports = ports
        self._held: set[asyncio.StreamWriter] = set()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._held.add(writer)
        try:
            for port in self.ports:
                try:
                    inner_reader, inner_writer = await asyncio.open_connection(LOCALHOST, port)
                except OSError:
                    continue
                await asyncio.gather(_pipe(reader, inner_writer), _pipe(inner_reader, writer))
                return
        finally:
            self._held.discard(writer)
            writer.transport.abort()

    def drop(self) -> None:
        for writer in self._held:
            writer.transport.abort()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Until one end goes; then the other is told."""
    with suppress(ConnectionError):
        while data := await reader.read(2**16):
            writer.write(data)
            await writer.drain()
    with suppress(ConnectionError, RuntimeError):
        writer.close()


@asynccontextmanager
async def serving_front(port: int, ports: Sequence[int]) -> AsyncIterator[Front]:
    front = Front(ports)
    server = await asyncio.start_server(front.take, LOCALHOST, port)
    try:
        yield front
    finally:
        server.close()
        front.drop()
