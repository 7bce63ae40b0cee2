"""What may be booked as a call window. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from chassis.errors import Conflict, InvalidInput
from window_scheduler.dialing_rules import CallingHours
from window_scheduler.windows import OneOff, Weekly, WindowTimes, next_occurrence

MOST_WINDOWS = 20
_MOST_AHEAD = timedelta(days=731)
_CLOCK_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")


@dataclass(frozen=True)
class RequestedTimes:
    """The times of a window as they were sent: either weekdays (ISO numbers) or one date (ISO 8601)."""

    starts_at: str
    ends_at: str
    weekdays: Sequence[int] | None
    on: str | None


def booked_times(
    requested: RequestedTimes, *, zone: ZoneInfo, calling_hours: CallingHours, now: datetime
) -> WindowTimes:
    """The times as they are to be kept.

    Raises:
        InvalidInput: they cannot be right, or no call could ever be made in them.
    """
    starts_at = _clock_time("times.starts_at", requested.starts_at)
    ends_at = _clock_time("times.ends_at", requested.ends_at)
    if ends_at <= starts_at:
        raise InvalidInput("times.ends_at", "is to lie after times.starts_at on the same day.")
    hours = f"{calling_hours.start:%H:%M} to {calling_hours.end:%H:%M}"
    if starts_at < calling_hours.start:
        raise InvalidInput("times.starts_at", f"lies in the quiet hours; calls are made from {hours}, local time.")
    if ends_at > calling_hours.end:
        raise InvalidInput("times.ends_at", f"lies in the quiet hours; calls are made from {hours}, local time.")
    if requested.weekdays is not None:
        return WindowTimes(starts_at, ends_at, Weekly(_weekdays(requested.weekdays)))
    if requested.on is not None:
        times = WindowTimes(starts_at, ends_at, OneOff(_date(requested.on, today=now.astimezone(zone).date())))
        _check_comes(times, zone, now)
        return times
    raise InvalidInput("times", "is to say the days: weekly, with its weekdays, or one_off, with its date.")


def check_room(windows: int) -> None:
    """Returns where a person with so many windows may have another.

    Raises:
        Conflict: they have as many as anyone may.
    """
    if windows >= MOST_WINDOWS:
        raise Conflict(f"This person has {windows} call windows, the most there may be. Change or delete one first.")


def _clock_time(field: str, value: str) -> time:
    if not _CLOCK_TIME.fullmatch(value):
        raise InvalidInput(field, "is to be HH:MM of a 24-hour clock, e.g. 08:30.")
    return time.fromisoformat(value)


def _weekdays(numbers: Sequence[int]) -> frozenset[int]:
    weekdays = frozenset(numbers)
    if not weekdays:
        raise InvalidInput("times.weekly.weekdays", "is to name at least one weekday.")
    if not weekdays <= frozenset(range(1, 8)):
        raise InvalidInput("times.weekly.weekdays", "holds a day that is none of Monday (1) to Sunday (7).")
    return weekdays


def _date(value: str, *, today: date) -> date:
    try:
        on = date.fromisoformat(value)
    except ValueError:
        raise InvalidInput("times.one_off.date", "is to be a date as YYYY-MM-DD, e.g. 2026-11-24.") from None
    if on < today:
        raise InvalidInput("times.one_off.date", "lies in the past, in the person's own time zone.")
    if on - today > _MOST_AHEAD:
        raise InvalidInput("times.one_off.date", f"lies more than {_MOST_AHEAD.days} days ahead.")
    return on


def _check_comes(times: WindowTimes, zone: ZoneInfo, now: datetime) -> None:
    if next_occurrence(times, zone, now) is None:
        raise InvalidInput(
            "times", "are over already on that date, or a clock change skips them; take a later hour or date."
        )
