"""The days to come of one person as lines to read: when they will be called, and why then. Pure.

Times are those of the person's own clock, as window-scheduler says them. No name and no number is told.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from chassis.time_zones import zone_or_utc
from daybook.scheduler.v1 import scheduler_pb2 as pb
from daybook_cli.wording import counted, moment, outcome_told
from daybook_cli.wording import span as span_told

FORBIDDEN: Mapping[pb.WindowStanding.ValueType, str] = {
    pb.WINDOW_STANDING_OPTED_OUT: "Nobody calls this person: they opted out.",
    pb.WINDOW_STANDING_NO_CONSENT: "Nobody calls this person: they have not consented to be called.",
    pb.WINDOW_STANDING_UNKNOWN_TIME_ZONE: (
        "Nobody calls this person: their time zone is not known, so no window ever opens. Change it: `daybook person change`."
    ),
}

ROLES: Mapping[pb.ChanceRole.ValueType, str] = {
    pb.CHANCE_ROLE_CALL: "the day's call comes from here",
    pb.CHANCE_ROLE_SCHEDULED: "the day's call is scheduled for it",
    pb.CHANCE_ROLE_CALLED: "the day's call was dialed",
    pb.CHANCE_ROLE_RESERVE: "only if nobody dials the day's call before",
    pb.CHANCE_ROLE_NOT_NEEDED: "no call: the day has its call from another window",
    pb.CHANCE_ROLE_OVER: "over, without a call",
    pb.CHANCE_ROLE_QUIET: "no call: all of it lies in the quiet hours",
    pb.CHANCE_ROLE_FORBIDDEN: "no call",
}

ABSENT: Mapping[pb.WindowStanding.ValueType, str] = {
    pb.WINDOW_STANDING_OTHER_WEEK: "does not open in this week",
    pb.WINDOW_STANDING_EXCEPTED: "does not open: the day is one of its exceptions",
    pb.WINDOW_STANDING_PAUSED: "does not open: it is paused",
    pb.WINDOW_STANDING_SKIPPED_BY_CLOCK: "does not open: a clock change takes it out of this day",
}


@dataclass(frozen=True)
class Line:
    """One line of a day.

    Attributes:
        day: the local day, on its first line; empty on those that follow.
        times: from when to when, where the line is about such.
        is_next: the next call comes from here.
    """

    day: str
    times: str
    sentence: str
    is_next: bool = False


def headline(agenda: pb.GetAgendaResponse, days: int) -> str:
    """When the next call will be, in a sentence or two."""
    now = f" In {agenda.time_zone} it is {_clock(agenda.local_time)} now." if agenda.local_time else ""
    return f"{_next_call(agenda, days)}{now}"


def _next_call(agenda: pb.GetAgendaResponse, days: int) -> str:
    if agenda.forbidden_by in FORBIDDEN:
        return FORBIDDEN[agenda.forbidden_by]
    if not agenda.windows:
        return "No call is to come: this person has no call window. Book one: `daybook window add`."
    if agenda.HasField("next_call"):
        span = agenda.next_call.span
        return f"The next call: {_day(span.opens_local[:10])}, {_times(span)}."
    to_come = [moment(window.next_opens_at) for window in agenda.windows if window.HasField("next_opens_at")]
    if not to_come:
        return "No call is to come: no window of this person opens again."
    opens = min(to_come).astimezone(zone_or_utc(agenda.time_zone))
    return f"No call is to come within {counted(days, 'day')}; a window opens next on {opens:%a %Y-%m-%d at %H:%M}."


def agenda_lines(agenda: pb.GetAgendaResponse) -> list[Line]:
    """All days of which there is something to tell."""
    windows = {window.window_id: window for window in agenda.windows}
    upcoming = agenda.next_call.span if agenda.HasField("next_call") else None
    lines: list[Line] = []
    for day in agenda.days:
        name = _day(day.local_day)
        for line in _lines_of(day, windows, upcoming, agenda.time_zone):
            lines.append(Line(name, line.times, line.sentence, line.is_next))
            name = ""
    return lines


def _lines_of(
    day: pb.AgendaDay, windows: Mapping[str, pb.CallWindow], upcoming: pb.AgendaSpan | None, time_zone: str
) -> Iterator[Line]:
    if day.left_out:
        yield Line("", "", "The calendar of this time zone leaves the day out.")
    if day.HasField("clock_change"):
        yield Line("", "", _change(day.clock_change, date.fromisoformat(day.local_day)))
    for test in day.test_calls:
        yield _asked(test, time_zone)
    for chance in day.chances:
        words = [ROLES.get(chance.role, "in a way that this command does not know")]
        if chance.role == pb.CHANCE_ROLE_CALLED and day.call.HasField("finished_at"):
            words = ["the day's call was dialed, and has ended"]
        if chance.quiet and chance.role != pb.CHANCE_ROLE_QUIET:
            words.append("a part of it lies in the quiet hours, in which nobody is called")
        yield Line("", _times(chance.span), _sentence(words), is_next=chance.span == upcoming)
        for opening in chance.openings:
            yield from _notes(opening, windows[opening.window_id].times)
    if not day.chances and day.HasField("call"):
        yield Line("", "", "The day has its call, from a window that is there no more.")
    for absence in day.absences:
        yield Line("", "", f"Window {_named(windows[absence.window_id])} {_absence(absence, windows)}.")


def _asked(call: pb.ScheduledCall, time_zone: str) -> Line:
    times = span_told(moment(call.not_before), moment(call.not_after), time_zone)
    how = f"it ended as {outcome_told(call.outcome)}" if call.HasField("finished_at") else "it has not ended"
    kind = "call for signing in" if call.for_sign_in else "test call"
    return Line("", times, f"A {kind}, which is not the day's: {how}.")


def _sentence(words: list[str]) -> str:
    sentence = "; ".join(words)
    return f"{sentence[0].upper()}{sentence[1:]}."


def _absence(absence: pb.AgendaAbsence, windows: Mapping[str, pb.CallWindow]) -> str:
    why = ABSENT.get(absence.standing, "does not open, for a reason that this command does not know")
    until = windows[absence.window_id].times.weekly.paused_until
    return f"{why} until {until}" if absence.standing == pb.WINDOW_STANDING_PAUSED and until else why


def _notes(opening: pb.AgendaOpening, times: pb.WindowTimes) -> Iterator[Line]:
    opens, closes = _clock(opening.span.opens_local), _clock(opening.span.closes_local)
    sentences = {
        pb.CLOCK_NOTE_START_SKIPPED: f"The clocks skip {times.starts_at}: it opens when they say {opens}.",
        pb.CLOCK_NOTE_START_TWICE: f"{times.starts_at} comes twice: it opens at the first.",
        pb.CLOCK_NOTE_END_SKIPPED: f"The clocks skip {times.ends_at}: it closes when they say {closes}.",
        pb.CLOCK_NOTE_END_TWICE: f"{times.ends_at} comes twice: it closes at the first.",
        pb.CLOCK_NOTE_END_MOVED: f"The clocks skip all of it: it keeps its length, and closes when they say {closes}.",
        pb.CLOCK_NOTE_LONGER: f"It is open for {_length(opening.longer_by_s)} longer than on other days.",
        pb.CLOCK_NOTE_SHORTER: f"It is open for {_length(-opening.longer_by_s)} less than on other days.",
    }
    for note in opening.notes:
        yield Line("", "", sentences.get(note, "A clock change does to it what this command does not know."))


def _change(change: pb.ClockChange, day: date) -> str:
    moved = change.after_s - change.before_s
    by_old_clock = change.at.ToDatetime() + timedelta(seconds=change.before_s)
    at = f"{by_old_clock:%H:%M}" if by_old_clock.date() == day else "24:00"
    way = "forward" if moved > 0 else "back"
    utc = f"from {_offset(change.before_s)} to {_offset(change.after_s)}"
    return f"At {at} the clocks are put {way} by {_length(abs(moved))}, {utc}."


def _offset(seconds: int) -> str:
    hours, minutes = divmod(abs(seconds) // 60, 60)
    return f"UTC{'-' if seconds < 0 else '+'}{hours}" + (f":{minutes:02}" if minutes else "")


def _length(seconds: int) -> str:
    hours, minutes = divmod(seconds // 60, 60)
    parts = [counted(hours, "hour") if hours else "", counted(minutes, "minute") if minutes else ""]
    return " and ".join(part for part in parts if part)


def _day(iso: str) -> str:
    return f"{date.fromisoformat(iso):%a %Y-%m-%d}"


def _named(window: pb.CallWindow) -> str:
    later = " (+1 day)" if window.times.ends_next_day else ""
    return f"{window.times.starts_at}–{window.times.ends_at}{later}"  # noqa: RUF001 - an en dash, as clocks are written


def _times(span: pb.AgendaSpan) -> str:
    opens, closes = datetime.fromisoformat(span.opens_local), datetime.fromisoformat(span.closes_local)
    later = " (+1 day)" if closes.date() > opens.date() else ""
    return f"{opens:%H:%M}–{closes:%H:%M}{later}"  # noqa: RUF001 - an en dash, as clocks are written


def _clock(local: str) -> str:
    return f"{datetime.fromisoformat(local):%H:%M}"
