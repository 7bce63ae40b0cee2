"""Watching one call until it has ended: what is new to tell of it, and what it came to. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from daybook.events.v1.events_pb2 import CALL_OUTCOME_REFLECTED, CallOutcome
from daybook_cli.call_story import CallParts, Moment, call_moments, ended_as, kept
from daybook_cli.wording import moment

HEARD_OF_WITHIN = timedelta(seconds=15)
"""From when a call is asked for. After that it is told who has no part in it."""
END_TOLD_WITHIN = timedelta(seconds=30)
"""From the last moment at which a call may be dialed: call-dispatcher looks every 15 seconds for those that were not."""
KEPT_WITHIN = timedelta(minutes=1)
"""From the end of a call to its entry, which a journal that was away for a moment makes a little later."""
LASTS_AT_MOST = timedelta(hours=1)

UNDER_WAY = "active"
REFLECTED = CallOutcome.Name(CALL_OUTCOME_REFLECTED)


@dataclass(frozen=True)
class Conclusion:
    """What a call came to. `completed`: the person reflected to the end, and the journal has kept it."""

    completed: bool
    sentence: str


Known = tuple[str, str, datetime | None]


def news_of(parts: CallParts, told: set[Known], time_zone: str, *, now: datetime) -> list[Moment]:
    """What happened and was not told before, the first first. What is told now is added to `told`."""
    fresh = [
        each
        for each in call_moments(parts, time_zone, now=now)
        if _known(each) not in told and not _goes_without_saying(each, parts, now)
    ]
    told.update(_known(each) for each in fresh)
    return sorted(fresh, key=lambda each: each.at or now)


def _goes_without_saying(told: Moment, parts: CallParts, now: datetime) -> bool:
    """That a part is missing says something once it is late; and when it is to be dialed, once something has put that off."""
    if told.at is None:
        ended = parts.call.HasField("finished_at")
        return ended or now < moment(parts.call.not_before) + HEARD_OF_WITHIN
    at_once = parts.dial is not None and not parts.dial.attempts and not parts.dial.decisions
    return told.term == "to_be_dialed" and at_once


def _known(told: Moment) -> Known:
    """What makes it the same. Where an attempt stands is no news when it is merely heard again."""
    return told.term, told.sentence, None if told.term.startswith("attempt_") else told.at


def conclusion(parts: CallParts, *, now: datetime) -> Conclusion | None:
    """What a call came to; none where that is still to be waited for, at `now` (aware)."""
    call = parts.call
    if not call.HasField("finished_at"):
        return None if _may_end_still(parts, now) else _stuck(_without_end(parts))
    if call.outcome != REFLECTED:
        return Conclusion(completed=False, sentence=f"The call was not completed. It ended: {ended_as(call)}.")
    if parts.entry is not None and parts.entry.entry_id:
        entry = parts.entry
        sentence = f"The call was completed, and the journal keeps {kept(entry)} as entry {entry.entry_id}."
        return Conclusion(completed=True, sentence=sentence)
    if now < moment(call.finished_at) + KEPT_WITHIN:
        return None
    missing = "the journal does not answer" if parts.entry is None else "the journal has no entry of it"
    return _stuck(f"The call was completed, and {missing}.")


def _stuck(sentence: str) -> Conclusion:
    """It is Daybook that did not do its part."""
    return Conclusion(completed=False, sentence=f"{sentence} `daybook doctor` says why.")


def _may_end_still(parts: CallParts, now: datetime) -> bool:
    last_dial = moment(parts.call.not_after)
    if parts.dial is not None and parts.dial.state == UNDER_WAY:
        return now < last_dial + LASTS_AT_MOST
    return now < last_dial + END_TOLD_WITHIN


def _without_end(parts: CallParts) -> str:
    """Why a call whose time is over has no end."""
    if parts.dial is None:
        return "The time of the call is over and it has no end: call-dispatcher does not answer."
    if not parts.dial.call_id:
        return "The time of the call is over, and call-dispatcher has not heard of it: nobody was dialed."
    if parts.dial.HasField("finished_at"):
        return "call-dispatcher says that the call is over, and window-scheduler has not heard of it."
    return "The time of the call is over, and call-dispatcher has not brought it to an end."
