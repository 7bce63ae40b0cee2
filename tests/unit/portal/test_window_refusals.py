"""What window-scheduler refuses of a window has its sentence for a person, and stands beside its field: held to its own rules."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from chassis.errors import Conflict, InvalidInput
from daybook.scheduler.v1 import scheduler_pb2 as pb
from portal.catalogues import Languages
from portal.window_changes import paused
from portal.window_form import ONE_OFF, WindowForm, times_of
from portal.window_refusals import Refusal, conflict_told, refusal_of
from window_scheduler.bookings import MOST_WINDOWS, booked_times, check_room
from window_scheduler.calling_hours import CallingHours
from window_scheduler.messages import requested_times_of

ENGLISH = Languages().of("en-GB")
NOW = datetime(2026, 12, 1, 11, 0, tzinfo=UTC)
TOO_MANY = tuple((date(2026, 12, 1) + timedelta(days=number)).isoformat() for number in range(367))


def form(**changes):
    return WindowForm(**{"weekdays": ("1", "3"), "starts_at": "20:00", "ends_at": "20:30"} | changes)


def once(**changes):
    return form(kind=ONE_OFF, date="2026-12-24", **changes)


def refused(told):
    with pytest.raises(InvalidInput) as refusal:
        booked_times(
            requested_times_of(times_of(told)),
            zone=ZoneInfo("Europe/Vienna"),
            calling_hours=CallingHours(time(8), time(21)),
            now=NOW,
        )
    return refusal_of(refusal.value, told, ENGLISH), refusal.value.remedy


@pytest.mark.parametrize(
    ("told", "field", "begin"),
    [
        (form(starts_at=""), "starts_at", "Write the time as"),
        (form(starts_at="8 pm"), "starts_at", "Write the time as"),
        (form(ends_at="25:00"), "ends_at", "Write the time as"),
        (form(starts_at="07:00"), "starts_at", "You can be called between 08:00 and 21:00."),
        (form(ends_at="21:01"), "ends_at", "You can be called between 08:00 and 21:00."),
        (form(ends_at="19:00"), "ends_at", "You can be called between 08:00 and 21:00."),
        (form(kind=""), "kind", "Choose whether the window opens every week"),
        (form(weekdays=()), "weekdays", "Choose at least one day"),
        (form(every_weeks="53"), "every_weeks", "Take a whole number of weeks"),
        (form(every_weeks="x"), "every_weeks", "Take a whole number of weeks"),
        (form(first_date="tomorrow"), "first_date", "Choose a day"),
        (form(first_date="2036-12-24"), "first_date", "This day is more than ten years ahead."),
        (form(last_date="2026-02-30"), "last_date", "Choose a day"),
        (form(last_date="2026-11-30"), "last_date", "This day is over already."),
        (form(first_date="2026-12-10", last_date="2026-12-09"), "last_date", "The last day lies before the first one."),
        (form(last_date="2026-12-01"), "last_date", "Until this day the window would never open."),
        (form(except_dates=("24.12.2026",)), "except_dates", "Choose a day"),
        (form(except_dates=TOO_MANY), "except_dates", "So many days cannot be left out: 366 is the most."),
        (form(last_date="2026-12-02", except_dates=("2026-12-02",)), "except_dates", "With this, the window would never open"),
        (form(last_date="2026-12-02", paused_until="2026-12-03"), "paused_until", "With this, the window would never open"),
        (form(paused_until="soon"), "paused_until", "Choose a day"),
        (form(kind=ONE_OFF), "date", "Choose a day"),
        (once(starts_at="07:00"), "starts_at", "You can be called between"),
        (form(kind=ONE_OFF, date="2026-11-30"), "date", "This day is over already."),
        (form(kind=ONE_OFF, date="2026-12-01", starts_at="09:00", ends_at="10:00"), "date", "This time is over already"),
    ],
)  # fmt: skip
def test_what_is_refused_stands_beside_its_field_in_a_persons_words(told, field, begin):
    refusal, remedy = refused(told)
    assert refusal.field == field
    assert refusal.sentence.startswith(begin)
    assert refusal.sentence != remedy


def test_a_pause_that_would_not_begin_is_told():
    times = pb.WindowTimes(weekly=pb.Weekly(weekdays=[1]))
    with pytest.raises(InvalidInput) as refusal:
        paused(times, "2026-12-01", date(2026, 12, 1))
    assert refusal_of(refusal.value, form(), ENGLISH) == Refusal(
        "paused_until", "A pause lasts until a day after today. Take a later one."
    )


def test_a_refusal_of_a_later_release_is_told_as_it_is():
    unknown = InvalidInput("times.weekly.moon", "is to be full.")
    assert refusal_of(unknown, form(), ENGLISH) == Refusal("moon", "is to be full.")


def test_more_windows_than_anyone_may_have_is_told():
    with pytest.raises(Conflict) as conflict:
        check_room(MOST_WINDOWS)
    assert conflict_told(conflict.value, ENGLISH) == (
        "You have 20 windows, the most there may be. Change or delete one of them first."
    )


def test_a_zone_that_is_not_known_is_told_and_else_the_sentence_as_it_is():
    unknown = Conflict("This person's time zone is not known any more. Change it first, with UpdatePerson.")
    assert "the page Me" in conflict_told(unknown, ENGLISH)
    assert conflict_told(Conflict("Something else."), ENGLISH) == "Something else."
