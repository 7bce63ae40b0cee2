"""A window in a person's words: on which days, from when to when, and what bounds it. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from babel.dates import format_date, format_time
from babel.lists import format_list

from daybook.scheduler.v1 import scheduler_pb2 as pb
from portal.languages import Language
from portal.openings import Opening, Standing

EXCEPTIONS_TOLD = 5
_ALL, _WORKDAYS = set(range(1, 8)), set(range(1, 6))
_A_MONDAY = date(2026, 11, 30)
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class WindowWords:
    """
    Attributes:
        days: "Monday and Friday, every 2 weeks".
        times: "8:00 PM to 9:00 PM".
        bounds: a sentence for each date that bounds it, and for the days that are left out.
        paused: until when it is paused, as a sentence; empty where it is not.
        one_off: it is for one date.
    """

    days: str
    times: str
    bounds: tuple[str, ...]
    paused: str
    one_off: bool


def window_words(times: pb.WindowTimes, language: Language, today: date) -> WindowWords:
    """
    Args:
        times: as window-scheduler keeps them.
        language: in which they are told.
        today: where the person is.
    """
    told = times_told(times, language)
    if times.HasField("one_off"):
        return WindowWords(language.day_of_year(date.fromisoformat(times.one_off.date)), told, (), "", one_off=True)
    weekly = times.weekly
    return WindowWords(
        days=_days_told(weekly, language),
        times=told,
        bounds=tuple(_bounds(weekly, language, today)),
        paused=_pause_told(weekly, language, today),
        one_off=False,
    )


def times_told(times: pb.WindowTimes, language: Language) -> str:
    """From when to when it is open: "11:00 PM to 1:00 AM on the next day"."""
    starts_at, ends_at = time.fromisoformat(times.starts_at), time.fromisoformat(times.ends_at)
    last = _A_MONDAY + _ONE_DAY if times.ends_next_day else _A_MONDAY
    return span_told(datetime.combine(_A_MONDAY, starts_at), datetime.combine(last, ends_at), language)


def opening_told(opening: Opening, language: Language) -> str:
    """An opening on its day, for who does not see where it lies: "Tuesday, December 1, 8:00 PM to 9:00 PM, paused"."""
    standings = {
        Standing.OPEN: "",
        Standing.SILENT: language.say("no call"),
        Standing.SKIPPED: language.say("skipped"),
        Standing.PAUSED: language.say("paused"),
        Standing.OTHER_WEEK: language.say("not in this week"),
    }
    span = span_told(opening.opens, opening.closes, language)
    parts = [
        language.day(opening.day),
        span,
        language.say("one-off") if opening.one_off else "",
        standings[opening.standing],
    ]
    return ", ".join(part for part in parts if part)


def span_told(opens: datetime, closes: datetime, language: Language) -> str:
    """From when to when, by a clock without a zone: "8:00 PM to 9:00 PM"."""
    starts, ends = language.time(opens.time()), language.time(closes.time())
    if closes.date() > opens.date() and closes.time() != time():
        return language.say("%(starts)s to %(ends)s on the next day", starts=starts, ends=ends)
    return language.say("%(starts)s to %(ends)s", starts=starts, ends=ends)


def hour_told(at: time, language: Language) -> str:
    """A whole hour, as short as may be: "20", or "8 PM" where clocks have twelve hours."""
    return str(format_time(at, "h a" if _has_twelve_hours(language) else "HH", locale=language.locale))


def clock_told(at: datetime, language: Language) -> str:
    """A time beside an hour that is told: "20:30", or "8:30" where clocks have twelve hours."""
    return str(format_time(at.time(), "h:mm" if _has_twelve_hours(language) else "HH:mm", locale=language.locale))


def weekday_name(number: int, language: Language) -> str:
    """Monday: 1, as ISO 8601 numbers them."""
    return str(format_date(_A_MONDAY + (number - 1) * _ONE_DAY, "cccc", locale=language.locale))


def _has_twelve_hours(language: Language) -> bool:
    return "a" in language.locale.time_formats["short"].pattern


def _days_told(weekly: pb.Weekly, language: Language) -> str:
    weekdays = {int(weekday) for weekday in weekly.weekdays}
    if weekdays == _ALL:
        days = language.say("Every day")
    elif weekdays == _WORKDAYS:
        days = language.say("Monday to Friday")
    else:
        days = format_list([weekday_name(number, language) for number in sorted(weekdays)], locale=language.locale)
    if weekly.every_weeks > 1:
        return language.say("%(days)s, every %(weeks)d weeks", days=days, weeks=weekly.every_weeks)
    return days


def _bounds(weekly: pb.Weekly, language: Language, today: date) -> Iterable[str]:
    first = date.fromisoformat(weekly.first_date) if weekly.first_date else None
    last = date.fromisoformat(weekly.last_date) if weekly.last_date else None
    if first is not None and first > today:
        yield language.say("From %(day)s on.", day=language.day_of_year(first))
    if last is not None:
        yield language.say("Until %(day)s.", day=language.day_of_year(last))
    days = sorted(day for each in weekly.except_dates if (day := date.fromisoformat(each)) >= today)
    if days:
        told = [language.day(day) for day in days[:EXCEPTIONS_TOLD]]
        if (more := len(days) - EXCEPTIONS_TOLD) > 0:
            told.append(language.say_of(more, "%(num)d more day", "%(num)d more days"))
        yield language.say("Not on %(days)s.", days=format_list(told, locale=language.locale))


def _pause_told(weekly: pb.Weekly, language: Language, today: date) -> str:
    if not weekly.paused_until or date.fromisoformat(weekly.paused_until) <= today:
        return ""
    until = language.day_of_year(date.fromisoformat(weekly.paused_until))
    return language.say("Paused: it opens again from %(day)s on.", day=until)
