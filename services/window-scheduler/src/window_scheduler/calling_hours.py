"""The hours of a day in which a person may be called; all others are their quiet hours. Pure.

They are times of the clock where the person is, and each dial is held to what that clock says (`dialing_rules`). So where a
clock change moves a window out of them, there is no call: a person hears the telephone by their clock, not by ours.
"""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from chassis.errors import InvalidInput
from window_scheduler.windows import WindowTimes

_CLOCK_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")
_ONE_MINUTE = timedelta(minutes=1)
_MINUTES_A_DAY = 24 * 60


@dataclass(frozen=True)
class CallingHours:
    """Local, from `start` until just before `end`.

    An end before the start is one on the next day; an end that is the start means the whole day. The default is the law of the
    United States on calls that sell (47 CFR 64.1200(c)(1)): 8 in the morning to 9 at night.
    """

    start: time
    end: time

    def __str__(self) -> str:
        return f"{self.start:%H:%M} to {self.end:%H:%M}"

    def hold(self, local: time) -> bool:
        """Whether a person may be called when their clock says so."""
        if self.start < self.end:
            return self.start <= local < self.end
        return local >= self.start or local < self.end

    def hold_all_of(self, times: WindowTimes) -> bool:
        """Whether every minute of a window lies within them, by the clock."""
        length = _minutes_from(self.start, self.end) or _MINUTES_A_DAY
        window = _minutes_from(times.starts_at, times.ends_at) or _MINUTES_A_DAY
        return length == _MINUTES_A_DAY or _minutes_from(self.start, times.starts_at) + window <= length

    def next_after(self, now: datetime, zone: ZoneInfo, *, until: datetime) -> datetime | None:
        """The first whole minute after `now` (aware, UTC) and before `until` in which they hold; None where there is none.

        It is looked for minute by minute, since a clock change may skip their start or bring it twice.
        """
        minute = now.replace(second=0, microsecond=0) + _ONE_MINUTE
        while minute < until:
            if self.hold(minute.astimezone(zone).time()):
                return minute
            minute += _ONE_MINUTE
        return None


def calling_hours_of(starts_at: str, ends_at: str) -> CallingHours | None:
    """A person's hours as they were sent. None where both are empty: then the operator's hold.

    Raises:
        InvalidInput: one is no time of a clock.
    """
    if not starts_at and not ends_at:
        return None
    return CallingHours(clock_time("calling_hours.starts_at", starts_at), clock_time("calling_hours.ends_at", ends_at))


def clock_time(field: str, value: str) -> time:
    """A local time, to the minute. Raises InvalidInput, which names the field, where it is none."""
    if not _CLOCK_TIME.fullmatch(value):
        raise InvalidInput(field, "is to be HH:MM of a 24-hour clock, e.g. 08:30.")
    return time.fromisoformat(value)


def _minutes_from(start: time, end: time) -> int:
    """The minutes on a clock from one time to the next coming of another."""
    return ((end.hour - start.hour) * 60 + end.minute - start.minute) % _MINUTES_A_DAY
