"""One day in a person's words: which windows it had, which call came of them, and why there was one or none. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from chassis.time_zones import zone_or_utc
from daybook.scheduler.v1 import scheduler_pb2 as scheduler
from portal.call_story import CallParts, CallWords, call_words
from portal.languages import Language
from portal.window_words import span_told, times_told

NIGHT_IS_OVER_AT = 3
"""The hour until which yesterday's call may still go on: a window may be open over midnight."""
_ONE_DAY = timedelta(days=1)

_NOTHING_TO_TELL = frozenset({scheduler.WINDOW_STANDING_OTHER_DAY, scheduler.WINDOW_STANDING_OUT_OF_DATES})
"""Windows that nobody expects on this day."""
_FORBIDDEN_BY: Mapping[scheduler.WindowStanding.ValueType, scheduler.WindowDecisionKind.ValueType] = {
    scheduler.WINDOW_STANDING_OPTED_OUT: scheduler.WINDOW_DECISION_KIND_OPTED_OUT,
    scheduler.WINDOW_STANDING_NO_CONSENT: scheduler.WINDOW_DECISION_KIND_NO_CONSENT,
    scheduler.WINDOW_STANDING_UNKNOWN_TIME_ZONE: scheduler.WINDOW_DECISION_KIND_UNKNOWN_TIME_ZONE,
}
_STILL_TO_COME = frozenset({scheduler.WINDOW_STANDING_NOT_OPEN_YET, scheduler.WINDOW_STANDING_DUE})


@dataclass(frozen=True)
class DayParts:
    """What is known of a day.

    Attributes:
        call: the day's; None where there is none.
        others: those that were asked for, and those for signing in, the first first.
        chances: of a day that is not over, by the id of the window: what each is to the call of the day.
    """

    day: scheduler.ExplainDayResponse
    call: CallParts | None
    others: Sequence[CallParts]
    chances: Mapping[str, scheduler.AgendaChance] = field(default_factory=dict)


@dataclass(frozen=True)
class WindowWords:
    """
    Attributes:
        times: from when to when it is booked.
        sentence: what it is to this day's call.
    """

    times: str
    sentence: str


@dataclass(frozen=True)
class DayWords:
    """
    Attributes:
        sentence: why there is no call, where no window says it; else empty.
        calls: the day's and all others; the day's first.
        windows: all that could be expected to open on it.
    """

    day: date
    sentence: str
    calls: Sequence[CallWords]
    windows: Sequence[WindowWords]


def day_words(parts: DayParts, language: Language, *, now: datetime) -> DayWords:
    """
    Args:
        parts: what is known of the day.
        language: in which it is told.
        now: aware.
    """
    zone = zone_of(parts.day)
    calls = ([] if parts.call is None else [parts.call]) + list(parts.others)
    windows = [
        WindowWords(_times(each, language, zone), _window_told(each, parts, language, now))
        for each in sorted(parts.day.windows, key=lambda each: each.window.times.starts_at)
        if each.standing not in _NOTHING_TO_TELL
    ]
    return DayWords(
        day=date.fromisoformat(parts.day.local_day),
        sentence="" if parts.call is not None or windows else _no_window(parts.day, language, now),
        calls=[call_words(each, language, zone, now=now) for each in calls],
        windows=windows,
    )


def zone_of(day: scheduler.ExplainDayResponse) -> ZoneInfo:
    """By whose clock a day is told: the person's, if their zone is known."""
    return zone_or_utc(day.time_zone if day.local_time else "UTC")


def yesterday_may_go_on(now: datetime, zone: ZoneInfo) -> bool:
    """Whether a call of yesterday may still be under way, by the clock of the person."""
    return now.astimezone(zone).hour < NIGHT_IS_OVER_AT


def day_before(day: date) -> date:
    return day - _ONE_DAY


def day_after(day: date) -> date:
    return day + _ONE_DAY


def _no_window(day: scheduler.ExplainDayResponse, language: Language, now: datetime) -> str:
    if date.fromisoformat(day.local_day) < now.astimezone(zone_of(day)).date():
        return language.say("You had no window on this day, so it had no call of its own.")
    if day.opted_out_at.seconds:
        return language.say(
            "You asked not to be called any more, so nobody calls you. You can agree again on the page Me."
        )
    return language.say("You have no window on this day, so it has no call of its own.")


def _times(window: scheduler.WindowOnDay, language: Language, zone: ZoneInfo) -> str:
    """As it opens on this day; of one that does not, as it is booked."""
    if window.HasField("opens_at"):
        return span_told(window.opens_at.ToDatetime(zone), window.closes_at.ToDatetime(zone), language)
    return times_told(window.window.times, language)


def chances_of(agenda: scheduler.GetAgendaResponse, local_day: str) -> Mapping[str, scheduler.AgendaChance]:
    """What each window is to the call of a day to come, by its id."""
    return {
        opening.window_id: chance
        for day in agenda.days
        if day.local_day == local_day
        for chance in day.chances
        for opening in chance.openings
    }


def _window_told(window: scheduler.WindowOnDay, parts: DayParts, language: Language, now: datetime) -> str:
    chance = parts.chances.get(window.window.window_id)
    if chance is None or window.standing not in _STILL_TO_COME:
        return _standing_told(window, parts.day, language, now)
    match chance.role:
        case scheduler.CHANCE_ROLE_QUIET:
            return language.say("No call from it: all of it lies in your quiet hours.")
        case scheduler.CHANCE_ROLE_RESERVE:
            told = language.say("We ring you in this time only if no call came before.")
        case scheduler.CHANCE_ROLE_NOT_NEEDED:
            return language.say("No call from it: there is one call a day, and it comes from another window.")
        case _:
            told = _standing_told(window, parts.day, language, now)
    if not chance.quiet:
        return told
    quiet = language.say("A part of it lies in your quiet hours, in which nobody calls you.")
    return f"{told} {quiet}"


def _standing_told(
    window: scheduler.WindowOnDay, day: scheduler.ExplainDayResponse, language: Language, now: datetime
) -> str:
    is_over = window.HasField("closes_at") and window.closes_at.ToDatetime(tzinfo=UTC) <= now
    if is_over and (forbidden := _FORBIDDEN_BY.get(window.standing)) is not None:
        return _decided_told(forbidden, language)
    sentences: Mapping[scheduler.WindowStanding.ValueType, str] = {
        scheduler.WINDOW_STANDING_CALLED: language.say("The call of the day comes from it."),
        scheduler.WINDOW_STANDING_CALLED_BY_ANOTHER: language.say(
            "No call from it: the day has its call from another window, and there is one call a day."
        ),
        scheduler.WINDOW_STANDING_OPTED_OUT: language.say(
            "No call: you asked not to be called any more. You can agree again on the page Me."
        ),
        scheduler.WINDOW_STANDING_NO_CONSENT: language.say(
            "No call: you have not agreed to be called. You can do so on the page Me."
        ),
        scheduler.WINDOW_STANDING_UNKNOWN_TIME_ZONE: language.say(
            "No call: we do not know what time it is where you are. Choose your time zone on the page Me."
        ),
        scheduler.WINDOW_STANDING_SKIPPED_BY_CLOCK: language.say("The clocks are changed, and leave it out."),
        scheduler.WINDOW_STANDING_NOT_OPEN_YET: language.say("We ring you in this time."),
        scheduler.WINDOW_STANDING_DUE: language.say("It is open, and your call is being prepared."),
        scheduler.WINDOW_STANDING_MISSED: language.say(
            "We missed it: it opened and closed, and we did not ring you. That was our fault, not yours."
        ),
        scheduler.WINDOW_STANDING_BOOKED_TOO_LATE: language.say("No call: its time was over when you booked it."),
        scheduler.WINDOW_STANDING_OTHER_WEEK: language.say("It does not open in this week."),
        scheduler.WINDOW_STANDING_EXCEPTED: language.say("No call: you skipped it on this day."),
        scheduler.WINDOW_STANDING_PAUSED: language.say("No call: it is paused."),
        scheduler.WINDOW_STANDING_OTHER_DAY: language.say("It does not open on this day."),
        scheduler.WINDOW_STANDING_OUT_OF_DATES: language.say("It does not open on this day."),
        scheduler.WINDOW_STANDING_PASSED_BY: _passed_by(window, day, language),
    }
    return sentences.get(window.standing, language.say("No call from it."))


def _passed_by(window: scheduler.WindowOnDay, day: scheduler.ExplainDayResponse, language: Language) -> str:
    """Looked at, without a call: something that held then holds no more."""
    decided = [each.decision for each in day.decisions if each.window_id == window.window.window_id]
    return _decided_told(decided[-1] if decided else scheduler.WINDOW_DECISION_KIND_UNSPECIFIED, language)


def _decided_told(decision: scheduler.WindowDecisionKind.ValueType, language: Language) -> str:
    """Why a window that is over had no call: what held then may not hold any more."""
    match decision:
        case scheduler.WINDOW_DECISION_KIND_OPTED_OUT:
            return language.say("No call: at that time you had asked not to be called.")
        case scheduler.WINDOW_DECISION_KIND_NO_CONSENT:
            return language.say("No call: at that time you had not agreed to be called.")
        case scheduler.WINDOW_DECISION_KIND_UNKNOWN_TIME_ZONE:
            return language.say("No call: at that time we did not know what time it was where you were.")
        case scheduler.WINDOW_DECISION_KIND_MISSED_NO_TICK | scheduler.WINDOW_DECISION_KIND_MISSED_TICK_FAILED:
            return language.say("We missed it, and did not ring you. That was our fault, not yours.")
        case _:
            return language.say("No call: your windows were changed when this one had been looked at.")
