"""One attempt at a call: the states it may be in, and what may be heard of it. Pure.

Where it stands after something was heard of it is a table of its own: `transitions`.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum

from call_dispatcher.carrier_errors import Fault


class AttemptState(StrEnum):
    SUBMITTING = "submitting"
    SUBMISSION_UNKNOWN = "submission_unknown"
    TURNED_AWAY = "turned_away"
    ACCEPTED = "accepted"
    RINGING = "ringing"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    FAILED = "failed"
    CANCELED = "canceled"
    REJECTED = "rejected"
    NOT_PLACED = "not_placed"
    LOST = "lost"
    """The carrier took it, and never told what became of it."""


UNCONFIRMED = frozenset({AttemptState.SUBMITTING, AttemptState.SUBMISSION_UNKNOWN})
"""It may be at the carrier, or not."""

LIVE = UNCONFIRMED | {AttemptState.ACCEPTED, AttemptState.RINGING, AttemptState.IN_PROGRESS}
"""It may ring, or does: no other attempt at this person may be made."""

UNANSWERED = frozenset({AttemptState.ACCEPTED, AttemptState.RINGING})
"""It is at the carrier, and nobody has picked up."""

ANSWERED = frozenset({AttemptState.IN_PROGRESS, AttemptState.COMPLETED})
"""Somebody picked up, or a machine did."""

REPORTED_ENDS = frozenset(
    {
        AttemptState.COMPLETED,
        AttemptState.BUSY,
        AttemptState.NO_ANSWER,
        AttemptState.FAILED,
        AttemptState.CANCELED,
        AttemptState.REJECTED,
    }
)
"""Ends in the carrier's own word. None is ever left."""


class Party(IntEnum):
    """Who picked up, as answering machine detection judged it; the surer word is the higher one."""

    UNKNOWN = 1
    HUMAN = 2
    MACHINE = 3
    FAX = 4


class Reflection(IntEnum):
    """Where the reflection stands, as voice-gateway told. The numbers are those of the rows."""

    STARTED = 1
    SILENT = 2
    CUT_SHORT = 3
    COMPLETED = 4
    OPTED_OUT = 5
    CODE_TOLD = 6
    """There is none: it is a call for signing in, and has told its code."""


LATER_WORDS = (
    Reflection.STARTED,
    Reflection.SILENT,
    Reflection.CUT_SHORT,
    Reflection.COMPLETED,
    Reflection.CODE_TOLD,
    Reflection.OPTED_OUT,
)
"""Each holds against those before it, whichever is told last."""


@dataclass(frozen=True)
class Attempt:
    """One try with the carrier.

    Attributes:
        number: from 1, within its call.
        submitted_at: when it was stored, before the POST; times are aware, UTC.
        heard_at: when anything was last heard of it, or concluded from silence.
        carrier_call_id: the carrier's id of the call, once known.
        last_sequence: the highest SequenceNumber seen; -1 before the first.
        error_code: Twilio's code, where it was rejected.
        sip_code: the SIP response that ended it, where the carrier gave one.
        ended_at: when it was found to have ended.
    """

    attempt_id: str
    call_id: str
    person_id: str
    number: int
    submitted_at: datetime
    heard_at: datetime
    state: AttemptState = AttemptState.SUBMITTING
    carrier_call_id: str | None = None
    last_sequence: int = -1
    fault: Fault | None = None
    error_code: int | None = None
    sip_code: int | None = None
    answered_by: Party | None = None
    reflection: Reflection | None = None
    ended_at: datetime | None = None

    @property
    def live(self) -> bool:
        return self.state in LIVE

    @property
    def answered(self) -> bool:
        return self.state in ANSWERED


@dataclass(frozen=True)
class Accepted:
    """The POST was answered with the carrier's id of the call."""

    carrier_call_id: str


@dataclass(frozen=True)
class Rejected:
    """The POST was answered with a refusal."""

    code: int | None
    fault: Fault


@dataclass(frozen=True)
class TurnedAway:
    """The carrier has certainly not processed the POST; `reason` is a stable term."""

    reason: str


@dataclass(frozen=True)
class OutcomeUnknown:
    """The POST got no answer that says whether a call was made; `reason` is a stable term."""

    reason: str


@dataclass(frozen=True)
class CarrierReported:
    """A status of the carrier: a callback (with its sequence), or the answer to a question (without)."""

    carrier_call_id: str
    state: AttemptState
    sequence: int = -1
    sip_code: int | None = None


@dataclass(frozen=True)
class PartyAnswered:
    carrier_call_id: str
    party: Party


@dataclass(frozen=True)
class ReflectionReported:
    carrier_call_id: str
    reflection: Reflection


@dataclass(frozen=True)
class AbsentAtCarrier:
    """The carrier was asked, long enough after the POST, and has no call that could be this one."""


@dataclass(frozen=True)
class LostAtCarrier:
    """The carrier does not know the call that it took, or has not answered for so long that the call is over."""


@dataclass(frozen=True)
class TimePassed:
    """Nothing happened for as long as was waited for."""


PostAnswer = Accepted | Rejected | TurnedAway | OutcomeUnknown
Happening = (
    PostAnswer | CarrierReported | PartyAnswered | ReflectionReported | AbsentAtCarrier | LostAtCarrier | TimePassed
)
