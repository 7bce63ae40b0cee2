"""What may happen to one attempt at a call, and where it then stands. Pure.

    submitting ──> accepted ──> ringing ──> in_progress ──> completed
        │                                                   busy · no_answer · failed · canceled
        ├──> rejected             the carrier refused it
        ├──> turned_away          the carrier did not look at it (429, never connected): the same attempt may be submitted again
        └──> submission_unknown   no answer to the POST, or none that says enough
                └──> not_placed   the carrier was asked, and has no such call

Twilio has no idempotency key, so a POST without an answer is a state of its own, from which only the carrier's word leads out
(reference/telephony.md, B.8). Its callbacks come late, twice, out of order, and before the POST's own answer. One rule absorbs
all of it: **an attempt only ever moves forward**, by the rank of the state that is reported. Twilio's SequenceNumber says the
same for the states between, but not that an end outranks them all, so it is kept and not decided by.
What the carrier reports outranks what was concluded from its silence (`not_placed`, `lost`).
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum, StrEnum

from call_dispatcher.carrier_errors import Fault
from call_dispatcher.errors import AnotherCarrierCall


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

_RANKS = {AttemptState.ACCEPTED: 1, AttemptState.RINGING: 2, AttemptState.IN_PROGRESS: 3}
_END_RANK = 4


class Party(IntEnum):
    """Who picked up, as answering machine detection judged it; the surer word is the higher one."""

    UNKNOWN = 1
    HUMAN = 2
    MACHINE = 3
    FAX = 4


class Reflection(IntEnum):
    """Where the reflection stands, as voice-gateway told; the later word is the higher one."""

    STARTED = 1
    SILENT = 2
    CUT_SHORT = 3
    COMPLETED = 4
    OPTED_OUT = 5


@dataclass(frozen=True)
class Attempt:
    """One try with the carrier.

    Attributes:
        number: from 1, within its call.
        submitted_at: when it was stored, before the POST; times are aware, UTC.
        heard_at: when anything was last heard of it.
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


def apply(attempt: Attempt, happening: Happening, at: datetime) -> Attempt:
    """Where an attempt stands after something was heard of it. Hearing it again, or late, changes nothing.

    Args:
        attempt: where it stood.
        happening: what was heard.
        at: when it was heard.

    Raises:
        AnotherCarrierCall: the happening is of another call of the carrier than the attempt is bound to.
    """
    match happening:
        case Accepted(sid):
            return _forward(_bound(attempt, sid, at), AttemptState.ACCEPTED, at)
        case Rejected(code, fault) if attempt.state in UNCONFIRMED:
            return replace(_ended(attempt, AttemptState.REJECTED, at), error_code=code, fault=fault)
        case TurnedAway() if attempt.state is AttemptState.SUBMITTING:
            return replace(attempt, state=AttemptState.TURNED_AWAY, heard_at=at)
        case OutcomeUnknown() if attempt.state is AttemptState.SUBMITTING:
            return replace(attempt, state=AttemptState.SUBMISSION_UNKNOWN)
        case CarrierReported(sid, state, sequence, sip_code):
            moved = _forward(_bound(attempt, sid, at), state, at)
            return replace(
                moved,
                last_sequence=max(moved.last_sequence, sequence),
                sip_code=sip_code if moved.sip_code is None and state in REPORTED_ENDS else moved.sip_code,
            )
        case PartyAnswered(sid, party):
            answered = _forward(_bound(attempt, sid, at), AttemptState.IN_PROGRESS, at)
            return replace(answered, answered_by=max(party, answered.answered_by or party))
        case ReflectionReported(sid, reflection):
            answered = _forward(_bound(attempt, sid, at), AttemptState.IN_PROGRESS, at)
            return replace(answered, reflection=max(reflection, answered.reflection or reflection))
        case AbsentAtCarrier() if attempt.state in UNCONFIRMED:
            return _ended(attempt, AttemptState.NOT_PLACED, at)
        case LostAtCarrier() if attempt.live:
            return _ended(attempt, AttemptState.LOST, at)
        case _:
            return attempt


def _bound(attempt: Attempt, carrier_call_id: str, at: datetime) -> Attempt:
    if attempt.carrier_call_id not in {None, carrier_call_id}:
        raise AnotherCarrierCall(
            f"Attempt {attempt.attempt_id} is bound to {attempt.carrier_call_id}, and the carrier speaks of "
            f"{carrier_call_id}. Look both up with the carrier: one of them may be a second call."
        )
    return replace(attempt, carrier_call_id=carrier_call_id, heard_at=at)


def _forward(attempt: Attempt, state: AttemptState, at: datetime) -> Attempt:
    if _rank(state) <= _rank(attempt.state):
        return attempt
    if state in REPORTED_ENDS:
        return _ended(attempt, state, at)
    return replace(attempt, state=state, ended_at=None)


def _ended(attempt: Attempt, state: AttemptState, at: datetime) -> Attempt:
    return replace(attempt, state=state, heard_at=at, ended_at=at)


def _rank(state: AttemptState) -> int:
    return _END_RANK if state in REPORTED_ENDS else _RANKS.get(state, 0)
