"""A call as Twilio keeps it: its record, its JSON, and how records are listed. Pure.

https://www.twilio.com/docs/voice/api/call-resource
"""

import operator
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from email.utils import format_datetime
from enum import StrEnum
from urllib.parse import urlencode

from emulators.twilio.call_requests import CallRequest
from emulators.twilio.errors import RequestRefused

API_VERSION = "2010-04-01"
MAX_PAGE_SIZE = 1000
_DEFAULT_PAGE_SIZE = 50
_SUBRESOURCES = {
    "events": "Events",
    "notifications": "Notifications",
    "payments": "Payments",
    "recordings": "Recordings",
    "siprec": "Siprec",
    "streams": "Streams",
    "transcriptions": "Transcriptions",
    "user_defined_message_subscriptions": "UserDefinedMessageSubscriptions",
    "user_defined_messages": "UserDefinedMessages",
}


class Status(StrEnum):
    QUEUED = "queued"
    INITIATED = "initiated"
    """Told in callbacks only: the REST API goes on saying `queued`."""
    RINGING = "ringing"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    FAILED = "failed"
    CANCELED = "canceled"


ENDED = frozenset({Status.COMPLETED, Status.BUSY, Status.NO_ANSWER, Status.FAILED, Status.CANCELED})


@dataclass(slots=True)
class Call:
    """The record of a call. Dates are the machine's; `duration_s` is in the network's (scaled) time."""

    sid: str
    account_sid: str
    request: CallRequest
    queue_time_ms: int
    date_created: datetime
    date_updated: datetime
    status: Status = Status.QUEUED
    start_time: datetime | None = None
    end_time: datetime | None = None
    duration_s: int = 0
    answered_by: str | None = None
    sip_response_code: int | None = None

    @property
    def has_ended(self) -> bool:
        return self.status in ENDED

    def parameters(self) -> dict[str, str]:
        """What every webhook of the call tells."""
        return {
            "CallSid": self.sid,
            "AccountSid": self.account_sid,
            "ApiVersion": API_VERSION,
            "Direction": "outbound-api",
            "CallStatus": self.status,
            "From": self.request.caller,
            "To": self.request.to,
            "Caller": self.request.caller,
            "Called": self.request.to,
        }

    def as_json(self) -> dict[str, object]:
        """Twilio's representation."""
        uri = f"/{API_VERSION}/Accounts/{self.account_sid}/Calls/{self.sid}"
        return {
            "account_sid": self.account_sid,
            "annotation": None,
            "answered_by": self.answered_by,
            "api_version": API_VERSION,
            "caller_name": None,
            "date_created": rfc2822(self.date_created),
            "date_updated": rfc2822(self.date_updated),
            "direction": "outbound-api",
            "duration": str(self.duration_s) if self.has_ended else None,
            "end_time": rfc2822(self.end_time) if self.end_time else None,
            "forwarded_from": None,
            "from": self.request.caller,
            "from_formatted": _formatted(self.request.caller),
            "group_sid": None,
            "parent_call_sid": None,
            "phone_number_sid": "PN" + self.account_sid[2:],
            "price": None,
            "price_unit": "USD",
            "queue_time": str(self.queue_time_ms),
            "sid": self.sid,
            "start_time": rfc2822(self.start_time) if self.start_time else None,
            "status": Status.QUEUED if self.status is Status.INITIATED else self.status,
            "subresource_uris": {name: f"{uri}/{path}.json" for name, path in _SUBRESOURCES.items()},
            "to": self.request.to,
            "to_formatted": _formatted(self.request.to),
            "trunk_sid": None,
            "uri": f"{uri}.json",
        }


def new_sid(prefix: str) -> str:
    """A sid as Twilio makes them: two letters and 32 hexadecimal digits."""
    return prefix + secrets.token_hex(16)


def rfc2822(moment: datetime) -> str:
    return format_datetime(moment)


def list_calls(calls: Sequence[Call], query: Mapping[str, str], path: str) -> dict[str, object]:
    """One page of the calls that the query's filters leave, newest first.

    Raises:
        RequestRefused: a filter cannot be read.
    """
    found = [call for call in sorted(calls, key=lambda call: call.date_created, reverse=True) if _matches(call, query)]
    size = min(_whole(query, "PageSize", _DEFAULT_PAGE_SIZE), MAX_PAGE_SIZE) or 1
    page = _whole(query, "Page", 0)
    start = page * size
    shown = found[start : start + size]

    def uri(number: int) -> str:
        kept = {name: value for name, value in query.items() if name != "Page"}
        return f"{path}?{urlencode({**kept, 'PageSize': size, 'Page': number})}"

    return {
        "calls": [call.as_json() for call in shown],
        "end": start + max(0, len(shown) - 1),
        "first_page_uri": uri(0),
        "next_page_uri": uri(page + 1) if start + size < len(found) else None,
        "page": page,
        "page_size": size,
        "previous_page_uri": uri(page - 1) if page > 0 else None,
        "start": start,
        "uri": uri(page),
    }


def _matches(call: Call, query: Mapping[str, str]) -> bool:
    shown = call.as_json()
    if any(name in query and query[name] != shown[name.lower()] for name in ("To", "From", "Status")):
        return False
    # a queued call has no start time, and so is in no answer that asks for one
    started = call.start_time.date() if call.start_time else None
    return all(
        started is not None and fits(started, _day(query, name))
        for name, fits in (("StartTime", operator.eq), ("StartTime<", operator.le), ("StartTime>", operator.ge))
        if name in query
    )


def _day(query: Mapping[str, str], name: str) -> date:
    """Twilio takes a moment too and looks at its day alone."""
    try:
        return date.fromisoformat(query[name][:10])
    except ValueError:
        raise RequestRefused(20001, f"{name} is to be a date, YYYY-MM-DD.") from None


def _whole(query: Mapping[str, str], name: str, default: int) -> int:
    value = query.get(name)
    if value is None:
        return default
    if not value.isdigit():
        raise RequestRefused(20001, f"{name} is to be a whole number.")
    return int(value)


def _formatted(number: str) -> str:
    if number.startswith("+1") and len(number) == 12:
        return f"({number[2:5]}) {number[5:8]}-{number[8:]}"
    return number
