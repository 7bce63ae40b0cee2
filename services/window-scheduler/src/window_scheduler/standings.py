"""How a window stands on one of its person's days, and why that day has a call from it, or none. Pure.

What was decided about an opening then is on record, and is the answer for as long as the window still opens so. Where there is
no record of it, because the window was changed since or the day is too long ago, it is told from what is stored now, as far as
that tells it; else it is `PASSED_BY`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from window_scheduler.planning import Decision
from window_scheduler.windows import Absence, Occurrence


class Standing(StrEnum):
    """Named as in WindowStanding of proto/daybook/scheduler/v1, which says what each means."""

    CALLED = "called"
    CALLED_BY_ANOTHER = "called_by_another"
    OPTED_OUT = "opted_out"
    NO_CONSENT = "no_consent"
    UNKNOWN_TIME_ZONE = "unknown_time_zone"
    OTHER_DAY = "other_day"
    SKIPPED_BY_CLOCK = "skipped_by_clock"
    NOT_OPEN_YET = "not_open_yet"
    DUE = "due"
    MISSED = "missed"
    BOOKED_TOO_LATE = "booked_too_late"
    PASSED_BY = "passed_by"
    OTHER_WEEK = "other_week"
    OUT_OF_DATES = "out_of_dates"
    EXCEPTED = "excepted"
    PAUSED = "paused"


_DECIDED = {
    Decision.MERGED: Standing.CALLED_BY_ANOTHER,
    Decision.CALLED_ALREADY: Standing.CALLED_BY_ANOTHER,
    Decision.OPTED_OUT: Standing.OPTED_OUT,
    Decision.NO_CONSENT: Standing.NO_CONSENT,
    Decision.UNKNOWN_TIME_ZONE: Standing.UNKNOWN_TIME_ZONE,
    Decision.MISSED_NO_TICK: Standing.MISSED,
    Decision.MISSED_TICK_FAILED: Standing.MISSED,
}
"""Those without a call of their own."""


@dataclass(frozen=True)
class OpenWindow:
    """A window that is open now.

    Attributes:
        called: its person's local day has a call from this window.
        called_by_another: it has one from another.
        decision: what was decided about this opening; none where it is still to be looked at.
    """

    called: bool
    called_by_another: bool
    opted_out: bool
    consented: bool
    decision: Decision | None


@dataclass(frozen=True)
class WindowOnDay:
    """A window as it is booked now, on one local day.

    Attributes:
        occurrence: how it opens on that day, or why it does not; none where the person's zone is not known.
        booked_at: when it was made; times are aware.
        next_opens_at: the opening that a tick is to look at next; none where it never opens again.
        decision: the last one about that very opening; none where none is on record.
        ticks: when ticks began around that opening.
        called, called_by_another: as in `OpenWindow`.
    """

    occurrence: Occurrence | Absence | None
    booked_at: datetime
    next_opens_at: datetime | None
    decision: Decision | None
    ticks: tuple[datetime, ...]
    opted_out_at: datetime | None
    consent_given_at: datetime | None
    called: bool
    called_by_another: bool


def standing_now(window: OpenWindow) -> Standing:
    """How a window stands that is open now."""
    if window.called:
        return Standing.CALLED
    if window.called_by_another:
        return Standing.CALLED_BY_ANOTHER
    forbidden = _told_by_person(opted_out=window.opted_out, consented=window.consented)
    if forbidden is not None:
        return forbidden
    return Standing.DUE if window.decision is None else _DECIDED.get(window.decision, Standing.PASSED_BY)


def standing_on_day(window: WindowOnDay, *, now: datetime, tick_period: timedelta) -> Standing:
    """How a window stands on a day, past or to come.

    Args:
        window: all that bears on it.
        now: aware.
        tick_period: how long before an opening a tick schedules its call.
    """
    if window.called:
        return Standing.CALLED  # also where it does not open on that day any more
    if window.occurrence is None:
        return Standing.UNKNOWN_TIME_ZONE
    if isinstance(window.occurrence, Absence):
        return Standing(window.occurrence.value)
    if window.called_by_another:
        return Standing.CALLED_BY_ANOTHER
    opens_at, closes_at = window.occurrence.opens_at, window.occurrence.closes_at
    awaited = window.next_opens_at is not None and window.next_opens_at <= opens_at
    if not awaited and window.decision in _DECIDED:
        return _DECIDED[window.decision]
    forbidden = _told_by_person(
        opted_out=window.opted_out_at is not None and window.opted_out_at < closes_at,
        consented=window.consent_given_at is not None and window.consent_given_at < closes_at,
    )
    if forbidden is not None:
        return forbidden
    if awaited:
        if now >= closes_at:
            return Standing.MISSED
        return Standing.DUE if now >= opens_at - tick_period else Standing.NOT_OPEN_YET
    if window.booked_at >= closes_at:
        return Standing.BOOKED_TOO_LATE
    looked = any(opens_at - tick_period <= tick < closes_at for tick in window.ticks)
    return Standing.PASSED_BY if looked or now < closes_at else Standing.MISSED


def _told_by_person(*, opted_out: bool, consented: bool) -> Standing | None:
    if opted_out:
        return Standing.OPTED_OUT
    return None if consented else Standing.NO_CONSENT
