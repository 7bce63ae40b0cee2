"""When a person will be called on the days to come, and why then."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from window_scheduler.agenda import BookedWindow, ChanceRole, Terms, agenda, next_call
from window_scheduler.calling_hours import CallingHours
from window_scheduler.clock_notes import ClockNote
from window_scheduler.planning import DueWindow, StandingCall, call_id_of, plan
from window_scheduler.windows import Absence, OneOff, Weekly, WindowTimes, next_occurrence

VIENNA = ZoneInfo("Europe/Vienna")
TODAY = date(2026, 11, 24)  # a Tuesday
TERMS = Terms(VIENNA, CallingHours(time(8), time(21)), forbidden=False, now=datetime(2026, 11, 24, 8, 30, tzinfo=UTC))
EVERY_DAY = Weekly(frozenset(range(1, 8)))
FIRST, SECOND, THIRD = (UUID(int=number) for number in (1, 2, 3))


def clock(text):
    return time.fromisoformat(text)


def booked(starts_at, ends_at, days=EVERY_DAY, *, now=TERMS.now, ends_next_day=False):
    times = WindowTimes(clock(starts_at), clock(ends_at), days, ends_next_day=ends_next_day)
    upcoming = next_occurrence(times, VIENNA, now)
    return BookedWindow(times, upcoming and upcoming.local_day)


def utc(text, day=TODAY):
    return datetime.combine(day, clock(text), tzinfo=VIENNA).astimezone(UTC)


def call_for(starts_at, ends_at, *, dialed=False, finished=False):
    return StandingCall(call_id_of(FIRST, TODAY), FIRST, utc(starts_at), utc(ends_at), dialed, finished, revision=0)


def roles_of(windows, call=None, terms=TERMS):
    [today] = agenda(windows, {} if call is None else {TODAY: call}, terms, days=1)
    return [chance.role.name for chance in today.chances]


DAY = {FIRST: booked("09:00", "10:00"), SECOND: booked("12:00", "13:00"), THIRD: booked("18:00", "19:00")}
"""At half past nine: the first is open, and has been looked at where a call stands."""
LOOKED = {**DAY, FIRST: replace(DAY[FIRST], next_day=TODAY + timedelta(days=1))}


@pytest.mark.parametrize(
    ("windows", "call", "roles"),
    [
        (DAY, None, ["CALL", "RESERVE", "RESERVE"]),
        (LOOKED, call_for("09:00", "10:00"), ["SCHEDULED", "RESERVE", "RESERVE"]),
        (LOOKED, call_for("09:00", "10:00", dialed=True), ["CALLED", "NOT_NEEDED", "NOT_NEEDED"]),
        (LOOKED, call_for("09:00", "10:00", dialed=True, finished=True), ["CALLED", "NOT_NEEDED", "NOT_NEEDED"]),
        # it ended and nobody had been dialed: the day is to have its call still
        (LOOKED, call_for("09:00", "10:00", finished=True), ["OVER", "CALL", "RESERVE"]),
        # its window was changed or deleted since
        (LOOKED, call_for("09:00", "11:00"), ["OVER", "CALL", "RESERVE"]),
        (LOOKED, call_for("07:00", "08:00", dialed=True), ["NOT_NEEDED", "NOT_NEEDED", "NOT_NEEDED"]),
        # a window was booked before the one that the call is for: the call is not moved back
        (DAY, call_for("12:00", "13:00"), ["NOT_NEEDED", "SCHEDULED", "RESERVE"]),
        # looked at, and nothing stands: a tick passed it by
        (LOOKED, None, ["OVER", "CALL", "RESERVE"]),
    ],
)
def test_the_days_call_comes_from_the_first_chance_that_is_still_to_come(windows, call, roles):
    assert roles_of(windows, call) == roles


def test_a_chance_that_is_over_brings_no_call():
    terms = replace(TERMS, now=utc("10:00"))
    assert roles_of(DAY, terms=terms) == ["OVER", "CALL", "RESERVE"]
    assert roles_of(LOOKED, call_for("09:00", "10:00"), terms) == ["OVER", "CALL", "RESERVE"]


def test_windows_that_touch_are_one_chance():
    windows = {FIRST: booked("12:00", "13:00"), SECOND: booked("13:00", "14:00")}
    [today] = agenda(windows, {}, TERMS, days=1)
    [chance] = today.chances
    assert [each.window_id for each in chance.openings] == [FIRST, SECOND]
    assert (chance.chance.opens_at, chance.chance.closes_at) == (utc("12:00"), utc("14:00"))


def test_who_may_not_be_called_is_told_so_at_each_chance_but_for_what_has_been():
    forbidden = replace(TERMS, forbidden=True)
    assert roles_of(DAY, terms=forbidden) == ["FORBIDDEN", "FORBIDDEN", "FORBIDDEN"]
    called = call_for("09:00", "10:00", dialed=True)
    assert roles_of(LOOKED, called, forbidden) == ["CALLED", "NOT_NEEDED", "NOT_NEEDED"]
    assert next_call(agenda(DAY, {}, forbidden, days=14)) is None


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "hours", "role", "quiet"),
    [
        ("12:00", "13:00", ("08:00", "21:00"), ChanceRole.CALL, False),
        ("20:00", "22:00", ("08:00", "21:00"), ChanceRole.CALL, True),
        ("21:00", "22:00", ("08:00", "21:00"), ChanceRole.QUIET, True),
        ("10:00", "20:00", ("12:00", "13:00"), ChanceRole.CALL, True),
        ("10:00", "11:00", ("12:00", "13:00"), ChanceRole.QUIET, True),
    ],
)
def test_a_chance_in_the_quiet_hours_is_told_as_one(starts_at, ends_at, hours, role, quiet):
    terms = replace(TERMS, hours=CallingHours(clock(hours[0]), clock(hours[1])))
    [today] = agenda({FIRST: booked(starts_at, ends_at)}, {}, terms, days=1)
    [chance] = today.chances
    assert (chance.role, chance.quiet) == (role, quiet)


def test_the_call_comes_from_the_first_chance_that_is_not_all_quiet():
    windows = {FIRST: booked("10:00", "11:00"), SECOND: booked("12:00", "13:00")}
    terms = replace(TERMS, hours=CallingHours(time(12), time(21)))
    assert roles_of(windows, terms=terms) == ["QUIET", "CALL"]


def test_a_clock_change_that_moves_a_chance_into_the_quiet_hours_is_noticed():
    now = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)
    terms = replace(TERMS, hours=CallingHours(time(2), time(3)), now=now)
    windows = {FIRST: booked("02:15", "02:45", now=now)}
    saturday, sunday, monday = agenda(windows, {}, terms, days=3)
    assert [day.chances[0].quiet for day in (saturday, sunday, monday)] == [False, True, False]
    assert sunday.chances[0].role is ChanceRole.QUIET


def test_each_day_from_today_on_is_there_once():
    days = [day.day for day in agenda(DAY, {}, TERMS, days=14)]
    assert days == [TODAY + timedelta(days=number) for number in range(14)]


def test_yesterday_is_there_where_a_window_of_it_is_open_still():
    at_night = {FIRST: booked("22:00", "11:00", ends_next_day=True)}
    days = agenda(at_night, {}, TERMS, days=2)
    assert [day.day for day in days] == [TODAY - timedelta(days=1), TODAY, TODAY + timedelta(days=1)]
    assert next_call(days).chance.local_day == TODAY - timedelta(days=1)


def test_a_window_that_does_not_open_is_told_where_one_may_have_expected_it():
    paused = replace(EVERY_DAY, paused_until=date(2026, 11, 26))
    excepted = replace(EVERY_DAY, except_dates=frozenset({date(2026, 11, 25)}))
    other_week = Weekly(frozenset({2}), every_weeks=2, first_date=date(2026, 11, 17))
    plain = Weekly(frozenset({1}))
    windows = {
        FIRST: booked("12:00", "13:00", paused),
        SECOND: booked("14:00", "15:00", excepted),
        THIRD: booked("16:00", "17:00", other_week),
        UUID(int=4): booked("18:00", "19:00", plain),
        UUID(int=5): booked("19:00", "20:00", replace(EVERY_DAY, last_date=date(2026, 11, 20))),
    }
    today, tomorrow, after = (day.absences for day in agenda(windows, {}, TERMS, days=3))
    assert today == {FIRST: Absence.PAUSED, THIRD: Absence.OTHER_WEEK}
    assert tomorrow == {FIRST: Absence.PAUSED, SECOND: Absence.EXCEPTED}
    assert after == {}


def test_a_clock_change_is_told_on_its_day_with_what_it_does_to_each_opening():
    now = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)
    windows = {FIRST: booked("02:30", "04:00", now=now), SECOND: booked("12:00", "13:00", now=now)}
    terms = replace(TERMS, now=now)
    saturday, sunday = agenda(windows, {}, terms, days=2)
    assert saturday.change is None
    assert (sunday.change.before, sunday.change.after) == (timedelta(hours=1), timedelta(hours=2))
    [skipped], [plain] = (chance.openings for chance in sunday.chances)
    assert (skipped.notes, skipped.longer_by) == ((ClockNote.START_SKIPPED, ClockNote.SHORTER), -timedelta(hours=1))
    assert plain.notes == ()


def test_a_day_that_the_calendar_leaves_out_is_told_as_one():
    apia = ZoneInfo("Pacific/Apia")
    now = datetime(2011, 12, 29, 20, 0, tzinfo=UTC)  # the 29th, 10:00 there
    times = WindowTimes(time(12), time(13), EVERY_DAY)
    days = agenda({FIRST: BookedWindow(times, date(2011, 12, 29))}, {}, replace(TERMS, zone=apia, now=now), days=3)
    assert [(day.day.day, day.left_out, len(day.chances)) for day in days] == [
        (29, False, 1),
        (30, True, 0),
        (31, False, 1),
    ]
    assert days[1].absences == {FIRST: Absence.SKIPPED_BY_CLOCK}


clock_times = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))
dates = st.dates(date(2026, 3, 1), date(2026, 5, 1))
weeklies = st.builds(
    Weekly,
    weekdays=st.frozensets(st.integers(1, 7), min_size=1),
    every_weeks=st.integers(1, 3),
    first_date=dates,
    except_dates=st.frozensets(dates, max_size=5),
    paused_until=st.none() | dates,
)


@st.composite
def any_windows(draw):
    starts_at, ends_at = draw(clock_times), draw(clock_times)
    return WindowTimes(starts_at, ends_at, draw(weeklies | dates.map(OneOff)), ends_next_day=ends_at <= starts_at)


def first_call(windows, zone, now):
    """The chance that the first call is for, where a tick looks at each moment at which a window opens."""
    upcoming = {key: next_occurrence(times, zone, now) for key, times in windows.items()}
    while any(upcoming.values()):
        key, occurrence = min(
            ((key, each) for key, each in upcoming.items() if each), key=lambda each: (each[1].opens_at, each[0])
        )
        due = DueWindow(
            window_id=key,
            person_id=FIRST,
            times=windows[key],
            zone=zone,
            consented=True,
            opted_out=False,
            occurrence=occurrence,
            rules_changed=False,
            others={other: times for other, times in windows.items() if other != key},
        )
        at = max(now, occurrence.opens_at)
        planned = plan(due, now=at, until=at)
        if planned.call is not None:
            return planned.call.chance
        upcoming[key] = planned.next
    return None


@given(
    st.lists(any_windows(), min_size=1, max_size=4),
    st.sampled_from(["Europe/Vienna", "America/New_York", "America/Santiago", "Africa/Cairo", "Australia/Lord_Howe"]),
    st.datetimes(datetime(2026, 3, 20), datetime(2026, 4, 30), timezones=st.just(UTC)),  # noqa: DTZ001 - its bounds are to be so
)
def test_the_next_call_of_an_agenda_is_the_first_that_ticks_plan(times, name, now):
    zone = ZoneInfo(name)
    windows = {UUID(int=number): each for number, each in enumerate(times, start=1)}
    upcoming = {key: next_occurrence(each, zone, now) for key, each in windows.items()}
    booked_windows = {
        key: BookedWindow(each, upcoming[key] and upcoming[key].local_day) for key, each in windows.items()
    }
    terms = Terms(zone, CallingHours(time(0), time(0)), forbidden=False, now=now)
    foretold = next_call(agenda(booked_windows, {}, terms, days=60))
    assert (foretold and foretold.chance) == first_call(windows, zone, now)
