"""May this call be dialed now? Promise 2, asked again right before each dial. Pure. In doubt: no."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from window_scheduler.calling_hours import CallingHours
from window_scheduler.chances import chances_on
from window_scheduler.windows import WindowTimes


@dataclass(frozen=True)
class DialingRules:
    """What the operator has set.

    Attributes:
        calling_hours: of all who have chosen none of their own; outside of them are the quiet hours.
        dials_a_day: how often a person is dialed on one local day at most, retries included; as often for test calls, and as
            often for signing in.
    """

    calling_hours: CallingHours
    dials_a_day: int


class Refusal(StrEnum):
    """The rule that forbids a dial, named as in DialRefusal of proto/daybook/scheduler/v1."""

    WINDOW_NOT_OPEN = "window_not_open"
    WINDOW_CLOSED = "window_closed"
    QUIET_HOURS = "quiet_hours"
    NO_CONSENT = "no_consent"
    OPTED_OUT = "opted_out"
    DAILY_CAP = "daily_cap"
    WINDOW_DELETED = "window_deleted"
    CALL_FINISHED = "call_finished"
    UNKNOWN_TIME_ZONE = "unknown_time_zone"


@dataclass(frozen=True)
class Refused:
    """No dial, and by which rule. `retry_at` is set where the rule will let it pass later, before the window closes."""

    refusal: Refusal
    retry_at: datetime | None = None


@dataclass(frozen=True)
class Allowed:
    """The call may be dialed now."""


@dataclass(frozen=True)
class DialQuestion:
    """Everything that bears on one dial, as it stands now.

    Attributes:
        local_day: the day that the call is for.
        not_before, not_after: as the call was scheduled.
        finished: the call has come to its end already.
        window_id: the window that the call came from; none where somebody asked for it: it is held to its own times alone,
        windows: and the times of all the person's windows as they are now, by their ids.
        in_quiet_hours: who asked for the test call asked for it in quiet hours too.
        zone: the person's, as it is now; none where it is not known.
        calling_hours: the person's own, as they are now; none where they have chosen none.
        dialed_at: when this person's other attempts of late were allowed, at calls of the same kind (the day's, for a test, for
            signing in); two days back are enough.
    """

    local_day: date
    not_before: datetime
    not_after: datetime
    finished: bool
    window_id: UUID | None
    windows: Mapping[UUID, WindowTimes]
    in_quiet_hours: bool
    zone: ZoneInfo | None
    calling_hours: CallingHours | None
    consented: bool
    opted_out: bool
    dialed_at: tuple[datetime, ...]


def may_dial(question: DialQuestion, rules: DialingRules, now: datetime) -> Allowed | Refused:
    """Whether this call may be dialed at `now` (aware, UTC)."""
    if question.finished:
        return Refused(Refusal.CALL_FINISHED)
    if question.opted_out:
        return Refused(Refusal.OPTED_OUT)
    if not question.consented:
        return Refused(Refusal.NO_CONSENT)
    zone = question.zone
    if zone is None:
        return Refused(Refusal.UNKNOWN_TIME_ZONE)
    # the times as they were promised to the dispatcher, and as the person wants them now: both must be open
    open_times = _open_times(question, zone, now)
    if open_times is None:
        deleted = question.window_id is not None and question.window_id not in question.windows
        return Refused(Refusal.WINDOW_DELETED if deleted else Refusal.WINDOW_CLOSED)
    opens_at, closes_at = open_times
    if now < opens_at:
        return Refused(Refusal.WINDOW_NOT_OPEN, retry_at=opens_at)
    local = now.astimezone(zone)
    hours = question.calling_hours or rules.calling_hours
    if not (question.in_quiet_hours or hours.hold(local.time())):
        return Refused(Refusal.QUIET_HOURS, retry_at=hours.next_after(now, zone, until=closes_at))
    dialed_today = [at for at in question.dialed_at if at.astimezone(zone).date() == local.date()]
    if len(dialed_today) >= rules.dials_a_day:
        return Refused(Refusal.DAILY_CAP)
    return Allowed()


def _open_times(question: DialQuestion, zone: ZoneInfo, now: datetime) -> tuple[datetime, datetime] | None:
    """The first stretch of time that is not over, in which the call was promised and is wanted still."""
    if question.window_id is None:
        return (question.not_before, question.not_after) if now < question.not_after else None
    for chance in chances_on(question.local_day, question.windows, zone):
        opens_at = max(question.not_before, chance.opens_at)
        closes_at = min(question.not_after, chance.closes_at)
        if now < closes_at and opens_at < closes_at:
            return opens_at, closes_at
    return None
