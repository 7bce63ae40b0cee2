"""A person's windows as an iCalendar object (RFC 5545), for the calendar that they look into anyway. Pure.

Each window is an event, with the rule by which it repeats. Its starts are those of its openings, also where a clock change
skips one or brings it twice: `windows` reads them as RFC 5545 does. Its end is not always: the hours of an event's length are
exact (3.3.6), and a window ends by the clock, so where a clock change falls within an opening, the calendar's end is off by
that change.

A calendar tells nobody's name and no number. What it says of a person is when they may be called; what came of it is not there.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard, vRecur

from window_scheduler.clock_notes import change_on
from window_scheduler.windows import Weekly, WindowTimes, first_occurrence

PRODUCT = "-//Daybook//window-scheduler//EN"
SUMMARY = "Daybook may call"
YEARS_OF_ZONE = 10
"""For so long the calendar says itself when clocks are changed; whoever reads it later goes by the name of the zone."""

_ONE_DAY = timedelta(days=1)
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def calendar_of(windows: Mapping[UUID, WindowTimes], zone: ZoneInfo, *, now: datetime) -> bytes:
    """The windows that still open, each from its first opening of today or later on, as text/calendar in UTF-8.

    Args:
        windows: of one person, by their ids.
        zone: theirs.
        now: aware.
    """
    today = now.astimezone(zone).date()
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(_zone_of(zone, today.year))
    for window_id, times in sorted(windows.items()):
        event = _event_of(window_id, times, zone, today=today, now=now)
        if event is not None:
            calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content


def _event_of(window_id: UUID, times: WindowTimes, zone: ZoneInfo, *, today: date, now: datetime) -> Event | None:
    first = first_occurrence(times, zone, today)
    if first is None:
        return None
    event = Event()
    event.add("uid", str(window_id))
    event.add("dtstamp", now.astimezone(UTC))
    event.add("summary", SUMMARY)
    event.add("transp", "TRANSPARENT")
    event.add("dtstart", datetime.combine(first.local_day, times.starts_at, tzinfo=zone))
    last_day = first.local_day + _ONE_DAY if times.ends_next_day else first.local_day
    length = datetime.combine(last_day, times.ends_at) - datetime.combine(first.local_day, times.starts_at)
    # no DTEND: it would lend the length of the first instance, which a clock change may fall into, to all (3.8.5.3)
    event.add("duration", length)
    if isinstance(times.days, Weekly):
        event.add("rrule", _rule_of(times, times.days, zone))
        exceptions = sorted(_exceptions_of(times, times.days, zone, after=first.local_day))
        if exceptions:
            event.add("exdate", [datetime.combine(day, times.starts_at, tzinfo=zone) for day in exceptions])
    return event


def _rule_of(times: WindowTimes, days: Weekly, zone: ZoneInfo) -> vRecur:
    rule = vRecur(FREQ="WEEKLY", INTERVAL=days.every_weeks, BYDAY=[_DAYS[each - 1] for each in sorted(days.weekdays)])
    rule["WKST"] = "MO"
    if days.last_date is not None:
        # in UTC, as 3.3.10 demands beside a DTSTART with a zone; that very instance is the last
        rule["UNTIL"] = datetime.combine(days.last_date, times.starts_at, tzinfo=zone).astimezone(UTC)
    return rule


def _exceptions_of(times: WindowTimes, days: Weekly, zone: ZoneInfo, *, after: date) -> set[date]:
    """The days on which the event would repeat and the window does not open."""
    regular = replace(times, days=replace(days, except_dates=frozenset()))
    return {
        day
        for day in days.except_dates
        if day > after and (opening := first_occurrence(regular, zone, day)) is not None and opening.local_day == day
    }


@lru_cache(maxsize=1024)
def _zone_of(zone: ZoneInfo, year: int) -> Timezone:
    """When the clocks of a zone are changed, for YEARS_OF_ZONE from a year on.

    Written here, since `Timezone.from_tzinfo` of icalendar 7.3 tells the begin of summer time by the new clock, where 3.6.5 and
    its examples have the old one: an hour too late.
    """
    begin = date(year, 1, 1)
    days = (begin + number * _ONE_DAY for number in range(YEARS_OF_ZONE * 366))
    onsets: dict[tuple[timedelta, timedelta, str, bool], list[datetime]] = defaultdict(list)
    at = datetime.combine(begin, time(), tzinfo=zone)
    offset = at.utcoffset() or timedelta(0)
    onsets[offset, offset, at.tzname() or "", bool(at.dst())].append(at.replace(tzinfo=None))
    for change in filter(None, (change_on(day, zone) for day in days)):
        after = change.at.astimezone(zone)
        onset = (change.at + change.before).replace(tzinfo=None)
        onsets[change.before, change.after, after.tzname() or "", bool(after.dst())].append(onset)
    timezone = Timezone()
    timezone.add("tzid", zone.key)
    for (before, after_it, name, is_summer), (first, *later) in onsets.items():
        observance = TimezoneDaylight() if is_summer else TimezoneStandard()
        observance.add("dtstart", first)
        if later:
            observance.add("rdate", later)
        observance.add("tzname", name)
        observance.add("tzoffsetfrom", before)
        observance.add("tzoffsetto", after_it)
        timezone.add_component(observance)
    return timezone
