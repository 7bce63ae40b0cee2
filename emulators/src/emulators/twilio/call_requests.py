"""What a `POST /Calls` or `POST /Calls/{sid}` asks for, read from its form and checked as Twilio checks it. Pure.

https://www.twilio.com/docs/voice/api/call-resource; codes: https://www.twilio.com/docs/api/errors.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal, cast
from urllib.parse import urlsplit

from emulators.twilio.errors import RequestRefused
from emulators.twilio.faults import CallbackEvent
from emulators.twilio.twiml import Method, Target

Form = Mapping[str, Sequence[str]]

MAGIC_FROM = "+15005550006"
_MAGIC_TO = {
    "+15005550001": (21211, "The phone number you are attempting to call, +15005550001, is not valid."),
    "+15005550002": (21214, "The phone number you are attempting to call, +15005550002, could not be reached."),
    "+15005550003": (21215, "Account not authorized to call +15005550003. Enable international permissions."),
    "+15005550004": (21216, "The phone number you are attempting to call, +15005550004, is blocked."),
}
_E164 = re.compile(r"\+[1-9]\d{6,14}")
_CALLBACK_EVENTS = ("initiated", "ringing", "answered", "completed")
_MAX_TWIML_CHARS = 4000
_INVALID_PARAMETER = 20001
_INVALID_URL = 21205
_MAX_RING_S = 600
_MAX_CALL_S = 14_400


@dataclass(frozen=True, slots=True)
class InlineTwiml:
    """A document that came with the request itself."""

    text: str


@dataclass(frozen=True, slots=True)
class StatusCallback:
    target: Target
    events: frozenset[CallbackEvent]


@dataclass(frozen=True, slots=True)
class MachineDetection:
    """`report_to` is where an asynchronous verdict goes; None holds the TwiML back until there is one."""

    waits_for_beep: bool
    report_to: Target | None


@dataclass(frozen=True, slots=True)
class CallRequest:
    """A call to place. `ring_s` and `time_limit_s` are Twilio's Timeout and TimeLimit."""

    to: str
    caller: str
    voice: Target | InlineTwiml
    fallback: Target | None
    status_callback: StatusCallback | None
    detection: MachineDetection | None
    ring_s: int
    time_limit_s: int


CallUpdate = Literal["canceled", "completed"] | Target | InlineTwiml


def read_call_request(form: Form, own_numbers: frozenset[str]) -> CallRequest:
    """The call that a form asks for.

    Raises:
        RequestRefused: with the code that Twilio answers.
    """
    fields = _Fields(form)
    to, caller = fields.one("To"), fields.one("From")
    if to is None:
        raise RequestRefused(21201, "No 'To' number is specified")
    if caller is None:
        raise RequestRefused(21213, "No 'From' number is specified")
    voice = _voice(fields)
    if voice is None:
        raise RequestRefused(_INVALID_URL, "Url parameter is required.")
    _check_numbers(to, caller, own_numbers)
    return CallRequest(
        to=to,
        caller=caller,
        voice=voice,
        fallback=fields.target("FallbackUrl", "FallbackMethod"),
        status_callback=_status_callback(fields),
        detection=_detection(fields),
        ring_s=fields.seconds("Timeout", default=60, most=_MAX_RING_S),
        time_limit_s=fields.seconds("TimeLimit", default=_MAX_CALL_S, most=_MAX_CALL_S),
    )


def read_call_update(form: Form) -> CallUpdate:
    """What a form asks of a call that exists.

    Raises:
        RequestRefused: it asks for nothing, or for something that cannot be done.
    """
    fields = _Fields(form)
    status = fields.one("Status")
    if status in {"canceled", "completed"}:
        return cast("Literal['canceled', 'completed']", status)
    if status is not None:
        raise RequestRefused(21218, "Invalid status: a call can be changed to 'canceled' or 'completed' only.")
    voice = _voice(fields)
    if voice is None:
        raise RequestRefused(_INVALID_PARAMETER, "Nothing to change: send Status, Url or Twiml.")
    return voice


class _Fields:
    def __init__(self, form: Form) -> None:
        self._form = form

    def one(self, name: str) -> str | None:
        values = self._form.get(name)
        return values[0].strip() or None if values else None

    def many(self, name: str) -> Sequence[str]:
        return self._form.get(name, ())

    def seconds(self, name: str, *, default: int, most: int) -> int:
        value = self.one(name)
        if value is None:
            return default
        if not value.isdigit() or int(value) == 0:
            raise RequestRefused(_INVALID_PARAMETER, f"{name} is to be a whole number of seconds above 0.")
        return min(int(value), most)

    def target(self, url_name: str, method_name: str) -> Target | None:
        url = self.one(url_name)
        if url is None:
            return None
        if not is_web_address(url):
            code = 21609 if url_name == "StatusCallback" else _INVALID_URL
            raise RequestRefused(code, f"{url_name} is not a valid URL: {url}")
        method = (self.one(method_name) or "POST").upper()
        if method not in {"GET", "POST"}:
            raise RequestRefused(_INVALID_PARAMETER, f"{method_name} is to be GET or POST.")
        return Target(url, cast("Method", method))


def is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def _voice(fields: _Fields) -> Target | InlineTwiml | None:
    twiml = fields.one("Twiml")
    if twiml is not None:
        if len(twiml) > _MAX_TWIML_CHARS:
            raise RequestRefused(_INVALID_PARAMETER, f"Twiml is longer than {_MAX_TWIML_CHARS} characters.")
        return InlineTwiml(twiml)
    return fields.target("Url", "Method")


def _status_callback(fields: _Fields) -> StatusCallback | None:
    target = fields.target("StatusCallback", "StatusCallbackMethod")
    events = fields.many("StatusCallbackEvent") or ("completed",)
    unknown = sorted(set(events) - set(_CALLBACK_EVENTS))
    if unknown:
        raise RequestRefused(
            _INVALID_PARAMETER,
            f"StatusCallbackEvent knows {', '.join(_CALLBACK_EVENTS)}: repeat the field for each that you want.",
        )
    return StatusCallback(target, frozenset(cast("Sequence[CallbackEvent]", events))) if target else None


def _detection(fields: _Fields) -> MachineDetection | None:
    wanted = fields.one("MachineDetection")
    if wanted is None:
        return None
    if wanted not in {"Enable", "DetectMessageEnd"}:
        raise RequestRefused(21234, "MachineDetection is to be Enable or DetectMessageEnd.")
    report_to = None
    if (fields.one("AsyncAmd") or "false").lower() == "true":
        report_to = fields.target("AsyncAmdStatusCallback", "AsyncAmdStatusCallbackMethod")
        if report_to is None:
            raise RequestRefused(21262, "AsyncAmd is true and AsyncAmdStatusCallback is missing.")
    return MachineDetection(waits_for_beep=wanted == "DetectMessageEnd", report_to=report_to)


def _check_numbers(to: str, caller: str, own_numbers: frozenset[str]) -> None:
    if to in _MAGIC_TO:
        raise RequestRefused(*_MAGIC_TO[to])
    if not _E164.fullmatch(to):
        raise RequestRefused(21211, f"The phone number you are attempting to call, {to}, is not valid.")
    if not _E164.fullmatch(caller):
        raise RequestRefused(21212, f"The source phone number provided, {caller}, is not valid.")
    if caller not in own_numbers and caller != MAGIC_FROM:
        raise RequestRefused(
            21210,
            f"The source phone number provided, {caller}, is not yet verified for your account. You may only make "
            "calls from phone numbers that you've verified or purchased from Twilio.",
        )


def not_found(path: str) -> RequestRefused:
    return RequestRefused(20404, f"The requested resource {path} was not found", HTTPStatus.NOT_FOUND)
