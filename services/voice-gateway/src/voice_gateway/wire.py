"""The websockets of media streams, on the port of everything else. That they are picows' is known here alone (ADR 0019).

uvicorn reads every request. One that asks for a websocket it gives away, with its connection, to what its setting `ws` makes:
here a connection of picows, which then reads the socket without uvicorn.
"""

import asyncio
import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Protocol

from picows import (
    WSAutoPingStrategy,
    WSCloseCode,
    WSFrame,
    WSListener,
    WSMsgType,
    WSProtocolError,
    WSTransport,
    WSUpgradeRequest,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
)
from picows.picows import WSProtocol  # type: ignore[attr-defined]  # its stub leaves out what its own api.py makes servers of
from uvicorn import Config
from uvicorn.server import ServerState

from chassis.program import Websockets
from voice_gateway.line import MEDIA_PATH, TRY_AGAIN_LATER, Line
from voice_gateway.signatures import SIGNATURE_HEADER

CLOSED_WITHIN_S = 2.0
LARGEST_RECEIVED_BYTES = 65_536
"""Twilio's messages have some three hundred bytes, its first one a few thousand."""
_READ_BUFFER_BYTES = 4_096
_HANDSHAKE_WITHIN_S = 5.0

_picows_log = logging.getLogger("picows")
_picows_log.setLevel(logging.ERROR)  # below that it tells who connects, and what they say


class Streams(Protocol):
    """Who holds the calls of media streams."""

    def admits(self, signature: str | None) -> bool:
        """Whether an upgrade of that signature comes from Twilio."""
        ...

    async def serve(self, line: Line) -> None:
        """Serves one, for as long as its call lasts."""
        ...


class _MediaSocket(WSListener):
    """One websocket: `line.Socket`, and the listener that picows calls.

    Args:
        serve: begins to serve a line.
    """

    def __init__(self, serve: Callable[[Line], None]) -> None:
        self._serve = serve
        self._fragments = b""
        self._closing: asyncio.TimerHandle | None = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        self._below = transport.underlying_transport
        self._line = Line(self)
        self._serve(self._line)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        match frame.msg_type:
            case WSMsgType.TEXT if frame.fin:
                self._line.receive(frame.get_payload_as_bytes())
            case WSMsgType.TEXT | WSMsgType.BINARY | WSMsgType.CONTINUATION:
                self._collect(frame)
            case WSMsgType.CLOSE:
                transport.send_close(frame.get_close_code())  # unless this is their answer to ours
                transport.disconnect()
                self._cut_soon()
            case _:
                pass  # a ping, which picows has answered, or a pong

    def on_ws_disconnected(self, transport: WSTransport) -> None:  # noqa: ARG002 - it is this one's
        if self._closing is not None:
            self._closing.cancel()
        self._line.gone()

    def pause_writing(self) -> None:
        """The line looks itself at what waits."""

    def resume_writing(self) -> None:
        pass

    @property
    def unsent_bytes(self) -> int:
        return self._below.get_write_buffer_size()

    def send(self, message: bytes) -> None:
        self._transport.send(WSMsgType.TEXT, message)

    def hold(self) -> None:
        self._below.pause_reading()

    def resume(self) -> None:
        self._below.resume_reading()

    def close(self, code: int) -> None:
        if self._transport.is_disconnected or self._transport.is_close_frame_sent:
            return
        self._transport.send_close(WSCloseCode(code))
        self.resume()  # the answer is to be read
        self._cut_soon()

    def _cut_soon(self) -> None:
        if self._closing is None:
            self._closing = asyncio.get_running_loop().call_later(CLOSED_WITHIN_S, self._transport.disconnect, False)

    def _collect(self, frame: WSFrame) -> None:
        """A message in pieces: Twilio sends none, something in between may."""
        self._fragments += frame.get_payload_as_bytes()
        if len(self._fragments) > LARGEST_RECEIVED_BYTES:
            raise WSProtocolError(WSCloseCode.MESSAGE_TOO_BIG, "no message of a media stream is that long")
        if frame.fin:
            message, self._fragments = self._fragments, b""
            self._line.receive(message)


class _Connection(WSProtocol):  # type: ignore[misc]  # see above
    """A connection that uvicorn has given away. It counts among uvicorn's own, which are closed when it stops."""

    def __init__(self, streams: Streams, state: ServerState) -> None:
        self._streams = streams
        self._state = state
        super().__init__(
            None,
            None,
            False,
            self._answer,
            _picows_log,
            True,
            _HANDSHAKE_WITHIN_S,
            False,
            20.0,
            20.0,
            WSAutoPingStrategy.PING_WHEN_IDLE,
            True,
            LARGEST_RECEIVED_BYTES,
            None,
            _READ_BUFFER_BYTES,
        )

    def connection_made(self, transport: asyncio.Transport) -> None:
        self._state.connections.add(self)
        super().connection_made(transport)

    def data_received(self, request: bytes) -> None:
        """The request, as uvicorn hands it on; picows reads all else itself."""
        while request:
            buffer = self.get_buffer(len(request))
            size = min(len(buffer), len(request))
            buffer[:size] = request[:size]
            request = request[size:]
            self.buffer_updated(size)

    def connection_lost(self, error: Exception | None) -> None:
        self._state.connections.discard(self)
        super().connection_lost(error)

    def shutdown(self) -> None:
        """Called when uvicorn stops."""
        if self.listener is not None:
            self.listener.close(TRY_AGAIN_LATER)

    def _answer(self, request: WSUpgradeRequest) -> WSListener | WSUpgradeResponseWithListener:
        if request.path != MEDIA_PATH.encode():
            return _refusal(HTTPStatus.NOT_FOUND)
        if not self._streams.admits(request.headers.get(SIGNATURE_HEADER)):
            return _refusal(HTTPStatus.FORBIDDEN)
        return _MediaSocket(self._serve)

    def _serve(self, line: Line) -> None:
        task = asyncio.get_running_loop().create_task(self._streams.serve(line))
        self._state.tasks.add(task)
        task.add_done_callback(self._state.tasks.discard)


def _refusal(status: HTTPStatus) -> WSUpgradeResponseWithListener:
    return WSUpgradeResponseWithListener(WSUpgradeResponse.create_error_response(status), None)


def media_sockets(streams: Streams) -> Websockets:
    """What `serving_http` is to make of the websockets that are asked for."""

    def connection(*, config: Config, server_state: ServerState, app_state: dict[str, Any]) -> asyncio.BaseProtocol:  # noqa: ARG001
        made: asyncio.BaseProtocol = _Connection(streams, server_state)
        return made

    return connection
