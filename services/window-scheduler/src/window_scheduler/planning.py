"""What is to be done about a window that is due: call, or not, and when it is due again. Pure.

A day has one call, whichever window it comes from. It belongs to a *chance*: an opening, or several that touch (`chances`).
As long as nobody was allowed to dial it, the call may still be moved to another chance of that day:

- its own is over, and another one comes: the day's first window was missed, or refused for a reason that holds no more;
- its own is no chance any more: the window was changed or deleted, the person lives in another zone, a zone changed its
  rules.

Once it was dialed, the day has had its call. An opening that a tick sees ahead of time, while the call may still be dialed in
the chance before it, is looked at again by the next tick.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from window_scheduler.chances import Chance, chances_on
from window_scheduler.windows import Occurrence, WindowTimes, first_occurrence, next_occurrence

_ONE_DAY = timedelta(days=1)
NAMESPACE_DAYBOOK_CALL = UUID("6f1c8b1e-4a43-5c0e-9d53-0d6b8a1f7c2e")


class Decision(StrEnum):
    """What was decided about one opening of a window, named as in WindowDecisionKind of proto/daybook/scheduler/v1."""

    SCHEDULED = "scheduled"
    MOVED = "moved"
    """The day's call, which nobody had dialed, is for this opening now."""
    MERGED = "merged"
    """The day's call is for a chance that this opening is a part of."""
    CALLED_ALREADY = "called_already"
    """This local day has its call: by another window, or by this one before its times were changed."""
    OPTED_OUT = "opted_out"
    NO_CONSENT = "no_consent"
    UNKNOWN_TIME_ZONE = "unknown_time_zone"
    MISSED_NO_TICK = "missed_no_tick"
    MISSED_TICK_FAILED = "missed_tick_failed"


MISSED = frozenset({Decision.MISSED_NO_TICK, Decision.MISSED_TICK_FAILED})
CALLS = frozenset({Decision.SCHEDULED, Decision.MOVED})


@dataclass(frozen=True)
class DueWindow:
    """A window whose next opening has come, with what its person's rows say.

    Attributes:
        zone: the person's; none where it is not known.
        occurrence: the opening that is due, as it was stored.
        rules_changed: it was stored by other rules of its zone than those that hold now.
        others: the person's other windows.
    """

    window_id: UUID
    person_id: UUID
    times: WindowTimes
    zone: ZoneInfo | None
    consented: bool
    opted_out: bool
    occurrence: Occurrence
    rules_changed: bool
    others: Mapping[UUID, WindowTimes]


@dataclass(frozen=True)
class PlannedCall:
    """The call that an opening of a window asks for.

    Attributes:
        occurrence: the opening.
        chance: the stretch of time that the opening is in; the call is for all of it.
        other_chances: of the same day.
    """

    call_id: UUID
    person_id: UUID
    window_id: UUID
    occurrence: Occurrence
    chance: Chance
    other_chances: tuple[Chance, ...]


@dataclass(frozen=True)
class WindowPlan:
    """What becomes of one due window.

    Attributes:
        over: openings that were over before anyone looked.
        current: the opening that is due now; none where there is none.
        call: the call for it; none where it is declined.
        declined: why no opening of this window brings a call.
        next: when the window is due again; none where it never is.
    """

    window: DueWindow
    over: tuple[Occurrence, ...]
    current: Occurrence | None
    call: PlannedCall | None
    declined: Decision | None
    next: Occurrence | None


@dataclass(frozen=True)
class StandingCall:
    """The call that a day has already, as far as it bears on moving it.

    Attributes:
        dialed: somebody was allowed to dial it.
        finished: it has ended.
    """

    call_id: UUID
    window_id: UUID
    not_before: datetime
    not_after: datetime
    dialed: bool
    finished: bool
    revision: int


def call_id_of(person_id: UUID, local_day: date) -> UUID:
    """The id of a person's call on a local day: the same whoever computes it, however often (promise 1)."""
    return uuid5(NAMESPACE_DAYBOOK_CALL, f"{person_id}/{local_day.isoformat()}")


def plan(window: DueWindow, *, now: datetime, until: datetime) -> WindowPlan:
    """What to do about a due window.

    Args:
        window: as it was claimed.
        now: aware.
        until: openings up to here are scheduled; whoever looks next begins there.
    """
    zone = window.zone
    if zone is None:
        return WindowPlan(window, (), window.occurrence, call=None, declined=Decision.UNKNOWN_TIME_ZONE, next=None)
    over: list[Occurrence] = []
    current: Occurrence | None = window.occurrence
    if window.rules_changed:
        current = first_occurrence(window.times, zone, window.occurrence.local_day)
    while current is not None and current.closes_at <= now:
        over.append(current)
        # not the next day: it may have been an opening by earlier times, and today's by the new ones is yet to come
        current = next_occurrence(window.times, zone, current.closes_at)
    declined = _declined(window)
    if current is None or current.opens_at > until:
        return WindowPlan(window, tuple(over), None, call=None, declined=declined, next=current)
    following = first_occurrence(window.times, zone, current.local_day + _ONE_DAY)
    call = None if declined else _call(window, current, zone)
    return WindowPlan(window, tuple(over), current, call=call, declined=declined, next=following)


def _declined(window: DueWindow) -> Decision | None:
    if window.opted_out:
        return Decision.OPTED_OUT
    return None if window.consented else Decision.NO_CONSENT


def _call(window: DueWindow, current: Occurrence, zone: ZoneInfo) -> PlannedCall:
    day = current.local_day
    if window.others:
        chances = chances_on(day, {window.window_id: window.times, **window.others}, zone)
    else:
        chances = (Chance(day, current.opens_at, current.closes_at, (window.window_id,)),)
    own = next(chance for chance in chances if window.window_id in chance.window_ids)
    return PlannedCall(
        call_id=call_id_of(window.person_id, day),
        person_id=window.person_id,
        window_id=window.window_id,
        occurrence=current,
        chance=own,
        other_chances=tuple(chance for chance in chances if chance is not own),
    )


def awaits(call: PlannedCall, standing: StandingCall, *, now: datetime) -> bool:
    """Whether a planned call comes too early to say: the day's call may be dialed still in the chance before this one."""
    before = any(
        (standing.not_before, standing.not_after) == (chance.opens_at, chance.closes_at)
        for chance in call.other_chances
        if chance.closes_at < call.chance.opens_at
    )
    return before and not standing.dialed and not standing.finished and standing.not_after > now


def settle(call: PlannedCall, standing: StandingCall, *, now: datetime) -> Decision | None:
    """What becomes of a planned call whose day has a call already; None where that one is this very call."""
    alike = (standing.not_before, standing.not_after) == (call.chance.opens_at, call.chance.closes_at)
    if not standing.dialed:
        over = standing.finished or standing.not_after <= now
        times = {(chance.opens_at, chance.closes_at) for chance in call.other_chances}
        if over or not (alike or (standing.not_before, standing.not_after) in times):
            return Decision.MOVED
    if not alike:
        return Decision.CALLED_ALREADY
    return None if standing.window_id == call.window_id else Decision.MERGED


def why_over(opening: Occurrence, *, called: bool, ticks: Collection[datetime], period: timedelta) -> Decision:
    """What is to be said of an opening that was over before any tick came to it.

    Args:
        opening: of somebody who may be called.
        called: its day has a call.
        ticks: when ticks began.
        period: how early a tick sees an opening.
    """
    if called:
        return Decision.CALLED_ALREADY
    in_time = any(opening.opens_at - period <= start < opening.closes_at for start in ticks)
    return Decision.MISSED_TICK_FAILED if in_time else Decision.MISSED_NO_TICK
