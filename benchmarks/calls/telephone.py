"""Telephones, as a carrier connects them: each a media stream that sends a frame every 20 ms and hears what comes back."""

import asyncio
import base64
from abc import abstractmethod
from collections.abc import Sequence
from time import monotonic

import orjson
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from benchmarks.calls.scene import FRAME_BYTES, FRAME_MS

CARRIER_LATE_S = 0.01
SLOTS = 20
"""A call's frames have their millisecond of the twenty."""
CONNECTED_WITHIN_S = 30
SILENCE = base64.b64encode(b"\xff" * FRAME_BYTES).decode()


class Telephone(WSListener):
    """One call.

    Args:
        begins: in which round of 20 ms it sends its first frame.

    Attributes:
        closed: the server ended the call.
        plays_until_s: until when, by the monotonic clock, plays what came.
    """

    def __init__(self, number: int, begins: int) -> None:
        self.begins = begins
        self.closed = False
        self._sid = f"MZ{number:032d}"
        self.plays_until_s = 0.0

    @abstractmethod
    def speak(self, number: int) -> None:
        """Its 20 ms of that number are due."""

    @abstractmethod
    def hear(self, frames: float, now_s: float) -> None:
        """So many times 20 ms came, and play after what came before."""

    def send(self, frame: bytes) -> None:
        self._transport.send(WSMsgType.TEXT, frame)

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        for message in first_messages(self._sid):
            self.send(message)

    def on_ws_disconnected(self, transport: WSTransport) -> None:  # noqa: ARG002 - it is this one's
        self.closed = True

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type != WSMsgType.TEXT:
            return
        message = orjson.loads(frame.get_payload_as_memoryview())
        now_s = monotonic()
        if message["event"] == "media":
            payload = message["media"]["payload"]
            frames = (len(payload) * 3 // 4 - payload.count("=", -2)) / FRAME_BYTES
            self.plays_until_s = max(self.plays_until_s, now_s) + frames * FRAME_MS / 1000
            self.hear(frames, now_s)
        elif message["event"] == "mark":
            echo = orjson.dumps({"event": "mark", "streamSid": self._sid, "mark": message["mark"]})
            delay_s = max(0.0, self.plays_until_s - now_s)
            asyncio.get_running_loop().call_later(delay_s, transport.send, WSMsgType.TEXT, echo)


def first_messages(stream_sid: str) -> list[bytes]:
    """What the carrier says before any audio."""
    media_format = {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
    start = {"streamSid": stream_sid, "callSid": "CA1", "customParameters": {}, "mediaFormat": media_format}
    return [
        b'{"event":"connected","protocol":"Call","version":"1.0.0"}',
        orjson.dumps({"event": "start", "start": start, "streamSid": stream_sid}),
    ]


async def connect(telephones: Sequence[Telephone], port: int) -> None:
    """Begins all calls."""
    async with asyncio.timeout(CONNECTED_WITHIN_S):
        for telephone in telephones:
            await ws_connect(lambda _request, _response, it=telephone: it, f"ws://127.0.0.1:{port}/media")


class Talk:
    """All telephones' frames, each in its millisecond of its round."""

    def __init__(self, telephones: Sequence[Telephone]) -> None:
        self._telephones = telephones
        self._starts_s = monotonic() + 0.1
        self._round = 0
        self.sends = 0
        self.late_sends = 0

    async def until(self, round_: int) -> None:
        """Sends, up to that round."""
        for number in range(self._round, round_):
            for slot in range(SLOTS):
                due_s = self._starts_s + (number + slot / SLOTS) * FRAME_MS / 1000
                # who is late listens in between all the same
                await asyncio.sleep(max(due_s - monotonic(), 0))
                self._send(number, self._telephones[slot::SLOTS], is_late=monotonic() - due_s > CARRIER_LATE_S)
        self._round = round_

    @property
    def late_share(self) -> float:
        """Of all frames, those that left too late: with many, it is the carrier that is measured."""
        return self.late_sends / max(self.sends, 1)

    def _send(self, round_: int, telephones: Sequence[Telephone], *, is_late: bool) -> None:
        for telephone in telephones:
            number = round_ - telephone.begins
            if number >= 0 and not telephone.closed:
                telephone.speak(number)
                self.sends += 1
                self.late_sends += is_late


def frame_of(number: int, payload: str = SILENCE) -> bytes:
    """The message with the 20 ms of that number of a call."""
    media = {"track": "inbound", "chunk": str(number + 1), "timestamp": str(number * FRAME_MS), "payload": payload}
    return orjson.dumps({"event": "media", "sequenceNumber": str(number + 2), "media": media, "streamSid": "MZ1"})
