"""Where an attempt stands after something was heard of it: one table, each state by each kind of what may be heard. Pure.

Twilio has no idempotency key, so a POST without an answer is a state of its own, from which only the carrier's word leads out
(reference/telephony.md, B.8). Its callbacks come late, twice, out of order, and before the POST's own answer. One rule absorbs
all of it: **an attempt only ever moves forward**, by what is reported and not by when. Twilio's SequenceNumber says the same
for the states between, but not that an end outranks them all, so it is kept and not decided by.
What the carrier reports outranks what was concluded from its silence (`not_placed`, `lost`).

The README draws the table (`python -m call_dispatcher attempt-states`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from call_dispatcher.attempts import (
    LATER_WORDS,
    LIVE,
    REPORTED_ENDS,
    UNCONFIRMED,
    AbsentAtCarrier,
    Accepted,
    Attempt,
    AttemptState,
    CarrierReported,
    Happening,
    LostAtCarrier,
    OutcomeUnknown,
    PartyAnswered,
    ReflectionReported,
    Rejected,
    TurnedAway,
)
from call_dispatcher.errors import AnotherCarrierCall


class Heard(StrEnum):
    """The kinds of what may be heard of an attempt: all of a happening that its next state hangs on."""

    POST_TAKEN = "POST taken"
    POST_REFUSED = "POST refused"
    POST_TURNED_AWAY = "POST turned away"
    POST_UNANSWERED = "POST without an answer"
    QUEUED_TOLD = "queued told"
    RINGING_TOLD = "ringing told"
    ANSWER_TOLD = "answer told"
    PARTY_TOLD = "party told"
    REFLECTION_TOLD = "reflection told"
    COMPLETED_TOLD = "completed told"
    BUSY_TOLD = "busy told"
    NO_ANSWER_TOLD = "no answer told"
    FAILED_TOLD = "failed told"
    CANCELED_TOLD = "canceled told"
    NO_SUCH_CALL = "no such call found"
    CALL_LOST = "call lost"
    TIME_PASSED = "time passed"


_REPORTED_ENDS = {
    AttemptState.COMPLETED: Heard.COMPLETED_TOLD,
    AttemptState.BUSY: Heard.BUSY_TOLD,
    AttemptState.NO_ANSWER: Heard.NO_ANSWER_TOLD,
    AttemptState.FAILED: Heard.FAILED_TOLD,
    AttemptState.CANCELED: Heard.CANCELED_TOLD,
}
_REPORTED = {
    AttemptState.ACCEPTED: Heard.QUEUED_TOLD,
    AttemptState.RINGING: Heard.RINGING_TOLD,
    AttemptState.IN_PROGRESS: Heard.ANSWER_TOLD,
    **_REPORTED_ENDS,
}

WORD_OF_THE_CARRIER = frozenset(
    {Heard.POST_TAKEN, Heard.PARTY_TOLD, Heard.REFLECTION_TOLD, *_REPORTED.values()},
)
"""What cannot be heard unless there is such a call at the carrier."""


@dataclass(frozen=True)
class Move:
    """Whichever of `heard` comes to an attempt in one of the states `left` moves it to `to`."""

    heard: frozenset[Heard]
    left: frozenset[AttemptState]
    to: AttemptState


_SILENT = UNCONFIRMED | {AttemptState.TURNED_AWAY, AttemptState.NOT_PLACED, AttemptState.LOST}
"""The carrier has told nothing of where the call stands: what it tells first counts."""

MOVES = (
    Move(frozenset({Heard.POST_UNANSWERED}), frozenset({AttemptState.SUBMITTING}), AttemptState.SUBMISSION_UNKNOWN),
    Move(frozenset({Heard.POST_TURNED_AWAY}), frozenset({AttemptState.SUBMITTING}), AttemptState.TURNED_AWAY),
    Move(frozenset({Heard.POST_REFUSED}), UNCONFIRMED, AttemptState.REJECTED),
    Move(frozenset({Heard.NO_SUCH_CALL}), UNCONFIRMED, AttemptState.NOT_PLACED),
    Move(frozenset({Heard.POST_TAKEN, Heard.QUEUED_TOLD}), _SILENT, AttemptState.ACCEPTED),
    Move(frozenset({Heard.RINGING_TOLD}), _SILENT | {AttemptState.ACCEPTED}, AttemptState.RINGING),
    Move(
        frozenset({Heard.ANSWER_TOLD, Heard.PARTY_TOLD, Heard.REFLECTION_TOLD}),
        _SILENT | {AttemptState.ACCEPTED, AttemptState.RINGING},
        AttemptState.IN_PROGRESS,
    ),
    *(Move(frozenset({told}), _SILENT | LIVE, end) for end, told in _REPORTED_ENDS.items()),
    Move(frozenset({Heard.CALL_LOST}), LIVE, AttemptState.LOST),
)
"""Everything that moves an attempt. Whatever else is heard changes no state."""


def _table() -> dict[tuple[AttemptState, Heard], AttemptState]:
    table = {(state, heard): state for state in AttemptState for heard in Heard}
    return table | {(state, heard): move.to for move in MOVES for state in move.left for heard in move.heard}


TRANSITIONS: Mapping[tuple[AttemptState, Heard], AttemptState] = MappingProxyType(_table())
"""The next state, of each state and each kind of what may be heard."""


def apply(attempt: Attempt, happening: Happening, at: datetime) -> Attempt:
    """Where an attempt stands after something was heard of it. Hearing it again, or late, changes nothing.

    Args:
        attempt: where it stood.
        happening: what was heard.
        at: when it was heard.

    Raises:
        AnotherCarrierCall: the happening is of another call of the carrier than the attempt is bound to.
    """
    state = TRANSITIONS[attempt.state, heard_in(happening)]
    noted = _noted(attempt, happening, at)
    if state is attempt.state:
        return noted
    if isinstance(happening, Rejected):
        noted = replace(noted, error_code=happening.code, fault=happening.fault)
    goes_on = state in LIVE or state is AttemptState.TURNED_AWAY
    return replace(noted, state=state, heard_at=at, ended_at=None if goes_on else at)


def heard_in(happening: Happening) -> Heard:
    """Which kind of news a happening is."""
    match happening:
        case Accepted():
            return Heard.POST_TAKEN
        case Rejected():
            return Heard.POST_REFUSED
        case TurnedAway():
            return Heard.POST_TURNED_AWAY
        case OutcomeUnknown():
            return Heard.POST_UNANSWERED
        case CarrierReported(state=state):
            return _REPORTED[state]
        case PartyAnswered():
            return Heard.PARTY_TOLD
        case ReflectionReported():
            return Heard.REFLECTION_TOLD
        case AbsentAtCarrier():
            return Heard.NO_SUCH_CALL
        case LostAtCarrier():
            return Heard.CALL_LOST
        case _:
            return Heard.TIME_PASSED


def _noted(attempt: Attempt, happening: Happening, at: datetime) -> Attempt:
    """What the carrier tells of its call besides a state, which counts whether or not that moves the attempt."""
    match happening:
        case Accepted(sid):
            return _bound(attempt, sid, at)
        case CarrierReported(sid, state, sequence, sip_code):
            bound = _bound(attempt, sid, at)
            return replace(
                bound,
                last_sequence=max(bound.last_sequence, sequence),
                sip_code=sip_code if bound.sip_code is None and state in REPORTED_ENDS else bound.sip_code,
            )
        case PartyAnswered(sid, party):
            return replace(_bound(attempt, sid, at), answered_by=max(party, attempt.answered_by or party))
        case ReflectionReported(sid, reflection):
            later = max(reflection, attempt.reflection or reflection, key=LATER_WORDS.index)
            return replace(_bound(attempt, sid, at), reflection=later)
        case _:
            return attempt


def _bound(attempt: Attempt, carrier_call_id: str, at: datetime) -> Attempt:
    if attempt.carrier_call_id not in {None, carrier_call_id}:
        raise AnotherCarrierCall(
            f"Attempt {attempt.attempt_id} is bound to {attempt.carrier_call_id}, and the carrier speaks of "
            f"{carrier_call_id}. Look both up with the carrier: one of them may be a second call."
        )
    return replace(attempt, carrier_call_id=carrier_call_id, heard_at=at)
