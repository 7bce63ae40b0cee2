"""`<Connect><Stream>`: Twilio's end of the websocket, between the line and the app.

https://www.twilio.com/docs/voice/media-streams. One deviation: a `ws://` address is taken where its host is a loopback
address, since a laptop has no certificate.
"""

import asyncio
import ipaddress
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI
from websockets.frames import CloseCode

from emulators.mulaw import BYTES_PER_MS
from emulators.twilio.calls import Call, new_sid
from emulators.twilio.errors import StreamFault
from emulators.twilio.exchange import Exchange
from emulators.twilio.line import Line, LineFrame
from emulators.twilio.stream_messages import OVERFLOW, Clear, Mark, Media, MessagesToApp, read_message
from emulators.twilio.tracks import FRAME_MS
from emulators.twilio.twiml import Stream

CONNECT_TIMEOUT = 31901
BROKEN_PIPE = 31903
HANDSHAKE = 31920
INBOUND_OVERFLOW = 31930

_MAX_BUFFERED_MS = 10 * 60 * 1000
_MAX_MESSAGE_BYTES = 16 * 2**20
_CONNECT_LIMIT_S = 10.0
_SEND_LIMIT_S = 10.0
_CLOSE_LIMIT_S = 2.0


class MediaStream:
    """One stream, from its handshake to its end. It is never connected anew."""

    def __init__(self, stream: Stream, call: Call, line: Line, exchange: Exchange) -> None:
        self._stream = stream
        self._call = call
        self._line = line
        self._exchange = exchange
        self._sid = new_sid("MZ")
        self._messages = MessagesToApp(self._sid, call.sid, call.account_sid)
        self._sent_ms = 0

    async def run(self) -> None:
        """Streams until the app closes, or cannot be reached. Cancelled, when the call ends first, it says `stop`."""
        try:
            _check_address(self._stream.url)
            websocket = await self._connect()
        except StreamFault as fault:
            self._note(fault)
            return
        self._exchange.events.tell(
            "stream.started", self._call.sid, stream_sid=self._sid, at_ms=self._line.connected_ms
        )
        try:
            async with websocket:
                await self._talk(websocket)
        except* StreamFault as faults:
            self._note_all(faults)
        finally:
            # what was not played when the socket closes is never heard
            self._line.playout.clear()
            self._exchange.events.tell(
                "stream.ended",
                self._call.sid,
                stream_sid=self._sid,
                at_ms=self._line.connected_ms,
                sent_ms=self._sent_ms,
                close_code=websocket.close_code,
            )

    async def _connect(self) -> ClientConnection:
        limit_s = self._exchange.time.network_timeout_s(_CONNECT_LIMIT_S)
        try:
            async with asyncio.timeout(limit_s):
                return await connect(
                    self._stream.url,
                    additional_headers={"x-twilio-signature": self._exchange.webhooks.sign(self._stream.url, {})},
                    user_agent_header="Twilio.TmeWs/1.0",
                    compression=None,
                    proxy=None,
                    open_timeout=None,
                    ping_interval=None,
                    close_timeout=_CLOSE_LIMIT_S,
                    max_size=_MAX_MESSAGE_BYTES,
                )
        except TimeoutError:
            raise StreamFault(CONNECT_TIMEOUT, "the app did not accept the websocket in time") from None
        except (InvalidHandshake, InvalidURI):
            raise StreamFault(HANDSHAKE, "the app refused the websocket's handshake") from None
        except OSError:
            raise StreamFault(CONNECT_TIMEOUT, "the app could not be connected to") from None

    async def _talk(self, websocket: ClientConnection) -> None:
        try:
            with self._line.listening() as frames:
                await self._send(websocket, self._messages.connected())
                await self._send(websocket, self._messages.start(self._stream.parameters))
                async with asyncio.TaskGroup() as ways:
                    to_app = ways.create_task(self._to_app(websocket, frames))
                    await self._from_app(websocket)
                    to_app.cancel()
        except asyncio.CancelledError:
            await self._send(websocket, self._messages.stop())
            raise

    async def _to_app(self, websocket: ClientConnection, frames: "asyncio.Queue[LineFrame]") -> None:
        while True:
            frame = await frames.get()
            await self._send(websocket, self._messages.media(frame.audio))
            self._sent_ms += FRAME_MS
            for digit in frame.digits:
                await self._send(websocket, self._messages.dtmf(digit))
            for name in frame.marks:
                await self._send(websocket, self._messages.mark(name))

    async def _from_app(self, websocket: ClientConnection) -> None:
        """Ends when the app closes."""
        while True:
            try:
                text = await websocket.recv()
            except ConnectionClosed:
                if websocket.close_code != CloseCode.ABNORMAL_CLOSURE:
                    return
                raise StreamFault(BROKEN_PIPE, "the app's end of the websocket broke without a close frame") from None
            try:
                message = read_message(text, self._sid)
            except StreamFault as fault:
                self._note(fault)
            else:
                await self._obey(websocket, message)

    async def _obey(self, websocket: ClientConnection, message: Media | Mark | Clear) -> None:
        playout = self._line.playout
        match message:
            case Media(audio):
                if playout.buffered_ms + len(audio) // BYTES_PER_MS > _MAX_BUFFERED_MS:
                    self._note(StreamFault(OVERFLOW, "more than ten minutes of audio are waiting: send less ahead"))
                else:
                    playout.append(audio)
            case Mark(name):
                playout.mark(name)
            case Clear():
                for name in playout.clear():
                    await self._send(websocket, self._messages.mark(name))

    async def _send(self, websocket: ClientConnection, text: str) -> None:
        """Sends to an app that is still there; that it is not, `_from_app` finds out."""
        try:
            async with asyncio.timeout(self._exchange.time.network_timeout_s(_SEND_LIMIT_S)):
                await websocket.send(text)
        except TimeoutError:
            raise StreamFault(INBOUND_OVERFLOW, "the app reads too slowly: take every message at once") from None
        except ConnectionClosed:
            return

    def _note_all(self, faults: ExceptionGroup[StreamFault]) -> None:
        for fault in faults.exceptions:
            if isinstance(fault, StreamFault):
                self._note(fault)

    def _note(self, fault: StreamFault) -> None:
        self._exchange.debugger(self._call.sid, fault.code, fault.message)


def _check_address(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "wss" and not (parts.scheme == "ws" and _is_loopback(parts.hostname)):
        raise StreamFault(HANDSHAKE, "a stream's address is to begin with wss://")
    if parts.query:
        raise StreamFault(HANDSHAKE, "a stream's address may have no query: use <Parameter> or the path")


def _is_loopback(host: str | None) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False
