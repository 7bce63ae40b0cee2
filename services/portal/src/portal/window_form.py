"""The form of a call window: its fields as they were typed, and the times that they mean. Pure.

What can be right, window-scheduler says; here nothing is judged but what its message has no room for.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chassis.errors import InvalidInput
from daybook.scheduler.v1 import scheduler_pb2 as pb

WEEKLY, ONE_OFF = "weekly", "one_off"
WEEKDAYS = tuple(str(number) for number in range(1, 8))
"""As ISO 8601 numbers them, from Monday."""
LONGEST = 40
"""So much of a field is read: no date and no time is longer."""
MOST_DATES = 400
"""So many days that are left out are read: window-scheduler refuses fewer."""
_WEEKS = re.compile(r"[0-9]{1,3}")


@dataclass(frozen=True)
class WindowForm:
    """
    Attributes:
        kind: WEEKLY or ONE_OFF; the fields of the other are there, and mean nothing.
        weekdays: of WEEKDAYS.
        starts_at, ends_at: HH:MM. An end that is not after the start is one on the next day.
        every_weeks: a number; empty means 1.
        first_date, last_date, paused_until, date: ISO 8601, or empty.
        except_dates: ISO 8601.
    """

    kind: str = WEEKLY
    weekdays: tuple[str, ...] = ()
    starts_at: str = ""
    ends_at: str = ""
    every_weeks: str = ""
    first_date: str = ""
    last_date: str = ""
    except_dates: tuple[str, ...] = ()
    paused_until: str = ""
    date: str = ""

    @property
    def has_rule(self) -> bool:
        """Whether there is more to it than weekdays."""
        return bool(self.every_weeks not in {"", "1"} or self.first_date or self.last_date or self.except_dates)


def new_form(date: str = "") -> WindowForm:
    """What a new window begins with: every evening, or the evening of one date."""
    kind = ONE_OFF if date else WEEKLY
    return WindowForm(kind=kind, weekdays=WEEKDAYS, starts_at="20:00", ends_at="21:00", date=date[:LONGEST])


def form_of_fields(fields: Mapping[str, Sequence[str]]) -> WindowForm:
    """What was sent, each field by its name with all its values. What is not there is empty."""

    def all_of(name: str, most: int) -> tuple[str, ...]:
        values = (value.strip()[:LONGEST] for value in fields.get(name, ()))
        return tuple(dict.fromkeys(value for value in values if value))[:most]

    def one_of(name: str) -> str:
        return next(iter(all_of(name, 1)), "")

    return WindowForm(
        kind=one_of("kind"),
        weekdays=all_of("weekdays", len(WEEKDAYS) + 1),
        starts_at=one_of("starts_at"),
        ends_at=one_of("ends_at"),
        every_weeks=one_of("every_weeks"),
        first_date=one_of("first_date"),
        last_date=one_of("last_date"),
        except_dates=all_of("except_dates", MOST_DATES),
        paused_until=one_of("paused_until"),
        date=one_of("date"),
    )


def form_of_times(times: pb.WindowTimes) -> WindowForm:
    """The form that means these times."""
    if times.HasField("one_off"):
        return WindowForm(kind=ONE_OFF, starts_at=times.starts_at, ends_at=times.ends_at, date=times.one_off.date)
    weekly = times.weekly
    return WindowForm(
        kind=WEEKLY,
        weekdays=tuple(str(int(weekday)) for weekday in weekly.weekdays),
        starts_at=times.starts_at,
        ends_at=times.ends_at,
        every_weeks=str(weekly.every_weeks or 1),
        first_date=weekly.first_date,
        last_date=weekly.last_date,
        except_dates=tuple(weekly.except_dates),
        paused_until=weekly.paused_until,
    )


def times_of(form: WindowForm) -> pb.WindowTimes:
    """The times that a form means, as they are to be asked for.

    Raises:
        InvalidInput: a number is none. The field is named as window-scheduler names it.
    """
    ends_next_day = bool(form.ends_at) and form.ends_at <= form.starts_at
    times = pb.WindowTimes(starts_at=form.starts_at, ends_at=form.ends_at, ends_next_day=ends_next_day)
    if form.kind == ONE_OFF:
        times.one_off.date = form.date
    elif form.kind == WEEKLY:
        times.weekly.CopyFrom(_weekly_of(form))
    return times


def field_of(path: str, form: WindowForm) -> str:
    """The form's field that window-scheduler means by a path of its message: `times.weekly.except_dates[2]` is `except_dates`."""
    name = path.rpartition(".")[2].partition("[")[0]
    if name == "times":
        return "date" if form.kind == ONE_OFF else "kind"
    return name


def _weekly_of(form: WindowForm) -> pb.Weekly:
    if not set(form.weekdays) <= set(WEEKDAYS):
        raise InvalidInput("times.weekly.weekdays", "holds a day that is none of Monday (1) to Sunday (7).")
    every_weeks = form.every_weeks or "1"
    if not _WEEKS.fullmatch(every_weeks):
        # in window-scheduler's words, which it has for other numbers
        raise InvalidInput("times.weekly.every_weeks", "is to be 1 to 52; or 0, which means 1.")
    return pb.Weekly(
        weekdays=[pb.Weekday.ValueType(int(weekday)) for weekday in form.weekdays],
        every_weeks=int(every_weeks),
        first_date=form.first_date,
        last_date=form.last_date,
        except_dates=form.except_dates,
        paused_until=form.paused_until,
    )
