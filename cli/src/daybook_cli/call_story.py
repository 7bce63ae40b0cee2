"""One call as moments in time, from what three services know of it: scheduled, dialed, decided about, kept. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from daybook.dispatcher.v1 import dispatcher_pb2 as dispatcher
from daybook.journal.v1 import journal_pb2 as journal
from daybook.scheduler.v1 import scheduler_pb2 as scheduler
from daybook_cli.observations import DISPATCHER, JOURNAL, SCHEDULER
from daybook_cli.wording import counted, moment, outcome_told, span

SUBMITTING = "submitting"


@dataclass(frozen=True)
class Moment:
    """One thing that happened, or holds.

    Attributes:
        at: aware; none where it holds for the day.
        by: the service that knows of it.
        term: what it is, as a stable term.
    """

    at: datetime | None
    by: str
    term: str
    sentence: str


@dataclass(frozen=True)
class CallParts:
    """What the three services said of a call. What could not be asked is none.

    Attributes:
        dial: an empty one is known to nobody.
        entry: an empty one was not made.
    """

    call: scheduler.ScheduledCall
    authorizations: Sequence[scheduler.DialAuthorization]
    dial: dispatcher.Dial | None
    entry: journal.EntrySummary | None


def call_moments(parts: CallParts, time_zone: str, *, now: datetime) -> list[Moment]:
    """All of it, as it is known at `now` (aware). Times of the clock are told by a zone."""
    return [*_scheduled(parts, time_zone), *_dials(parts, now), *_kept(parts)]


def ended_as(call: scheduler.ScheduledCall) -> str:
    """How a call ended, and why: "no answer (attempts exhausted)"."""
    return f"{outcome_told(call.outcome)} ({call.reason.replace('_', ' ')})"


def kept(entry: journal.EntrySummary) -> str:
    """What an entry holds, in counts."""
    return f"{counted(entry.turns, 'turn')} and {entry.recording_ms / 1000:.0f} s of recording"


def _scheduled(parts: CallParts, time_zone: str) -> list[Moment]:
    call = parts.call
    times = span(moment(call.not_before), moment(call.not_after), time_zone)
    if call.test_number:
        term, scheduled = "asked_for", f"Call {call.call_id} asked for, to be made {times}."
    else:
        moved = f", moved {counted(call.revision, 'time')} before anyone had dialed" if call.revision else ""
        term = "call_moved" if call.revision else "call_scheduled"
        scheduled = f"Call {call.call_id} scheduled for {times}, from window {call.window_id}{moved}."
    found = [Moment(moment(call.scheduled_at), SCHEDULER, term, scheduled)]
    found += [
        Moment(
            moment(each.authorized_at),
            SCHEDULER,
            "dial_allowed",
            f"Attempt {each.attempt_id.rpartition('.')[2]} allowed.",
        )
        for each in parts.authorizations
    ]
    if call.HasField("finished_at"):
        ended = f"The call is over: {ended_as(call)}."
        found.append(Moment(moment(call.finished_at), SCHEDULER, "call_finished", ended))
    return found


def _dials(parts: CallParts, now: datetime) -> list[Moment]:
    if parts.dial is None:
        return [
            Moment(None, DISPATCHER, "dispatcher_silent", "call-dispatcher does not answer: its part is missing here.")
        ]
    if not parts.dial.call_id:
        waits = (
            "It is announced ahead of its window." if now < moment(parts.call.not_before) else "See `daybook doctor`."
        )
        sentence = f"call-dispatcher has not heard of the call. {waits}"
        return [Moment(None, DISPATCHER, "not_heard_of", sentence)]
    found = [_waiting(parts.dial)] if parts.dial.HasField("next_attempt_at") else []
    for attempt in parts.dial.attempts:
        found += _attempt(attempt)
    return [*found, *(_decision(each) for each in parts.dial.decisions)]


def _waiting(dial: dispatcher.Dial) -> Moment:
    return Moment(moment(dial.next_attempt_at), DISPATCHER, "to_be_dialed", "The call is to be dialed from here on.")


def _attempt(attempt: dispatcher.Attempt) -> list[Moment]:
    name = f"Attempt {attempt.number}"
    if attempt.state == SUBMITTING:
        return [Moment(moment(attempt.submitted_at), DISPATCHER, "attempt_submitting", f"{name}: being handed over.")]
    of_carrier = f", the carrier calls it {attempt.carrier_call_id}" if attempt.carrier_call_id else ""
    found = [Moment(moment(attempt.submitted_at), DISPATCHER, "dialed", f"{name} handed to the carrier{of_carrier}.")]
    words = [attempt.state.replace("_", " ")]
    if attempt.answered_by:
        words.append(f"picked up by: {attempt.answered_by}")
    if attempt.reflection:
        words.append(f"reflection {attempt.reflection.replace('_', ' ')}")
    if attempt.fault:
        words.append(f"fault {attempt.fault}")
    words += [f"{kind} {code}" for kind, code in (("error", attempt.error_code), ("SIP", attempt.sip_code)) if code]
    at = attempt.ended_at if attempt.HasField("ended_at") else attempt.heard_at
    found.append(Moment(moment(at), DISPATCHER, f"attempt_{attempt.state}", f"{name}: {', '.join(words)}."))
    return found


def _decision(decision: dispatcher.Decision) -> Moment:
    reason = decision.reason.replace("_", " ")
    times = f", {decision.times} times" if decision.times > 1 else ""
    match decision.decision:
        case "postponed":
            sentence = f"Put off: {reason}{times}."
        case "withdrawn":
            sentence = f"Taken back while an attempt was under way: {reason}. It is not tried again."
        case "try_again":
            sentence = f"To be tried again: {reason}{times}."
        case "moved" if decision.reason == "before_any_dial":
            sentence = f"Moved to other times before anyone was dialed{times}."
        case "moved":
            sentence = f"Moved to other times too late to begin anew, it had been dialed: what was tried counts{times}."
        case ending:
            after = counted(decision.attempt_number, "attempt")
            sentence = f"Decided: {ending.replace('_', ' ')} ({reason}), after {after}{times}."
    return Moment(moment(decision.last_at), DISPATCHER, decision.decision, sentence)


def _kept(parts: CallParts) -> list[Moment]:
    if parts.entry is None:
        return [Moment(None, JOURNAL, "journal_silent", "The journal does not answer: its part is missing here.")]
    entry = parts.entry
    if not entry.entry_id:
        if not parts.call.HasField("finished_at"):
            return []
        return [Moment(None, JOURNAL, "nothing_kept", "No entry: nothing was said, or nothing of it was to be kept.")]
    outcome = journal.SessionOutcome.Name(entry.outcome).removeprefix("SESSION_OUTCOME_").lower().replace("_", " ")
    return [
        Moment(moment(entry.started_at), JOURNAL, "session_began", "The reflection began."),
        Moment(
            moment(entry.ended_at), JOURNAL, "entry_kept", f"Entry {entry.entry_id} kept: {kept(entry)}, {outcome}."
        ),
    ]
