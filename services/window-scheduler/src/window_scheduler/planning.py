"""What is to be done about a window that is due: call, or not, and when it is due again. Pure."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid5

from window_scheduler.time_zones import zone_named
from window_scheduler.windows import Occurrence, WindowTimes, next_occurrence

NAMESPACE_DAYBOOK_CALL = UUID("6f1c8b1e-4a43-5c0e-9d53-0d6b8a1f7c2e")


class Declined(StrEnum):
    """Why an open window brings no call."""

    NO_CONSENT = "no_consent"
    OPTED_OUT = "opted_out"
    UNKNOWN_TIME_ZONE = "unknown_time_zone"
    CALLED_ALREADY = "called_already"
    """This local day has its call: by another window, or by this one before its times were changed."""


@dataclass(frozen=True)
class DueWindow:
    """A window whose next opening has come, with what its person's row says."""

    window_id: UUID
    person_id: UUID
    times: WindowTimes
    time_zone: str
    consented: bool
    opted_out: bool
    occurrence: Occurrence


@dataclass(frozen=True)
class PlannedCall:
    """The call that an opening of a window asks for. It is made unless that local day has one already."""

    call_id: UUID
    person_id: UUID
    window_id: UUID
    occurrence: Occurrence


@dataclass(frozen=True)
class WindowPlan:
    """What becomes of one due window.

    Attributes:
        missed: openings that were over before anyone looked.
        call: the call for the opening that is due now; none where there is none due, or where it is declined.
        declined: why the opening that is due brings no call.
        next: when the window is due again; none where it never is.
    """

    window: DueWindow
    missed: tuple[Occurrence, ...]
    call: PlannedCall | None
    declined: Declined | None
    next: Occurrence | None


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
    zone = zone_named(window.time_zone)
    if zone is None:
        return WindowPlan(window, missed=(), call=None, declined=Declined.UNKNOWN_TIME_ZONE, next=None)
    missed: list[Occurrence] = []
    current: Occurrence | None = window.occurrence
    while current is not None and current.closes_at <= now:
        missed.append(current)
        current = next_occurrence(window.times, zone, current.closes_at)
    declined = _declined(window)
    noted = () if declined else tuple(missed)
    if current is None or current.opens_at > until:
        return WindowPlan(window, missed=noted, call=None, declined=None, next=current)
    following = next_occurrence(window.times, zone, current.closes_at)
    if declined:
        return WindowPlan(window, missed=noted, call=None, declined=declined, next=following)
    call = PlannedCall(call_id_of(window.person_id, current.local_day), window.person_id, window.window_id, current)
    return WindowPlan(window, missed=noted, call=call, declined=None, next=following)


def _declined(window: DueWindow) -> Declined | None:
    if window.opted_out:
        return Declined.OPTED_OUT
    return None if window.consented else Declined.NO_CONSENT
