"""A call to be made, the ways in which it can end, and what becomes of it when it is announced again. Pure."""

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
    CODE_TOLD = "code_told"


class WithdrawalReason(StrEnum):
    """The names of daybook.events.v1.WithdrawalReason, in lower case. Each is also the reason of the end that follows from it."""

    OPTED_OUT = "opted_out"
    PERSON_DELETED = "person_deleted"


@dataclass(frozen=True)
class Withdrawal:
    """A call is not to be made any more, up to this revision of it."""

    call_id: str
    revision: int
    reason: WithdrawalReason
    withdrawn_at: datetime


@dataclass(frozen=True)
class Call:
    """One scheduled call, as its row says.

    Attributes:
        not_before: no dial before this moment, aware, UTC,
        not_after: nor at it or later.
        revision: how often window-scheduler moved it to other times.
        outcome: how it ended; while it has not, how it would end if nothing more happened.
        attempts: how many attempts reached the carrier, or may have.
        withdrawn: why it is not to be made any more; none while it is.
        reason, finished_at: of its end, once it has one.
    """

    call_id: str
    person_id: str
    not_before: datetime
    not_after: datetime
    revision: int = 0
    state: CallState = CallState.PENDING
    outcome: Outcome = Outcome.MISSED
    attempts: int = 0
    withdrawn: WithdrawalReason | None = None
    reason: str = ""
    finished_at: datetime | None = None


class Move(StrEnum):
    """What an announcement means to a call that is there already. All but the first are kept as the reason of a decision."""

    NONE = "none"
    """It says nothing new."""
    BEFORE_ANY_DIAL = "before_any_dial"
    """The call begins anew at the other times, even if it has ended: nobody was rung."""
    AFTER_A_DIAL = "after_a_dial"
    """Too late to begin anew. What was tried counts, and only what is left of the call follows the other times."""


def move_of(call: Call, announced: Call) -> Move:
    """What an announcement means to a call that is there already.

    window-scheduler moves no call that it ever allowed to dial. An attempt that is there was therefore allowed after the move,
    for the other times, and overtook the announcement: the call stands, and its end is to bear the newer revision, or
    window-scheduler takes it for the end of the old times.

    Args:
        call: as its row says.
        announced: as the message says; of the same call.
    """
    if announced.revision <= call.revision:
        return Move.NONE
    return Move.AFTER_A_DIAL if call.attempts else Move.BEFORE_ANY_DIAL


def withdrawn_outcome(outcome: Outcome) -> Outcome:
    """How a withdrawn call ends that would end so: as its last attempt left it; where nobody was dialed, as one not allowed."""
    return Outcome.REFUSED if outcome is Outcome.MISSED else outcome


def finished_event_id(call: Call) -> str:
    """The name of the event that tells its end: one a revision."""
    return f"{call.call_id}.finished" + (f".{call.revision}" if call.revision else "")


def attempt_id_of(call_id: str, number: int) -> str:
    """The name of a call's n-th attempt, from 1. It stands in the paths of the carrier's webhooks."""
    return f"{call_id}.{number}"
