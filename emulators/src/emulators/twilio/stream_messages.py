"""The messages of a media stream, both ways. Pure.

https://www.twilio.com/docs/voice/media-streams/websocket-messages
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from emulators.twilio.errors import StreamFault
from emulators.twilio.tracks import FRAME_MS

INVALID_JSON = 31950
INVALID_MESSAGE = 31951
OVERFLOW = 31931


@dataclass(frozen=True, slots=True)
class Media:
    audio: bytes


@dataclass(frozen=True, slots=True)
class Mark:
    name: str


@dataclass(frozen=True, slots=True)
class Clear:
    """Forget what has not been played."""


class MessagesToApp:
    """Twilio's side of one stream: each call makes the next message, numbered.

    All numbers travel as strings, but for those of `mediaFormat`, which Twilio sends as numbers.
    """

    def __init__(self, stream_sid: str, call_sid: str, account_sid: str) -> None:
        self._stream_sid = stream_sid
        self._call_sid = call_sid
        self._account_sid = account_sid
        self._sequence = 0
        self._chunks = 0

    def connected(self) -> str:
        return orjson.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"}).decode()

    def start(self, parameters: dict[str, str]) -> str:
        return self._numbered(
            "start",
            {
                "accountSid": self._account_sid,
                "streamSid": self._stream_sid,
                "callSid": self._call_sid,
                "tracks": ["inbound"],
                "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
                "customParameters": parameters,
            },
        )

    def media(self, audio: bytes) -> str:
        """20 ms of the person."""
        timestamp_ms = self._chunks * FRAME_MS
        self._chunks += 1
        payload = base64.b64encode(audio).decode()
        return self._numbered(
            "media",
            {"track": "inbound", "chunk": str(self._chunks), "timestamp": str(timestamp_ms), "payload": payload},
        )

    def dtmf(self, digit: str) -> str:
        return self._numbered("dtmf", {"track": "inbound_track", "digit": digit})

    def mark(self, name: str) -> str:
        return self._numbered("mark", {"name": name})

    def stop(self) -> str:
        return self._numbered("stop", {"accountSid": self._account_sid, "callSid": self._call_sid})

    def _numbered(self, event: str, body: Mapping[str, object]) -> str:
        self._sequence += 1
        message = {"event": event, "sequenceNumber": str(self._sequence), event: body, "streamSid": self._stream_sid}
        return orjson.dumps(message).decode()


def read_message(text: str | bytes, stream_sid: str) -> Media | Mark | Clear:
    """What the app has sent.

    Raises:
        StreamFault: it is no message of the protocol; the text says what to send instead.
    """
    if isinstance(text, bytes):
        raise StreamFault(INVALID_JSON, "a binary frame arrived: send every message as a text frame")
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise StreamFault(INVALID_JSON, "a message is no JSON: send one JSON object a frame") from None
    if not isinstance(message, dict):
        raise StreamFault(INVALID_MESSAGE, "a message is no JSON object: send {'event': …, 'streamSid': …}")
    if message.get("streamSid") != stream_sid:
        raise StreamFault(INVALID_MESSAGE, "a message's streamSid is not the one of 'start': send that one")
    match message:
        case {"event": "media", "media": {"payload": str(payload)}}:
            return Media(_audio(payload))
        case {"event": "mark", "mark": {"name": str(name)}} if name:
            return Mark(name)
        case {"event": "clear"}:
            return Clear()
        case {"event": "media" | "mark" as event}:
            raise StreamFault(INVALID_MESSAGE, f"a {event!r} message lacks its body: see Twilio's page of messages")
    raise StreamFault(INVALID_MESSAGE, "a message's event is none of 'media', 'mark' and 'clear': send one of them")


def _audio(payload: str) -> bytes:
    try:
        audio = base64.b64decode(payload, validate=True)
    except (binascii.Error, ValueError):
        raise StreamFault(INVALID_MESSAGE, "a media payload is no base64: encode the µ-law bytes as such") from None
    if not audio:
        raise StreamFault(INVALID_MESSAGE, "a media payload is empty: send at least one byte of audio")
    if audio.startswith(b"RIFF"):
        raise StreamFault(INVALID_MESSAGE, "a media payload begins with a WAV header, a click to the ear: leave it out")
    return audio
