"""The telephone line: one media stream's websocket. Frames come in; audio, marks and clears go out, in order, by one writer."""

import asyncio
from collections.abc import AsyncGenerator

import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from voice_gateway import media
from voice_gateway.errors import MalformedFrame, StreamRefused
from voice_gateway.metrics import malformed_frames

log = structlog.get_logger()

SILENT_FOR_S = 15.0
"""A stream that brings nothing for so long is dead: Twilio sends a frame every 20 ms."""
SENT_WITHIN_S = 5.0
LARGEST_MESSAGE_BYTES = 8_000
NORMAL_CLOSURE = 1000
POLICY_VIOLATION = 1008
TRY_AGAIN_LATER = 1013
MALFORMED_FRAMES_BORNE = 50


class Line:
    """
    Args:
        websocket: accepted.
    """

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket
        self._stream_sid = ""
        self._outgoing: asyncio.Queue[bytes] = asyncio.Queue()
        self._malformed = 0

    async def await_start(self, within_s: float) -> media.Started:
        """The stream's first word.

        Raises:
            StreamRefused: it did not come in time, or something else came.
            MalformedFrame: it cannot be understood.
        """
        try:
            async with asyncio.timeout(within_s):
                while (message := await self._receive()) is not None:
                    frame = media.parse(message)
                    if isinstance(frame, media.Started):
                        self._stream_sid = frame.stream_sid
                        return frame
                    if not isinstance(frame, media.Connected):
                        raise StreamRefused("no_start", "Its first message after `connected` is to be `start`.")
        except TimeoutError:
            raise StreamRefused("no_start", f"Its `start` is to come within {within_s:g} seconds.") from None
        raise StreamRefused("no_start", "It was closed before its `start`.")

    async def frames(self) -> AsyncGenerator[media.Frame]:
        """What comes, until the other side goes or falls silent. A malformed message is counted and left out.

        Raises:
            StreamRefused: too many were malformed.
        """
        while True:
            try:
                async with asyncio.timeout(SILENT_FOR_S):
                    message = await self._receive()
            except TimeoutError:
                log.warning("stream.silent", silent_s=SILENT_FOR_S)
                return
            if message is None:
                return
            try:
                frame = media.parse(message)
            except MalformedFrame as error:
                self.count_malformed(error)
            else:
                yield frame

    def count_malformed(self, error: MalformedFrame) -> None:
        """
        Raises:
            StreamRefused: it is one too many.
        """
        malformed_frames.inc()
        self._malformed += 1
        if self._malformed == 1:
            log.warning("frame.malformed", field=error.field, reason=str(error))
        if self._malformed > MALFORMED_FRAMES_BORNE:
            raise StreamRefused("unreadable", f"More than {MALFORMED_FRAMES_BORNE} of its messages were malformed.")

    def send_audio(self, audio: bytes) -> None:
        for begin in range(0, len(audio), LARGEST_MESSAGE_BYTES):
            piece = audio[begin : begin + LARGEST_MESSAGE_BYTES]
            self._outgoing.put_nowait(media.media_message(self._stream_sid, piece))

    def send_mark(self, name: str) -> None:
        self._outgoing.put_nowait(media.mark_message(self._stream_sid, name))

    def clear(self) -> None:
        """Nothing that was not played yet is to be played, be it there or still here."""
        while not self._outgoing.empty():
            self._outgoing.get_nowait()
        self._outgoing.put_nowait(media.clear_message(self._stream_sid))

    async def write(self) -> None:
        """Sends what is handed in; returns when the other side no longer takes it."""
        while True:
            message = await self._outgoing.get()
            try:
                async with asyncio.timeout(SENT_WITHIN_S):
                    await self._websocket.send_text(message.decode("ascii"))
            except (TimeoutError, WebSocketDisconnect, RuntimeError) as error:
                # starlette raises RuntimeError for a socket that is closed already
                log.warning("stream.unwritable", error=type(error).__name__)
                return

    async def close(self, code: int) -> None:
        """Ends the stream: Twilio then asks what to do next with the call."""
        if self._websocket.application_state is not WebSocketState.CONNECTED:
            return
        try:
            async with asyncio.timeout(SENT_WITHIN_S):
                await self._websocket.close(code)
        except (TimeoutError, WebSocketDisconnect, RuntimeError):
            return  # it is gone already

    async def _receive(self) -> str | bytes | None:
        message = await self._websocket.receive()
        if message["type"] == "websocket.disconnect":
            return None
        text: str | None = message.get("text")
        return text if text is not None else bytes(message["bytes"])
