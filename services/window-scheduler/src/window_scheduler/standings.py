"""How a window stands on one of its person's days, and why that day has a call from it, or none. Pure.

It is decided from what is stored now. What a tick decided then, from what was stored then, leaves no trace of its own but the
call: where something has changed since, the answer is `PASSED_BY`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

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


@dataclass(frozen=True)
class OpenWindow:
    """A window that is open now.

    Attributes:
        called: its person's local day has a call from this window.
        called_by_another: it has one from another.
        awaits_tick: no tick has looked at this opening yet.
    """

    called: bool
    called_by_another: bool
    opted_out: bool
    consented: bool
    awaits_tick: bool


@dataclass(frozen=True)
class WindowOnDay:
    """A window as it is booked now, on one local day.

    Attributes:
        occurrence: how it opens on that day, or why it does not; none where the person's zone is not known.
        booked_at: when it was made; times are aware.
        next_opens_at: the opening that a tick is to look at next; none where it never opens again.
        ticks: when ticks began around that opening.
        called, called_by_another: as in `OpenWindow`.
    """

    occurrence: Occurrence | Absence | None
    booked_at: datetime
    next_opens_at: datetime | None
    ticks: tuple[datetime, ...]
    opted_out_at: datetime | None
    consent_given_at: datetime | None
    called: bool
    called_by_another: bool


def standing_now(window: OpenWindow) -> Standing:
    """How a window stands that is open now."""
    told = _told_by_person(
        called=window.called,
        called_by_another=window.called_by_another,
        opted_out=window.opted_out,
        consented=window.consented,
    )
    return told or (Standing.DUE if window.awaits_tick else Standing.PASSED_BY)


def standing_on_day(window: WindowOnDay, *, now: datetime, tick_period: timedelta) -> Standing:
    """How a window stands on a day, past or to come.

    Args:
        window: all that bears on it.
        now: aware.
        tick_period: how long before an opening a tick schedules its call.
    """
    if window.occurrence is None:
        return Standing.UNKNOWN_TIME_ZONE
    if isinstance(window.occurrence, Absence):
        return Standing(window.occurrence.value)
    opens_at, closes_at = window.occurrence.opens_at, window.occurrence.closes_at
    told = _told_by_person(
        called=window.called,
        called_by_another=window.called_by_another,
        opted_out=window.opted_out_at is not None and window.opted_out_at < closes_at,
        consented=window.consent_given_at is not None and window.consent_given_at < closes_at,
    )
    if told is not None:
        return told
    if window.next_opens_at is not None and window.next_opens_at <= opens_at:
        if now >= closes_at:
            return Standing.MISSED
        return Standing.DUE if now >= opens_at - tick_period else Standing.NOT_OPEN_YET
    if window.booked_at >= closes_at:
        return Standing.BOOKED_TOO_LATE
    looked = any(opens_at - tick_period <= tick < closes_at for tick in window.ticks)
    return Standing.PASSED_BY if looked or now < closes_at else Standing.MISSED


def _told_by_person(*, called: bool, called_by_another: bool, opted_out: bool, consented: bool) -> Standing | None:
    if called:
        return Standing.CALLED
    if called_by_another:
        return Standing.CALLED_BY_ANOTHER
    if opted_out:
        return Standing.OPTED_OUT
    return None if consented else Standing.NO_CONSENT
