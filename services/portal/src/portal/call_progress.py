"""How far an attempt has come, as call-dispatcher has it on its books and as it was heard on the bus meanwhile. Pure.

What is heard is often known before it is on the books, and may be old news when it comes: carriers tell late, twice and out of
order. So of two states the further one holds.
"""

from collections.abc import Mapping

from daybook.dispatcher.v1 import dispatcher_pb2 as dispatcher
from daybook.events.v1 import events_pb2 as events

_STEPS = ("submitting", "submission_unknown", "accepted", "ringing", "in_progress")
"""An attempt goes through them in this order; any other state is an end."""
_ENDED = len(_STEPS)

_STATES: Mapping[events.CarrierCallStatus.ValueType, str] = {
    events.CARRIER_CALL_STATUS_QUEUED: "accepted",
    events.CARRIER_CALL_STATUS_INITIATED: "accepted",
    events.CARRIER_CALL_STATUS_RINGING: "ringing",
    events.CARRIER_CALL_STATUS_IN_PROGRESS: "in_progress",
    events.CARRIER_CALL_STATUS_COMPLETED: "completed",
    events.CARRIER_CALL_STATUS_BUSY: "busy",
    events.CARRIER_CALL_STATUS_NO_ANSWER: "no_answer",
    events.CARRIER_CALL_STATUS_FAILED: "failed",
    events.CARRIER_CALL_STATUS_CANCELED: "canceled",
}
_PARTIES: Mapping[events.AnsweringParty.ValueType, str] = {
    events.ANSWERING_PARTY_HUMAN: "human",
    events.ANSWERING_PARTY_MACHINE: "machine",
    events.ANSWERING_PARTY_FAX: "fax",
    events.ANSWERING_PARTY_UNKNOWN: "unknown",
}
STARTED = "started"


def is_under_way(attempt: dispatcher.Attempt) -> bool:
    """Whether it may ring, or does, or somebody talks."""
    return attempt.state in _STEPS


def dialed(event: events.CallDialed) -> dispatcher.Attempt:
    """An attempt, as much of it as is heard when the carrier has taken it."""
    heard = dispatcher.Attempt(attempt_id=event.attempt_id, number=event.attempt_number, state="accepted")
    heard.submitted_at.CopyFrom(event.dialed_at)
    return heard


def progressed(event: events.CallProgressed) -> dispatcher.Attempt:
    """An attempt, as much of it as one event tells. Its number is the last part of its id (call_id.number)."""
    number = event.attempt_id.rpartition(".")[2]
    heard = dispatcher.Attempt(
        attempt_id=event.attempt_id, number=int(number) if number.isdecimal() else 0, state="accepted"
    )
    match event.WhichOneof("event"):
        case "carrier_status":
            heard.state = _STATES.get(event.carrier_status.status, "accepted")
            if not is_under_way(heard):
                heard.ended_at.CopyFrom(event.occurred_at)
        case "answered_by":
            heard.state = "in_progress"
            heard.answered_by = _PARTIES.get(event.answered_by.party, "")
        case "reflection":
            heard.state = "in_progress"
            state = events.ReflectionState.Name(event.reflection.state)
            heard.reflection = state.removeprefix("REFLECTION_STATE_").lower()
        case _:
            pass
    return heard


def furthest(known: dispatcher.Attempt, heard: dispatcher.Attempt) -> dispatcher.Attempt:
    """Both together: of each thing what is later in the course of an attempt."""
    both = dispatcher.Attempt()
    both.CopyFrom(known)
    if _step(heard.state) > _step(known.state):
        both.state = heard.state
    if heard.HasField("ended_at") and not known.HasField("ended_at"):
        both.ended_at.CopyFrom(heard.ended_at)
    if heard.HasField("submitted_at") and not known.HasField("submitted_at"):
        both.submitted_at.CopyFrom(heard.submitted_at)
    both.answered_by = known.answered_by or heard.answered_by
    if known.reflection in {"", STARTED} and heard.reflection:
        both.reflection = heard.reflection if heard.reflection != STARTED else known.reflection or STARTED
    return both


def with_heard(attempts: list[dispatcher.Attempt], heard: Mapping[str, dispatcher.Attempt]) -> list[dispatcher.Attempt]:
    """The attempts of a call with what was heard of them, and those that are not on the books yet; the first first.

    Args:
        attempts: as call-dispatcher tells them.
        heard: of the same call, by the attempt's id.
    """
    known = {each.attempt_id for each in attempts}
    both = [furthest(each, heard[each.attempt_id]) if each.attempt_id in heard else each for each in attempts]
    both += [each for attempt_id, each in heard.items() if attempt_id not in known]
    return sorted(both, key=lambda each: each.number)


def _step(state: str) -> int:
    return _STEPS.index(state) if state in _STEPS else _ENDED
