"""The days to come in a person's words: when they are called, why then, and what a clock change does. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from chassis.time_zones import zone_or_utc
from daybook.scheduler.v1 import scheduler_pb2 as pb
from portal.languages import Language
from portal.window_words import span_told, times_told

_TO_COME = frozenset({pb.CHANCE_ROLE_CALL, pb.CHANCE_ROLE_SCHEDULED, pb.CHANCE_ROLE_RESERVE})
_FROM_HERE = frozenset({pb.CHANCE_ROLE_CALL, pb.CHANCE_ROLE_SCHEDULED})


@dataclass(frozen=True)
class DayWords:
    """
    Attributes:
        sentences: what happens, and why.
        notes: what the clocks do on this day.
        called: a call is to come on it.
        to_skip: there is something that can be skipped.
        to_restore: something was skipped.
    """

    day: date
    sentences: tuple[str, ...]
    notes: tuple[str, ...]
    called: bool
    to_skip: bool
    to_restore: bool


def forbidden_told(agenda: pb.GetAgendaResponse, language: Language) -> str:
    """Why they are not called at all; empty where they are."""
    sentences = {
        pb.WINDOW_STANDING_OPTED_OUT: language.say(
            "You asked not to be called, so nobody calls you. Your windows are kept; you can agree to calls again on the page Me."
        ),
        pb.WINDOW_STANDING_NO_CONSENT: language.say(
            "You have not agreed to be called yet, so nobody calls you. You can do so on the page Me."
        ),
        pb.WINDOW_STANDING_UNKNOWN_TIME_ZONE: language.say(
            "Your time zone is not known any more, so no window opens. Choose it again on the page Me."
        ),
    }
    return sentences.get(agenda.forbidden_by, "")


def next_call_told(agenda: pb.GetAgendaResponse, language: Language) -> str:
    """When the next call comes, in a sentence; empty where they are not called at all."""
    if agenda.forbidden_by != pb.WINDOW_STANDING_UNSPECIFIED:
        return ""
    if not agenda.windows:
        return language.say("You have no window yet: choose when you would like to be called.")
    if agenda.HasField("next_call"):
        opens = _wall(agenda.next_call.span.opens_local)
        return language.say(
            "Your next call comes on %(day)s, %(span)s.",
            day=language.day(opens.date()),
            span=_span_told(agenda.next_call.span, language),
        )
    to_come = [each.next_opens_at.ToDatetime(tzinfo=UTC) for each in agenda.windows if each.HasField("next_opens_at")]
    if not to_come:
        return language.say("No call is to come: none of your windows opens again.")
    opens = min(to_come).astimezone(zone_or_utc(agenda.time_zone))
    return language.say(
        "No call is to come for now. A window opens next on %(day)s.", day=language.day_of_year(opens.date())
    )


def day_words(agenda: pb.GetAgendaResponse, language: Language) -> list[DayWords]:
    """All days of which there is something to tell."""
    windows = {window.window_id: window for window in agenda.windows}
    told = [_day_words(day, windows, language) for day in agenda.days]
    return [day for day in told if day.sentences or day.notes]


def _day_words(day: pb.AgendaDay, windows: Mapping[str, pb.CallWindow], language: Language) -> DayWords:
    weekly_to_come = any(
        windows[opening.window_id].times.HasField("weekly")
        for chance in day.chances
        if chance.role in _TO_COME
        for opening in chance.openings
    )
    return DayWords(
        day=date.fromisoformat(day.local_day),
        sentences=tuple(_sentences(day, windows, language)),
        notes=tuple(_notes(day, windows, language)),
        called=any(chance.role in _FROM_HERE for chance in day.chances),
        to_skip=weekly_to_come,
        to_restore=any(each.standing == pb.WINDOW_STANDING_EXCEPTED for each in day.absences),
    )


def _sentences(day: pb.AgendaDay, windows: Mapping[str, pb.CallWindow], language: Language) -> Iterator[str]:
    for chance in day.chances:
        yield _chance_told(chance, day, language)
        if chance.quiet and chance.role != pb.CHANCE_ROLE_QUIET:
            yield language.say("A part of it lies in your quiet hours, in which nobody calls you.")
    if not day.chances and day.HasField("call"):
        yield language.say("This day has its call, from a window that you have deleted or changed.")
    for absence in day.absences:
        times = windows[absence.window_id].times
        if told := _absence_told(absence.standing, times_told(times, language), language):
            yield told


def _chance_told(chance: pb.AgendaChance, day: pb.AgendaDay, language: Language) -> str:
    span = _span_told(chance.span, language)
    if chance.role == pb.CHANCE_ROLE_CALLED and day.call.HasField("finished_at"):
        return language.say("%(span)s: the call of this day was made, and is over.", span=span)
    sentences = {
        pb.CHANCE_ROLE_CALL: language.say("%(span)s: you are called.", span=span),
        pb.CHANCE_ROLE_SCHEDULED: language.say("%(span)s: your call is about to come.", span=span),
        pb.CHANCE_ROLE_CALLED: language.say("%(span)s: you are being called.", span=span),
        pb.CHANCE_ROLE_RESERVE: language.say("%(span)s: only if no call was made before on this day.", span=span),
        pb.CHANCE_ROLE_NOT_NEEDED: language.say(
            "%(span)s: no call, since this day has its call from another window. There is one call a day.", span=span
        ),
        pb.CHANCE_ROLE_OVER: language.say("%(span)s: over, without a call.", span=span),
        pb.CHANCE_ROLE_QUIET: language.say("%(span)s: no call. It lies in your quiet hours.", span=span),
        pb.CHANCE_ROLE_FORBIDDEN: language.say("%(span)s: no call.", span=span),
    }
    return sentences.get(chance.role, span)


def _absence_told(standing: pb.WindowStanding.ValueType, times: str, language: Language) -> str:
    sentences = {
        pb.WINDOW_STANDING_EXCEPTED: language.say("%(times)s: skipped, as you wished.", times=times),
        pb.WINDOW_STANDING_PAUSED: language.say("%(times)s: paused.", times=times),
        pb.WINDOW_STANDING_SKIPPED_BY_CLOCK: language.say(
            "%(times)s: no call, since the calendar of your time zone has no such day.", times=times
        ),
    }
    return sentences.get(standing, "")


def _notes(day: pb.AgendaDay, windows: Mapping[str, pb.CallWindow], language: Language) -> Iterator[str]:
    if day.left_out:
        yield language.say("The calendar of your time zone leaves this day out.")
    if day.HasField("clock_change"):
        yield _change_told(day.clock_change, language)
    for chance in day.chances:
        for opening in chance.openings:
            yield from _opening_notes(opening, windows[opening.window_id].times, language)


def _opening_notes(opening: pb.AgendaOpening, times: pb.WindowTimes, language: Language) -> Iterator[str]:
    if not opening.notes:
        return
    starts, ends = (language.time(time.fromisoformat(each)) for each in (times.starts_at, times.ends_at))
    opens, closes = (
        language.time(_wall(each).time()) for each in (opening.span.opens_local, opening.span.closes_local)
    )
    length = _length_told(abs(opening.longer_by_s), language)
    sentences = {
        pb.CLOCK_NOTE_START_SKIPPED: language.say(
            "The clocks skip %(starts)s: the window opens at %(opens)s.", starts=starts, opens=opens
        ),
        pb.CLOCK_NOTE_START_TWICE: language.say(
            "%(starts)s comes twice: the window opens at the first.", starts=starts
        ),
        pb.CLOCK_NOTE_END_SKIPPED: language.say(
            "The clocks skip %(ends)s: the window closes at %(closes)s.", ends=ends, closes=closes
        ),
        pb.CLOCK_NOTE_END_TWICE: language.say("%(ends)s comes twice: the window closes at the first.", ends=ends),
        pb.CLOCK_NOTE_END_MOVED: language.say(
            "The clocks skip all of the window: it keeps its length, and closes at %(closes)s.", closes=closes
        ),
        pb.CLOCK_NOTE_LONGER: language.say("It is open for %(length)s longer than on other days.", length=length),
        pb.CLOCK_NOTE_SHORTER: language.say("It is open for %(length)s less than on other days.", length=length),
    }
    for note in opening.notes:
        if note in sentences:
            yield sentences[note]


def _change_told(change: pb.ClockChange, language: Language) -> str:
    moved = change.after_s - change.before_s
    at = language.time((change.at.ToDatetime() + timedelta(seconds=change.before_s)).time())
    length = _length_told(abs(moved), language)
    if moved > 0:
        return language.say("At %(at)s the clocks are put forward by %(length)s.", at=at, length=length)
    return language.say("At %(at)s the clocks are put back by %(length)s.", at=at, length=length)


def _length_told(seconds: int, language: Language) -> str:
    hours, minutes = divmod(seconds // 60, 60)
    parts = []
    if hours:
        parts.append(language.say_of(hours, "%(num)d hour", "%(num)d hours"))
    if minutes or not hours:
        parts.append(language.say_of(minutes, "%(num)d minute", "%(num)d minutes"))
    return " ".join(parts)


def _span_told(span: pb.AgendaSpan, language: Language) -> str:
    return span_told(_wall(span.opens_local), _wall(span.closes_local), language)


def _wall(local: str) -> datetime:
    return datetime.fromisoformat(local).replace(tzinfo=None)
