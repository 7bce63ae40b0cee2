"""What becomes of a session when it ends."""

from daybook.events.v1 import events_pb2 as events
from journal.records import Outcome

_SPOKE_WITH_NOBODY = {
    events.CALL_OUTCOME_ANSWERED_SILENT,
    events.CALL_OUTCOME_BUSY,
    events.CALL_OUTCOME_NO_ANSWER,
    events.CALL_OUTCOME_MISSED,
    events.CALL_OUTCOME_REFUSED,
}


def makes_an_entry(outcome: Outcome, *, turns_of_person: int, samples_of_person: int) -> bool:
    """Whether a session is kept as an entry.

    What the person said is kept, however it ended. A session that was cut off before their first utterance was recognised
    may still hold it as audio, and is kept for that. One that was silent, or in which they only pressed the key that ends
    the calls, holds nothing of theirs and leaves nothing behind. Nor does an answering machine's: those words are nobody's.
    """
    if outcome is Outcome.VOICEMAIL:
        return False
    if turns_of_person:
        return True
    return outcome in {Outcome.COMPLETED, Outcome.CUT_SHORT} and samples_of_person > 0


def outcome_of_abandoned(
    call_outcome: events.CallOutcome.ValueType, closing: Outcome | None, *, turns_of_person: int
) -> Outcome:
    """How a session ended that no gateway came back to end; `closing` is how it was about to, if its last words were begun."""
    if call_outcome == events.CALL_OUTCOME_VOICEMAIL:
        return Outcome.VOICEMAIL
    if closing and not (closing is Outcome.SILENT and turns_of_person):
        return closing
    if turns_of_person:
        return Outcome.CUT_SHORT
    return Outcome.SILENT if call_outcome in _SPOKE_WITH_NOBODY else Outcome.CUT_SHORT
