"""When a person will be called on the days to come, and why then. Pure.

It says beforehand what `planning` will decide, as far as it can be known: a day's call comes from the first of its chances
that is still to come, and where nobody dials it there, from the next one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from window_scheduler.calling_hours import CallingHours
from window_scheduler.chances import Chance, chances_on
from window_scheduler.clock_notes import ClockChange, ClockNote, change_on, has_day, longer_by, notes_on
from window_scheduler.planning import StandingCall
from window_scheduler.windows import Absence, Occurrence, WindowTimes, occurrence_on

_ONE_DAY = timedelta(days=1)
_TELLING = frozenset({Absence.OTHER_WEEK, Absence.EXCEPTED, Absence.PAUSED, Absence.SKIPPED_BY_CLOCK})
"""Who reads an agenda may have expected the window on such a day; not so on another weekday, or outside of its dates."""


class ChanceRole(StrEnum):
    """What a chance is to the call of its day, named as in ChanceRole of proto/daybook/scheduler/v1, which says more."""

    CALL = "call"
    SCHEDULED = "scheduled"
    CALLED = "called"
    RESERVE = "reserve"
    NOT_NEEDED = "not_needed"
    OVER = "over"
    QUIET = "quiet"
    FORBIDDEN = "forbidden"


_TAKEN = frozenset({ChanceRole.CALL, ChanceRole.SCHEDULED})


@dataclass(frozen=True)
class BookedWindow:
    """A window, and the local day of the opening that a tick is to look at next; none where it never opens again."""

    times: WindowTimes
    next_day: date | None


@dataclass(frozen=True)
class Opening:
    """An opening of one window, with what a clock change does to it."""

    window_id: UUID
    occurrence: Occurrence
    notes: tuple[ClockNote, ...]
    longer_by: timedelta


@dataclass(frozen=True)
class AgendaChance:
    """A chance to be called.

    Attributes:
        quiet: a part of it, or all of it, lies in the person's quiet hours.
        openings: that it is made of.
    """

    chance: Chance
    role: ChanceRole
    quiet: bool
    openings: tuple[Opening, ...]


@dataclass(frozen=True)
class AgendaDay:
    """A local day.

    Attributes:
        left_out: the zone's calendar does not have it.
        absences: by its id, why a window does not open that one may have expected.
    """

    day: date
    left_out: bool
    change: ClockChange | None
    chances: tuple[AgendaChance, ...]
    absences: Mapping[UUID, Absence]


@dataclass(frozen=True)
class Terms:
    """Under which a person is called.

    Attributes:
        forbidden: they are not called at all, whatever their windows say.
        now: aware.
    """

    zone: ZoneInfo
    hours: CallingHours
    forbidden: bool
    now: datetime


def agenda(
    windows: Mapping[UUID, BookedWindow], calls: Mapping[date, StandingCall], terms: Terms, *, days: int
) -> Sequence[AgendaDay]:
    """So many local days from today on; and yesterday, where a chance of it is open still.

    Args:
        windows: all of the person's, by their ids.
        calls: those that stand, by their local days.
        terms: what holds for all of it.
        days: how many.
    """
    today = terms.now.astimezone(terms.zone).date()
    told = [_day(today + number * _ONE_DAY, windows, calls, terms) for number in range(-1, days)]
    if not any(each.chance.closes_at > terms.now for each in told[0].chances):
        del told[0]
    return told


def next_call(days: Sequence[AgendaDay]) -> AgendaChance | None:
    """The chance that the next call is to come from."""
    chances = (chance for day in days for chance in day.chances)
    return next((chance for chance in chances if chance.role in _TAKEN), None)


def _day(
    day: date, windows: Mapping[UUID, BookedWindow], calls: Mapping[date, StandingCall], terms: Terms
) -> AgendaDay:
    zone = terms.zone
    on_day = {window_id: occurrence_on(day, window.times, zone) for window_id, window in windows.items()}
    openings = {
        window_id: _opening(window_id, occurrence, windows[window_id].times, zone)
        for window_id, occurrence in on_day.items()
        if isinstance(occurrence, Occurrence)
    }
    chances = chances_on(day, {window_id: window.times for window_id, window in windows.items()}, zone)
    told: list[AgendaChance] = []
    for chance in chances:
        quiet = _quiet_parts(chance, terms)
        awaited = any((following := windows[each].next_day) and following <= day for each in chance.window_ids)
        taken = any(each.role in _TAKEN for each in told)
        role = _role(chance, calls.get(day), chances, terms, awaited=awaited, all_quiet=quiet == {True}, taken=taken)
        its_own = tuple(openings[each] for each in chance.window_ids)
        told.append(AgendaChance(chance, role, quiet=True in quiet, openings=its_own))
    return AgendaDay(
        day=day,
        left_out=not has_day(day, zone),
        change=change_on(day, zone),
        chances=tuple(told),
        absences={
            window_id: absence
            for window_id, absence in on_day.items()
            if isinstance(absence, Absence) and absence in _TELLING
        },
    )


def _role(
    chance: Chance,
    call: StandingCall | None,
    chances: Sequence[Chance],
    terms: Terms,
    *,
    awaited: bool,
    all_quiet: bool,
    taken: bool,
) -> ChanceRole:
    """What a chance is to its day's call.

    Args:
        chance: the one in question.
        call: the day's, where one stands.
        chances: all of the day.
        terms: what holds for the person.
        awaited: a tick is still to look at it.
        all_quiet: all of it lies in the quiet hours.
        taken: an earlier chance of the day has the call, or is to have it.
    """
    if call is not None and call.dialed:
        return ChanceRole.CALLED if _is_for(call, chance) else ChanceRole.NOT_NEEDED
    if chance.closes_at <= terms.now:
        return ChanceRole.OVER
    if terms.forbidden:
        return ChanceRole.FORBIDDEN
    if all_quiet:
        return ChanceRole.QUIET
    stands = call if call is not None and not call.finished and call.not_after > terms.now else None
    if stands is not None and _is_for(stands, chance):
        return ChanceRole.SCHEDULED
    if not awaited:
        return ChanceRole.OVER
    if stands is not None and chance.opens_at < stands.not_before and any(_is_for(stands, each) for each in chances):
        return ChanceRole.NOT_NEEDED  # the call is not moved back to it
    return ChanceRole.RESERVE if taken else ChanceRole.CALL


def _is_for(call: StandingCall, chance: Chance) -> bool:
    return (call.not_before, call.not_after) == (chance.opens_at, chance.closes_at)


def _opening(window_id: UUID, occurrence: Occurrence, times: WindowTimes, zone: ZoneInfo) -> Opening:
    return Opening(window_id, occurrence, notes_on(occurrence, times, zone), longer_by(occurrence, times))


def _quiet_parts(chance: Chance, terms: Terms) -> set[bool]:
    """Whether a chance lies in the quiet hours; both where a part of it does.

    It can change only where the clock comes to one of their ends, or is changed.
    """
    zone, hours = terms.zone, terms.hours
    first, last = chance.opens_at.astimezone(zone).date(), chance.closes_at.astimezone(zone).date()
    turns = {chance.opens_at}
    for number in range((last - first).days + 1):
        day = first + number * _ONE_DAY
        for local in (hours.start, hours.end):
            turns |= {datetime.combine(day, local, tzinfo=zone).replace(fold=fold).astimezone(UTC) for fold in (0, 1)}
        if (change := change_on(day, zone)) is not None:
            turns.add(change.at)
    within = [at for at in turns if chance.opens_at <= at < chance.closes_at]
    return {not hours.hold(at.astimezone(zone).time()) for at in within}
