"""A call to be made, and the ways in which it can end. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class CallState(StrEnum):
    PENDING = "pending"
    """To be dialed from `next_attempt_at` on."""
    ACTIVE = "active"
    """An attempt is under way, or what follows from its end is not known yet."""
    FINISHED = "finished"


class Outcome(StrEnum):
    """The names of daybook.events.v1.CallOutcome, in lower case."""

    REFLECTED = "reflected"
    CUT_SHORT = "cut_short"
    ANSWERED_SILENT = "answered_silent"
    VOICEMAIL = "voicemail"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    FAILED = "failed"
    MISSED = "missed"
    REFUSED = "refused"
    OPTED_OUT = "opted_out"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Call:
    """One scheduled call, as its row says.

    Attributes:
        not_before: no dial before this moment, aware, UTC,
        not_after: nor at it or later.
        outcome: how it ended; while it has not, how it would end if nothing more happened.
        attempts: how many attempts reached the carrier, or may have.
    """

    call_id: str
    person_id: str
    not_before: datetime
    not_after: datetime
    state: CallState = CallState.PENDING
    outcome: Outcome = Outcome.MISSED
    attempts: int = 0


def attempt_id_of(call_id: str, number: int) -> str:
    """The name of a call's n-th attempt, from 1. It stands in the paths of the carrier's webhooks."""
    return f"{call_id}.{number}"
