"""Whose fault a refusal of the carrier is, as data.

Twilio advises not to bind logic hard to its error codes (changelog 2024-07): what is not in the tables is `UNKNOWN`, and is
tried again as often as anything else and no more. Sources: reference/telephony.md, B.2 and B.7.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Fault(StrEnum):
    """Who could mend it, and so what follows."""

    PERSON = "person"
    """The person's number cannot be called, today or tomorrow: stop, and tell them."""
    LATER = "later"
    """It may work later: one more try."""
    OPERATOR = "operator"
    """The account is not set up for it: the operator is to act, and until then every call fails alike."""
    BLOCKED = "blocked"
    """The network labels or blocks our calls to this number: trying harder makes it worse."""
    TRANSIENT = "transient"
    """A fault on the way."""
    UNKNOWN = "unknown"


_REST_FAULTS: Mapping[int, Fault] = MappingProxyType(
    {
        20003: Fault.OPERATOR,  # authentication
        21210: Fault.OPERATOR,  # the caller id is not verified
        21212: Fault.OPERATOR,  # the caller id is no valid number
        21215: Fault.OPERATOR,  # geographic permission
        13227: Fault.OPERATOR,  # geographic permission
        32205: Fault.OPERATOR,  # geographic permission
        21216: Fault.OPERATOR,  # blocked; also: no business profile for calls to the United States
        21219: Fault.OPERATOR,  # a trial account, and a number that is not verified
        21201: Fault.OPERATOR,  # no number was given
        21205: Fault.OPERATOR,  # PUBLIC_URL is not one that the carrier can ask
        21211: Fault.PERSON,  # no valid number
        21217: Fault.PERSON,  # no valid number
        13223: Fault.PERSON,  # no valid number
        13224: Fault.PERSON,  # no valid number
        13225: Fault.PERSON,  # a forbidden number
        21214: Fault.LATER,  # the number cannot be reached
    }
)

_ACCOUNT_REFUSED = frozenset({20003, 21205, 21210, 21212})
"""Of the operator's faults those that have nothing to do with who is called: every call fails alike."""

_SIP_FAULTS: Mapping[int, Fault] = MappingProxyType(
    {
        404: Fault.PERSON,
        410: Fault.PERSON,
        484: Fault.PERSON,
        603: Fault.BLOCKED,
        607: Fault.BLOCKED,
        608: Fault.BLOCKED,
    }
)


def rest_fault(code: int | None) -> Fault:
    """Whose fault it is that a call was not taken.

    Args:
        code: Twilio's error code, where the answer had one.
    """
    return Fault.UNKNOWN if code is None else _REST_FAULTS.get(code, Fault.UNKNOWN)


def account_refused(code: int | None) -> bool:
    """Whether the carrier would refuse every call now, whoever is called, until the operator has mended it.

    Args:
        code: Twilio's error code, where the answer had one.
    """
    return code in _ACCOUNT_REFUSED


def sip_fault(code: int | None) -> Fault:
    """Whose fault it is that a call that was taken failed.

    Args:
        code: the SIP response that ended it, where the carrier gave one.
    """
    if code is None:
        return Fault.UNKNOWN
    if 500 <= code < 600:
        return Fault.TRANSIENT
    return _SIP_FAULTS.get(code, Fault.UNKNOWN)
