"""The telephone line: one media stream. Frames come in; audio, marks and clears go out, in order.

It knows no websocket: a `Socket` sends for it, and whoever has that socket hands in what arrives (`receive`) and tells when it
is over (`gone`). What arrives is dealt with at once, where it arrives: twenty milliseconds of audio wake up no task.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import copy_context
from datetime import timedelta
from typing import Protocol

import structlog

from chassis.waiting import until_set
from voice_gateway import media
from voice_gateway.errors import MalformedFrame, StreamBroken, StreamRefused
from voice_gateway.metrics import malformed_frames

log = structlog.get_logger()

MEDIA_PATH = "/media"
LOOKED_AT_EVERY = timedelta(seconds=1)
SILENT_LOOKS = 4
"""A stream that brought nothing between so many looks is dead: Twilio sends a frame every 20 ms. Looks are counted and not
seconds, since a process that stood still for a while has not read yet what came meanwhile."""
UNREAD_LOOKS = 5
"""Who took nothing of what waits for them between so many looks will not."""
MOST_UNSENT_BYTES = 1_048_576
"""More than a minute and a half of speech as it travels: no prompt is that long."""
MOST_EARLY = 500
"""So many messages wait here until the conversation can hear them, ten seconds at their usual pace; the rest waits outside."""
LARGEST_MESSAGE_BYTES = 8_000
NORMAL_CLOSURE = 1000
POLICY_VIOLATION = 1008
TRY_AGAIN_LATER = 1013
MALFORMED_FRAMES_BORNE = 50


class Socket(Protocol):
    """A media stream's websocket, open."""

    @property
    def unsent_bytes(self) -> int:
        """What was sent, and waits in this process since the other side takes no more."""
        ...

    def send(self, message: bytes) -> None:
        """Sends a text message after those before it. It never waits; on a socket that is closed it does nothing."""
        ...

    def hold(self) -> None:
        """Reads no more, until `resume`."""
        ...

    def resume(self) -> None: ...

    def close(self, code: int) -> None:
        """Closes it, and soon cuts it where the other side does not say good-bye."""
        ...


class Line:
    """
    Args:
        socket: open; what it receives comes to `receive`.
    """

    def __init__(self, socket: Socket) -> None:
        self._socket = socket
        self._stream_sid = ""
        self._early: deque[bytes] = deque()
        self._came = asyncio.Event()
        self._hear: Callable[[media.Frame], None] | None = None
        self._over = asyncio.Event()
        self._failure: Exception | None = None
        self._malformed = 0
        self._heard_since_look = True
        self._silent_looks = 0
        self._unsent_at_look = 0
        self._unread_looks = 0

    # -------------------------------------------------------------------------------------------------- what arrives

    def receive(self, message: bytes) -> None:
        """One message that arrived."""
        self._heard_since_look = True
        if self._over.is_set():
            return
        if self._hear is not None:
            self._take(message, self._hear)
            return
        self._early.append(message)
        self._came.set()
        if len(self._early) >= MOST_EARLY:
            self._socket.hold()

    def gone(self) -> None:
        """The socket is closed: nothing more arrives."""
        self._over.set()
        self._came.set()

    async def await_start(self, within_s: float) -> media.Started:
        """The stream's first word.

        Raises:
            StreamRefused: it did not come in time, or something else came.
            MalformedFrame: it cannot be understood.
        """
        try:
            async with asyncio.timeout(within_s):
                while (message := await self._next_early()) is not None:
                    frame = media.parse(message)
                    if isinstance(frame, media.Started):
                        self._stream_sid = frame.stream_sid
                        return frame
                    if not isinstance(frame, media.Connected):
                        raise StreamRefused("no_start", "Its first message after `connected` is to be `start`.")
        except TimeoutError:
            raise StreamRefused("no_start", f"Its `start` is to come within {within_s:g} seconds.") from None
        raise StreamRefused("no_start", "It was closed before its `start`.")

    async def listen(self, hear: Callable[[media.Frame], None]) -> None:
        """Hands each frame to `hear` when it arrives, in the caller's context, until the other side is gone. A message that is
        malformed, to `parse` or to `hear`, is counted and left out.

        Raises:
            StreamBroken: the other side is as good as gone, or is not to be borne.
            Exception: what `hear` raises.
        """
        context = copy_context()

        def hear_here(frame: media.Frame) -> None:
            context.run(hear, frame)

        while self._early and not self._over.is_set():
            self._take(self._early.popleft(), hear_here)
        self._hear = hear_here
        self._socket.resume()
        try:
            while not self._over.is_set():
                await until_set(self._over, within=LOOKED_AT_EVERY)
                self.look()
        finally:
            self._over.set()
        if self._failure is not None:
            raise self._failure

    def look(self) -> None:
        """Is the other side still there? Asked once a second."""
        self._silent_looks = 0 if self._heard_since_look else self._silent_looks + 1
        self._heard_since_look = False
        if self._silent_looks >= SILENT_LOOKS:
            self._give_up(StreamBroken("silent", f"For {SILENT_LOOKS} seconds nothing came, not even silence."))
        unsent = self._socket.unsent_bytes
        self._unread_looks = self._unread_looks + 1 if unsent and unsent >= self._unsent_at_look else 0
        self._unsent_at_look = unsent
        if self._unread_looks >= UNREAD_LOOKS:
            self._give_up(
                StreamBroken("unread", f"For {UNREAD_LOOKS} seconds the other side took nothing of what it was sent.")
            )

    async def _next_early(self) -> bytes | None:
        while not self._early:
            if self._over.is_set():
                return None
            self._came.clear()
            await self._came.wait()
        return self._early.popleft()

    def _take(self, message: bytes, hear: Callable[[media.Frame], None]) -> None:
        try:
            hear(media.parse(message))
        except MalformedFrame as error:
            self._bear(error)
        except Exception as error:  # noqa: BLE001 - whoever listens hears of it, in a task of that call
            self._give_up(error)

    def _bear(self, error: MalformedFrame) -> None:
        malformed_frames.inc()
        self._malformed += 1
        if self._malformed == 1:
            log.warning("frame.malformed", field=error.field, reason=str(error))
        if self._malformed > MALFORMED_FRAMES_BORNE:
            self._give_up(
                StreamBroken("unreadable", f"More than {MALFORMED_FRAMES_BORNE} of its messages were malformed.")
            )

    def _give_up(self, failure: Exception) -> None:
        if not self._over.is_set():
            self._failure = failure
            self._over.set()

    # --------------------------------------------------------------------------------------------------- what goes out

    def send_audio(self, audio: bytes) -> None:
        for begin in range(0, len(audio), LARGEST_MESSAGE_BYTES):
            self._send(media.media_message(self._stream_sid, audio[begin : begin + LARGEST_MESSAGE_BYTES]))

    def send_mark(self, name: str) -> None:
        self._send(media.mark_message(self._stream_sid, name))

    def clear(self, mark: str) -> None:
        """Nothing that was not played yet is to be played. The mark comes back when that is done."""
        self._send(media.mark_message(self._stream_sid, mark))
        self._send(media.clear_message(self._stream_sid))

    def close(self, code: int) -> None:
        """Ends the stream: Twilio then asks what to do next with the call."""
        self._socket.close(code)

    def _send(self, message: bytes) -> None:
        self._socket.send(message)
        if self._socket.unsent_bytes > MOST_UNSENT_BYTES:
            self._give_up(
                StreamBroken("unread", f"More than {MOST_UNSENT_BYTES} bytes wait for the other side to take them.")
            )
