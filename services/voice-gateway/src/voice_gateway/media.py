"""The messages of Twilio Media Streams (reference/telephony.md, B.9): bytes in, small typed frames out, and back.

All numbers arrive as strings. What cannot be understood raises `MalformedFrame`; the next message may be right again.
"""

import binascii
from dataclasses import dataclass
from typing import Any

import orjson

from voice_gateway.errors import MalformedFrame

BYTES_PER_MS = 8
"""µ-law, 8000 samples a second, one byte each."""
SILENCE = b"\xff"

_MAX_TIMESTAMP_MS = 24 * 3600 * 1000
_MAX_TEXT = 500
_FORMAT = {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}


@dataclass(frozen=True)
class Connected:
    pass


@dataclass(frozen=True)
class Started:
    """The stream's first word: which call it belongs to, and what our TwiML gave it."""

    stream_sid: str
    call_sid: str
    parameters: dict[str, str]


@dataclass(frozen=True, slots=True)
class Audio:
    """A piece of the person's audio; `timestamp_ms` counts from the start of the stream."""

    timestamp_ms: int
    audio: bytes


@dataclass(frozen=True)
class Digit:
    digit: str


@dataclass(frozen=True)
class MarkReached:
    """All audio before the mark was played, or was cleared."""

    name: str


@dataclass(frozen=True)
class Stopped:
    """The call is over, or Twilio was told to do something else with it."""


Frame = Connected | Started | Audio | Digit | MarkReached | Stopped


def parse(message: str | bytes) -> Frame:
    """Reads one inbound message.

    Raises:
        MalformedFrame: it is none that Twilio sends; the text names the field.
    """
    try:
        parsed = orjson.loads(message)
    except orjson.JSONDecodeError:
        raise MalformedFrame("message", "It is to be JSON.") from None
    if not isinstance(parsed, dict):
        raise MalformedFrame("message", "It is to be a JSON object.")
    match parsed.get("event"):
        case "media":
            return _audio(_part(parsed, "media"))
        case "mark":
            return MarkReached(_text(_part(parsed, "mark"), "mark", "name"))
        case "dtmf":
            return _digit(_part(parsed, "dtmf"))
        case "start":
            return _started(parsed)
        case "connected":
            return Connected()
        case "stop":
            return Stopped()
        case _:
            raise MalformedFrame("event", "It is to be connected, start, media, dtmf, mark or stop.")


def _audio(media: dict[str, Any]) -> Audio:
    if media.get("track", "inbound") != "inbound":
        raise MalformedFrame("media.track", "Only the inbound track comes through <Connect><Stream>.")
    timestamp_ms = _number(media, "media", "timestamp", _MAX_TIMESTAMP_MS)
    payload = media.get("payload")
    if not isinstance(payload, str) or not payload:
        raise MalformedFrame("media.payload", "It is to be audio as base64.")
    try:
        return Audio(timestamp_ms, binascii.a2b_base64(payload, strict_mode=True))
    except ValueError:  # binascii.Error is one; so is what non-ASCII text raises
        raise MalformedFrame("media.payload", "It is to be audio as base64.") from None


def _digit(dtmf: dict[str, Any]) -> Digit:
    digit = _text(dtmf, "dtmf", "digit")
    if len(digit) != 1 or digit not in "0123456789*#ABCDabcd":
        raise MalformedFrame("dtmf.digit", "It is to be one key of a telephone.")
    return Digit(digit)


def _started(message: dict[str, Any]) -> Started:
    start = _part(message, "start")
    media_format = _part(start, "mediaFormat")
    for name, expected in _FORMAT.items():
        if str(media_format.get(name)) != str(expected):
            raise MalformedFrame(f"start.mediaFormat.{name}", f"It is to be {expected}.")
    parameters = start.get("customParameters", {})
    if not isinstance(parameters, dict) or not all(isinstance(value, str) for value in parameters.values()):
        raise MalformedFrame("start.customParameters", "It is to be an object of texts.")
    return Started(_text(message, "start", "streamSid"), _text(start, "start", "callSid"), parameters)


def _part(message: dict[str, Any], name: str) -> dict[str, Any]:
    part = message.get(name)
    if not isinstance(part, dict):
        raise MalformedFrame(name, "It is to be an object.")
    return part


def _text(part: dict[str, Any], within: str, name: str) -> str:
    value = part.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_TEXT:
        raise MalformedFrame(f"{within}.{name}", f"It is to be a text of 1 to {_MAX_TEXT} characters.")
    return value


def _number(part: dict[str, Any], within: str, name: str, most: int) -> int:
    value = part.get(name)
    digits = value if isinstance(value, str) else str(value) if isinstance(value, int) else ""
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 10) or int(digits) > most:
        raise MalformedFrame(f"{within}.{name}", f"It is to be a number from 0 to {most}.")
    return int(digits)


def media_message(stream_sid: str, audio: bytes) -> bytes:
    """Audio for the person: played after what was sent before."""
    payload = binascii.b2a_base64(audio, newline=False).decode("ascii")
    return orjson.dumps({"event": "media", "streamSid": stream_sid, "media": {"payload": payload}})


def mark_message(stream_sid: str, name: str) -> bytes:
    """A mark: it comes back once all audio before it was played."""
    return orjson.dumps({"event": "mark", "streamSid": stream_sid, "mark": {"name": name}})


def clear_message(stream_sid: str) -> bytes:
    """Drop all audio that was not played yet. Its marks come back at once."""
    return orjson.dumps({"event": "clear", "streamSid": stream_sid})
