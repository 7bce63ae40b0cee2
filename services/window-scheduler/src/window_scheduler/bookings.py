"""What may be booked as a call window. Pure.

What is booked opens at least once more; what never can is refused with the reason. What has no effect yet is kept as it was
told: a day that is excepted stays so when the weekdays are changed. What has none any more is let go.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from chassis.errors import Conflict, InvalidInput
from window_scheduler.calling_hours import CallingHours, clock_time
from window_scheduler.windows import OneOff, Weekly, WindowTimes, next_occurrence

MOST_WINDOWS = 20
MOST_WEEKS = 52
MOST_EXCEPTIONS = 366
_MOST_AHEAD = timedelta(days=3653)
_EXCEPTIONS_KEPT_FOR = timedelta(days=90)
"""As long as it is kept what was decided on a day (`tick`)."""
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class RequestedWeekly:
    """Weekdays as they were sent, as ISO numbers; dates are ISO 8601, or empty for none."""

    weekdays: Sequence[int]
    every_weeks: int = 0
    first_date: str = ""
    last_date: str = ""
    except_dates: Sequence[str] = ()
    paused_until: str = ""


@dataclass(frozen=True)
class RequestedTimes:
    """The times of a window as they were sent. `days` are weekdays, or one date (ISO 8601), or not there."""

    starts_at: str
    ends_at: str
    days: RequestedWeekly | str | None
    ends_next_day: bool = False


def booked_times(
    requested: RequestedTimes, *, zone: ZoneInfo, calling_hours: CallingHours, now: datetime
) -> WindowTimes:
    """The times as they are to be kept. To ask for what was kept gives the same again.

    Args:
        requested: as they were sent.
        zone: the person's.
        calling_hours: the person's own, or the operator's.
        now: aware, UTC.

    Raises:
        InvalidInput: they cannot be right, or no call could ever be made in them.
    """
    today = now.astimezone(zone).date()
    starts_at = clock_time("times.starts_at", requested.starts_at)
    ends_at = clock_time("times.ends_at", requested.ends_at)
    if ends_at <= starts_at and not requested.ends_next_day:
        raise InvalidInput(
            "times.ends_at", "is to lie after times.starts_at; where it lies on the next day, set ends_next_day."
        )
    if ends_at > starts_at and requested.ends_next_day:
        raise InvalidInput(
            "times.ends_at",
            "lies more than 24 hours after times.starts_at; where it lies on the same day, do not set ends_next_day.",
        )
    times = WindowTimes(starts_at, ends_at, _days(requested.days, today), requested.ends_next_day)
    _check_hours(times, calling_hours)
    if next_occurrence(times, zone, now) is None:
        raise _why_never(times, zone, now, today)
    return times


def check_room(windows: int) -> None:
    """Returns where a person with so many windows may have another.

    Raises:
        Conflict: they have as many as anyone may.
    """
    if windows >= MOST_WINDOWS:
        raise Conflict(f"This person has {windows} call windows, the most there may be. Change or delete one first.")


def check_new_hours(hours: CallingHours, windows: Mapping[UUID, WindowTimes]) -> None:
    """Returns where each of a person's windows lies within the hours that they are to have.

    Raises:
        Conflict: some do not; the text names them.
    """
    outside = [str(window_id) for window_id, times in windows.items() if not hours.hold_all_of(times)]
    if outside:
        raise Conflict(
            f"The calling hours stay as they are: outside of {hours} lie the call windows {', '.join(outside)}. "
            "Change or delete these first."
        )


def _days(requested: RequestedWeekly | str | None, today: date) -> Weekly | OneOff:
    if requested is None:
        raise InvalidInput("times", "is to say the days: weekly, with its weekdays, or one_off, with its date.")
    if isinstance(requested, str):
        return OneOff(_date("times.one_off.date", requested, today))
    return _weekly(requested, today)


def _weekly(requested: RequestedWeekly, today: date) -> Weekly:
    if requested.every_weeks > MOST_WEEKS:
        raise InvalidInput("times.weekly.every_weeks", f"is to be 1 to {MOST_WEEKS}; or 0, which means 1.")
    every_weeks = requested.every_weeks or 1
    first_date = _date_if_any("times.weekly.first_date", requested.first_date, today)
    if every_weeks > 1 and first_date is None:
        first_date = today
    last_date = _date_if_any("times.weekly.last_date", requested.last_date, today)
    if first_date is not None and last_date is not None and last_date < first_date:
        raise InvalidInput(
            "times.weekly.last_date", "lies before the first date; it is to be that date or a later one."
        )
    paused_until = _date_if_any("times.weekly.paused_until", requested.paused_until, today)
    return Weekly(
        _weekdays(requested.weekdays),
        every_weeks=every_weeks,
        first_date=first_date,
        last_date=last_date,
        except_dates=_exceptions(requested.except_dates, today),
        paused_until=paused_until if paused_until is not None and paused_until > today else None,
    )


def _weekdays(numbers: Sequence[int]) -> frozenset[int]:
    weekdays = frozenset(numbers)
    if not weekdays:
        raise InvalidInput("times.weekly.weekdays", "is to name at least one weekday.")
    if not weekdays <= frozenset(range(1, 8)):
        raise InvalidInput("times.weekly.weekdays", "holds a day that is none of Monday (1) to Sunday (7).")
    return weekdays


def _exceptions(values: Sequence[str], today: date) -> frozenset[date]:
    dates = {_date(f"times.weekly.except_dates[{place}]", value, today) for place, value in enumerate(values)}
    kept = frozenset(day for day in dates if day >= today - _EXCEPTIONS_KEPT_FOR)
    if len(kept) > MOST_EXCEPTIONS:
        raise InvalidInput(
            "times.weekly.except_dates",
            f"holds {len(kept)} dates, and {MOST_EXCEPTIONS} is the most; for a longer absence, set paused_until.",
        )
    return kept


def _date_if_any(field: str, value: str, today: date) -> date | None:
    return _date(field, value, today) if value else None


def _date(field: str, value: str, today: date) -> date:
    malformed = InvalidInput(field, "is to be a date as YYYY-MM-DD, e.g. 2026-11-24.")
    if not _DATE.fullmatch(value):
        raise malformed
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise malformed from None
    if day - today > _MOST_AHEAD:
        raise InvalidInput(field, "lies more than ten years ahead.")
    return day


def _check_hours(times: WindowTimes, hours: CallingHours) -> None:
    if hours.hold_all_of(times):
        return
    remedy = f"the person's calling hours, {hours} local time. Take times within them, or change the hours first."
    if not hours.hold(times.starts_at):
        raise InvalidInput("times.starts_at", f"lies outside of {remedy}")
    raise InvalidInput("times.ends_at", f"lies beyond {remedy}")


def _why_never(times: WindowTimes, zone: ZoneInfo, now: datetime, today: date) -> InvalidInput:
    """Why a window never opens again: the part that would have to be another."""
    days = times.days
    if isinstance(days, OneOff):
        if days.on < today:
            return InvalidInput("times.one_off.date", "lies in the past where the person is; take today or later.")
        return InvalidInput(
            "times", "are over already on that date, or the zone leaves that day out; take a later hour or date."
        )
    if days.last_date is not None and days.last_date < today:
        return InvalidInput("times.weekly.last_date", "lies in the past where the person is; take today or later.")
    for field, without in (
        ("paused_until", replace(days, paused_until=None)),
        ("except_dates", replace(days, except_dates=frozenset())),
    ):
        if next_occurrence(replace(times, days=without), zone, now) is not None:
            return InvalidInput(
                f"times.weekly.{field}",
                "leaves no day until the last date on which the window would open; delete the window instead.",
            )
    return InvalidInput("times.weekly.last_date", "comes before the window would first open; take a later one.")
