"""One call in a person's words: what will happen, what happened, why, and what is to be done about it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from google.protobuf.timestamp_pb2 import Timestamp

from daybook.dispatcher.v1 import dispatcher_pb2 as dispatcher
from daybook.journal.v1 import finding_pb2 as journal
from daybook.scheduler.v1 import scheduler_pb2 as scheduler
from portal.call_endings import attempt_told, ending_told
from portal.call_progress import is_under_way, with_heard
from portal.languages import Language

MAKE_ENTRIES = frozenset({"CALL_OUTCOME_REFLECTED", "CALL_OUTCOME_CUT_SHORT"})
"""The ends of calls in which something was said."""
ENTRY_WITHIN = timedelta(minutes=1)
"""From the end of a call to its entry, which a journal that was away for a moment makes a little later."""


class CallStage(StrEnum):
    TO_COME = "to_come"
    UNDER_WAY = "under_way"
    OVER = "over"


@dataclass(frozen=True)
class CallParts:
    """What is known of one call.

    Attributes:
        dial: an empty one is known to nobody yet; None: call-dispatcher does not answer.
        entry: an empty one was not made; None: the journal does not answer.
        heard: what was heard on the bus of its attempts, by their ids.
    """

    call: scheduler.ScheduledCall
    dial: dispatcher.Dial | None
    entry: journal.BrowsedEntry | None
    heard: Mapping[str, dispatcher.Attempt] = field(default_factory=dict)


@dataclass(frozen=True)
class CallWords:
    """
    Attributes:
        name: which call it is.
        sentence: how it stands.
        steps: what was tried, the first first.
        entry_id: of the entry that it became; empty where there is none.
        entry_title: empty where it has none.
    """

    name: str
    stage: CallStage
    sentence: str
    steps: Sequence[str]
    entry_id: str = ""
    entry_title: str = ""


def call_words(parts: CallParts, language: Language, zone: ZoneInfo, *, now: datetime) -> CallWords:
    """
    Args:
        parts: what is known of the call.
        language: in which it is told.
        zone: by whose clock times are told.
        now: aware.
    """
    attempts = with_heard(list(parts.dial.attempts) if parts.dial is not None else [], parts.heard)
    running = attempts[-1] if attempts and is_under_way(attempts[-1]) else None
    over = [each for each in attempts if each is not running]
    steps = [attempt_told(each, language, _moment(each.submitted_at, language, zone)) for each in over]
    name = _name(parts.call, language)
    if parts.call.HasField("finished_at"):
        sentence = _ended(parts, language, now)
        # the end says the same as the one attempt that came to it
        steps = steps if len(steps) > 1 else []
        entry = parts.entry if parts.entry is not None else journal.BrowsedEntry()
        return CallWords(name, CallStage.OVER, sentence, steps, entry.summary.entry_id, entry.title)
    if running is not None:
        return CallWords(name, CallStage.UNDER_WAY, _running(running, parts.call, language), steps)
    if over and over[-1].state == "completed":
        sentence = language.say("The call is over. What comes of it shows here in a moment.")
        return CallWords(name, CallStage.UNDER_WAY, sentence, ())
    return CallWords(name, CallStage.TO_COME, _to_come(parts, over, language, zone, now), steps)


def _name(call: scheduler.ScheduledCall, language: Language) -> str:
    if call.for_sign_in:
        return language.say("A call with a code to sign in")
    return language.say("A call that you asked for") if call.test_number else language.say("The call of the day")


def _running(attempt: dispatcher.Attempt, call: scheduler.ScheduledCall, language: Language) -> str:
    if attempt.state == "in_progress":
        if call.for_sign_in:
            return language.say("You are on the phone. The code is being told to you.")
        if attempt.answered_by in {"machine", "fax"}:
            return language.say("Your voicemail has answered.")
        if attempt.reflection:
            return language.say("You are talking with Daybook. Take your time.")
        return language.say("You are on the phone with Daybook.")
    if attempt.state == "ringing":
        return language.say("Your telephone is ringing.")
    return language.say("We are calling you: your telephone rings in a moment.")


def _to_come(
    parts: CallParts, over: Sequence[dispatcher.Attempt], language: Language, zone: ZoneInfo, now: datetime
) -> str:
    opens, closes = _at(parts.call.not_before), _at(parts.call.not_after)
    dial = parts.dial
    until = language.moment(closes, zone)
    if now >= closes:
        return language.say("The time of this call is over, and its end is not known yet. It shows here in a moment.")
    if dial is not None and over:
        if dial.HasField("next_attempt_at"):
            again = max(_at(dial.next_attempt_at), now)
            return language.say("We try again at %(at)s.", at=language.moment(again, zone))
        return language.say("What comes next shows here in a moment.")
    if now < opens:
        at = language.moment(opens, zone)
        return language.say("We ring you between %(from)s and %(until)s.", **{"from": at, "until": until})
    if dial is None:
        return language.say("It is time for your call. How it stands cannot be seen just now.")
    if dial.decisions and dial.HasField("next_attempt_at"):
        again = max(_at(dial.next_attempt_at), now)
        return language.say("Your call has to wait a little. We ring you at %(at)s.", at=language.moment(again, zone))
    return language.say("It is time for your call: we ring you any moment, and by %(until)s.", until=until)


def _ended(parts: CallParts, language: Language, now: datetime) -> str:
    call = parts.call
    if call.outcome not in MAKE_ENTRIES:
        return ending_told(call, language)
    if parts.entry is None:
        kept = language.say("The journal cannot be asked for it just now.")
    elif parts.entry.summary.entry_id:
        kept = language.say("It is in your journal.")
    elif now < _at(call.finished_at) + ENTRY_WITHIN:
        kept = language.say("It comes into your journal in a moment.")
    else:
        kept = language.say("There is no entry of it: nothing was said that could be kept, or it was deleted.")
    return f"{ending_told(call, language)} {kept}"


def _moment(stamp: Timestamp, language: Language, zone: ZoneInfo) -> str:
    return language.moment(_at(stamp), zone)


def _at(stamp: Timestamp) -> datetime:
    return stamp.ToDatetime(tzinfo=UTC)
