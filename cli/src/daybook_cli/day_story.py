"""One day of one person as one story: which windows, which call, which rule, which attempts, and what was kept. Pure.

Three services know a part of it each. Ids, times and terms are all that is told: no name, number or word.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chassis.time_zones import zone_or_utc
from daybook.dispatcher.v1 import dispatcher_pb2 as dispatcher
from daybook.journal.v1 import journal_pb2 as journal
from daybook.scheduler.v1 import scheduler_pb2 as scheduler
from daybook_cli.call_story import CallParts, Moment, call_moments, ended_as
from daybook_cli.observations import SCHEDULER
from daybook_cli.wording import moment, span

WHY: Mapping[scheduler.WindowStanding.ValueType, tuple[str, str]] = {
    scheduler.WINDOW_STANDING_CALLED: ("called", "the day's call comes from it"),
    scheduler.WINDOW_STANDING_CALLED_BY_ANOTHER: (
        "called_by_another",
        "no call from it: the day has its call from another window, and there is one call a day",
    ),
    scheduler.WINDOW_STANDING_OPTED_OUT: ("opted_out", "no call: the person opted out"),
    scheduler.WINDOW_STANDING_NO_CONSENT: ("no_consent", "no call: the person had not consented to be called"),
    scheduler.WINDOW_STANDING_UNKNOWN_TIME_ZONE: (
        "unknown_time_zone",
        "no call: the person's time zone is not known; change it by `daybook person change`",
    ),
    scheduler.WINDOW_STANDING_OTHER_DAY: ("other_day", "it does not open on this day"),
    scheduler.WINDOW_STANDING_SKIPPED_BY_CLOCK: ("skipped_by_clock", "a clock change leaves this day out of its zone"),
    scheduler.WINDOW_STANDING_NOT_OPEN_YET: (
        "not_open_yet",
        "it is not open yet; a tick schedules the call shortly before",
    ),
    scheduler.WINDOW_STANDING_DUE: (
        "due",
        "the next tick is to schedule the call; if none comes, `daybook doctor` says why",
    ),
    scheduler.WINDOW_STANDING_MISSED: ("missed", "missed: no tick looked while it was open; `daybook doctor` says why"),
    scheduler.WINDOW_STANDING_OTHER_WEEK: ("other_week", "it opens every so many weeks, and not in this one"),
    scheduler.WINDOW_STANDING_OUT_OF_DATES: ("out_of_dates", "the day lies before its first date, or after its last"),
    scheduler.WINDOW_STANDING_EXCEPTED: ("excepted", "the day is one of its exceptions"),
    scheduler.WINDOW_STANDING_PAUSED: ("paused", "it is paused"),
    scheduler.WINDOW_STANDING_BOOKED_TOO_LATE: ("booked_too_late", "no call: it was booked when it was over"),
    scheduler.WINDOW_STANDING_PASSED_BY: (
        "passed_by",
        "no call: a tick has looked, and something that has changed since forbade it (an opt-out, a consent, other times)",
    ),
}

DECIDED: Mapping[scheduler.WindowDecisionKind.ValueType, tuple[str, str]] = {
    scheduler.WINDOW_DECISION_KIND_SCHEDULED: ("scheduled", "the day's call was scheduled for it"),
    scheduler.WINDOW_DECISION_KIND_MOVED: ("moved", "the day's call, which nobody had dialed, was moved to it"),
    scheduler.WINDOW_DECISION_KIND_MERGED: (
        "merged",
        "the day's call is for it too: it touches the window of that call",
    ),
    scheduler.WINDOW_DECISION_KIND_CALLED_ALREADY: (
        "called_already",
        "no call: the day had its call already, and there is one call a day",
    ),
    scheduler.WINDOW_DECISION_KIND_OPTED_OUT: ("opted_out", "no call: the person had opted out"),
    scheduler.WINDOW_DECISION_KIND_NO_CONSENT: ("no_consent", "no call: the person had not consented to be called"),
    scheduler.WINDOW_DECISION_KIND_UNKNOWN_TIME_ZONE: (
        "unknown_time_zone",
        "no call: the person's time zone was not known",
    ),
    scheduler.WINDOW_DECISION_KIND_MISSED_NO_TICK: (
        "missed_no_tick",
        "missed: it was over, and no tick had begun in time; `daybook doctor` says whether the tick runs",
    ),
    scheduler.WINDOW_DECISION_KIND_MISSED_TICK_FAILED: (
        "missed_tick_failed",
        "missed: it was over, and the ticks that had begun in time failed, or did not come to it",
    ),
}

SAYS_MOST = (
    scheduler.WINDOW_STANDING_MISSED,
    scheduler.WINDOW_STANDING_OPTED_OUT,
    scheduler.WINDOW_STANDING_NO_CONSENT,
    scheduler.WINDOW_STANDING_UNKNOWN_TIME_ZONE,
    scheduler.WINDOW_STANDING_DUE,
    scheduler.WINDOW_STANDING_PASSED_BY,
    scheduler.WINDOW_STANDING_NOT_OPEN_YET,
    scheduler.WINDOW_STANDING_BOOKED_TOO_LATE,
    scheduler.WINDOW_STANDING_SKIPPED_BY_CLOCK,
    scheduler.WINDOW_STANDING_PAUSED,
    scheduler.WINDOW_STANDING_EXCEPTED,
    scheduler.WINDOW_STANDING_OTHER_WEEK,
    scheduler.WINDOW_STANDING_OUT_OF_DATES,
    scheduler.WINDOW_STANDING_OTHER_DAY,
)
"""Of several windows without a call, which one's reason is the day's."""


DOES_NOT_OPEN = frozenset(
    {
        scheduler.WINDOW_STANDING_OTHER_DAY,
        scheduler.WINDOW_STANDING_OTHER_WEEK,
        scheduler.WINDOW_STANDING_OUT_OF_DATES,
        scheduler.WINDOW_STANDING_EXCEPTED,
        scheduler.WINDOW_STANDING_PAUSED,
        scheduler.WINDOW_STANDING_SKIPPED_BY_CLOCK,
    }
)

TOLD_BY_DECISION = frozenset({scheduler.WINDOW_STANDING_MISSED, scheduler.WINDOW_STANDING_PASSED_BY})
"""Of which the decision says more than how the window stands."""


@dataclass(frozen=True)
class Parts:
    """What the three services said. What could not be asked is none.

    Attributes:
        dial: of the day's call. An empty one is known to nobody.
        entry: of the day's call. An empty one was not made.
        tests: each test call of the day.
    """

    day: scheduler.ExplainDayResponse
    dial: dispatcher.Dial | None
    entry: journal.EntrySummary | None
    tests: Sequence[CallParts] = ()


def verdict(parts: Parts) -> str:
    """The day in a sentence."""
    day = parts.day
    if day.HasField("call"):
        if not day.call.HasField("finished_at"):
            return "There is a call for this day, and it has not ended yet."
        return f"The day's call ended: {ended_as(day.call)}."
    whys = {window.standing: _why(window, day)[1] for window in day.windows}
    why = next((whys[standing] for standing in SAYS_MOST if standing in whys), "")
    if not why and day.decisions:
        why = _decided(day.decisions[-1])[1]
    elif not day.windows:
        why = "the person has no call window"
    return f"No call: {(why or 'nothing says why').removeprefix('no call: ')}."


def day_story(parts: Parts, *, now: datetime) -> list[Moment]:
    """All of it by time; what holds for the day first."""
    day = parts.day
    moments = _of_the_day(day)
    if day.HasField("call"):
        call = CallParts(day.call, day.authorizations, parts.dial, parts.entry)
        moments += call_moments(call, zone_of(day), now=now)
    for test in parts.tests:
        moments += [_of_asked(each, test) for each in call_moments(test, zone_of(day), now=now)]
    return sorted(moments, key=lambda each: (each.at is not None, each.at or now))


def zone_of(day: scheduler.ExplainDayResponse) -> str:
    """By whose clock a day is told: the person's, if their zone is known."""
    return day.time_zone if day.local_time else "UTC"


def _of_asked(told: Moment, asked: CallParts) -> Moment:
    """The same, told apart from what is of the day's call."""
    kind, term = ("Call to sign in", "sign_in") if asked.call.for_sign_in else ("Test call", "test")
    sentence = f"{kind} {asked.call.test_number}: {told.sentence[0].lower()}{told.sentence[1:]}"
    return replace(told, term=f"{term}_{told.term}", sentence=sentence)


def _of_the_day(day: scheduler.ExplainDayResponse) -> list[Moment]:
    found = [_window(window, day) for window in day.windows]
    found += [_looked(decision, day) for decision in day.decisions]
    if day.HasField("opted_out_at"):
        found.append(Moment(moment(day.opted_out_at), SCHEDULER, "opted_out", "The person opted out."))
    if day.HasField("consent_given_at"):
        found.append(Moment(moment(day.consent_given_at), SCHEDULER, "consented", "The person consented to be called."))
    return found


def _window(window: scheduler.WindowOnDay, day: scheduler.ExplainDayResponse) -> Moment:
    term, why = _why(window, day)
    times = f"{window.window.times.starts_at}–{window.window.times.ends_at}"  # noqa: RUF001 - as clocks are written
    opens = ""
    if window.standing in DOES_NOT_OPEN and window.window.HasField("next_opens_at"):
        at = moment(window.window.next_opens_at).astimezone(zone_or_utc(day.time_zone))
        opens = f"; it opens next on {at:%Y-%m-%d at %H:%M}"
    sentence = f"Window {times} ({window.window.window_id}): {why}{opens}."
    return Moment(None, SCHEDULER, f"window_{term}", sentence)


def _why(window: scheduler.WindowOnDay, day: scheduler.ExplainDayResponse) -> tuple[str, str]:
    """How a window stands, as a term and in words; where it was decided then, by what was decided."""
    term, why = WHY.get(window.standing, ("unknown", "this command does not know the reason that it was told"))
    decided = [each for each in day.decisions if each.window_id == window.window.window_id]
    if decided and window.standing in TOLD_BY_DECISION:
        why = _decided(decided[-1])[1]
        if window.standing == scheduler.WINDOW_STANDING_PASSED_BY:
            why = f"{why}; that was for {_span(decided[-1], day)}, and something has changed since"
    return term, why


def _looked(decision: scheduler.WindowDecision, day: scheduler.ExplainDayResponse) -> Moment:
    """What was decided about an opening, at which tick and why."""
    term, why = _decided(decision)
    who = f"Tick {decision.tick_id}" if decision.tick_id else "When it was booked or changed, Daybook"
    there = any(window.window.window_id == decision.window_id for window in day.windows)
    gone = "" if there else ", deleted since"
    sentence = f"{who} looked at window {_span(decision, day)} ({decision.window_id}{gone}): {why}."
    return Moment(moment(decision.decided_at), SCHEDULER, f"decided_{term}", sentence)


def _decided(decision: scheduler.WindowDecision) -> tuple[str, str]:
    return DECIDED.get(decision.decision, ("unknown", "this command does not know the decision that it was told"))


def _span(times: scheduler.WindowDecision, day: scheduler.ExplainDayResponse) -> str:
    return span(moment(times.opens_at), moment(times.closes_at), zone_of(day))


def as_json(moments: Sequence[Moment]) -> list[dict[str, str | None]]:
    return [
        {"at": each.at.isoformat() if each.at else None, "by": each.by, "term": each.term, "sentence": each.sentence}
        for each in moments
    ]
