"""The emulated carrier, put together and served on one port."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager

import httpx2
import uvicorn
from fastapi import FastAPI, Request
from uvicorn.protocols.http.h11_impl import H11Protocol

from emulators.program import Running
from emulators.twilio.admin import add_admin_api
from emulators.twilio.events import EventFeed
from emulators.twilio.exchange import Exchange
from emulators.twilio.faults import Faults
from emulators.twilio.network import PhoneNetwork
from emulators.twilio.personas import PersonaBook
from emulators.twilio.rest import CreateRequests, add_rest_api
from emulators.twilio.scaled_time import ScaledTime
from emulators.twilio.settings import TwilioEmulatorSettings
from emulators.twilio.speaker import Speaker
from emulators.twilio.webhooks import Webhooks
from emulators.voices import make_voice


@asynccontextmanager
async def serve(settings: TwilioEmulatorSettings) -> AsyncIterator[Running]:
    """Runs the emulator while the block runs; leaving it ends the calls and tells the app so.

    Raises:
        OSError: the port is taken.
        UnknownVoice: there is no such voice; the text lists those that there are.
    """
    time = ScaledTime(settings.time_factor)
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=0)
    speaker = Speaker(make_voice(settings.voice))
    try:
        async with httpx2.AsyncClient(limits=limits, trust_env=False) as client:
            exchange = Exchange(
                account_sid=settings.account_sid,
                time=time,
                events=EventFeed(time.utc),
                faults=Faults(),
                personas=PersonaBook(settings.default_persona),
                speaker=speaker,
                webhooks=Webhooks(client, settings.auth_token, time),
            )
            network = PhoneNetwork(exchange, settings.calls_per_second)
            async with time.running(), network.running(), _serving(settings, exchange, network) as port:
                # one port for all: the emulator's own API stands below a path that is none of Twilio's
                yield Running(settings.host, port, admin_port=port)
    finally:
        speaker.close()


@asynccontextmanager
async def _serving(settings: TwilioEmulatorSettings, exchange: Exchange, network: PhoneNetwork) -> AsyncIterator[int]:
    app = FastAPI(title="Twilio emulator", docs_url=None, redoc_url=None, openapi_url=None)
    listener = socket.create_server((settings.host, settings.port), backlog=1024)
    config = uvicorn.Config(
        app, http="h11", ws="none", lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=2
    )
    server = _Server(config)
    created = CreateRequests()
    add_rest_api(
        app,
        network=network,
        faults=exchange.faults,
        created=created,
        account_sid=settings.account_sid,
        auth_token=settings.auth_token,
        own_numbers=frozenset(settings.from_numbers),
        cut=_cutter(server),
    )
    add_admin_api(app, network=network, exchange=exchange, created=created)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield int(listener.getsockname()[1])
    finally:
        exchange.events.close()
        server.should_exit = True
        await serving


class _Server(uvicorn.Server):
    """uvicorn without signal handlers of its own: `__main__` decides when to stop."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def _cutter(server: uvicorn.Server) -> Callable[[Request], None]:
    """Closes the connection of a request, at once and without an answer, as a broken network does."""

    def cut(request: Request) -> None:
        for connection in list(server.server_state.connections):
            if isinstance(connection, H11Protocol) and connection.client == tuple(request.client or ()):
                connection.transport.abort()

    return cut
