"""The form of a window: whatever can be booked comes back from it as it was, and whatever is typed is read."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import InvalidInput
from daybook.scheduler.v1 import scheduler_pb2 as pb
from portal.window_form import (
    LONGEST,
    MOST_DATES,
    ONE_OFF,
    WEEKLY,
    WindowForm,
    field_of,
    form_of_fields,
    form_of_times,
    new_form,
    times_of,
)

DAYS = st.dates(date(2026, 1, 1), date(2036, 1, 1)).map(date.isoformat)
CLOCK = st.times().map(lambda at: f"{at:%H:%M}")
WEEKLIES = st.builds(
    pb.Weekly,
    weekdays=st.sets(st.integers(1, 7), min_size=1).map(sorted),
    every_weeks=st.integers(1, 52),
    first_date=DAYS | st.just(""),
    last_date=DAYS | st.just(""),
    except_dates=st.sets(DAYS, max_size=20).map(sorted),
    paused_until=DAYS | st.just(""),
)


@st.composite
def window_times(draw):
    """Times as window-scheduler keeps them: the end lies on the next day exactly where it is not after the start."""
    starts_at, ends_at = draw(CLOCK), draw(CLOCK)
    times = pb.WindowTimes(starts_at=starts_at, ends_at=ends_at, ends_next_day=ends_at <= starts_at)
    if draw(st.booleans()):
        times.weekly.CopyFrom(draw(WEEKLIES))
    else:
        times.one_off.date = draw(DAYS)
    return times


def sent(form):
    """The form's fields as a browser sends them."""
    return {
        "kind": [form.kind],
        "weekdays": list(form.weekdays),
        "starts_at": [form.starts_at],
        "ends_at": [form.ends_at],
        "every_weeks": [form.every_weeks],
        "first_date": [form.first_date],
        "last_date": [form.last_date],
        # the days that were left out before as boxes, then the two empty fields for others
        "except_dates": [*form.except_dates, "", ""],
        "paused_until": [form.paused_until],
        "date": [form.date],
    }


@given(window_times())
def test_what_can_be_booked_comes_back_from_the_form_as_it_was(times):
    assert times_of(form_of_fields(sent(form_of_times(times)))) == times


@given(
    st.dictionaries(
        st.sampled_from([*sent(WindowForm()), "other"]),
        st.lists(st.text() | DAYS | CLOCK | st.sampled_from(["1", "9", WEEKLY, ONE_OFF, "x" * 100]), max_size=5),
    )
)
def test_whatever_is_sent_means_times_or_is_refused_by_the_name_of_a_field(fields):
    form = form_of_fields(fields)
    refused = ""
    try:
        times_of(form)
    except InvalidInput as error:
        refused = field_of(error.field, form)
    assert refused in {"", "every_weeks", "weekdays"}
    texts = [form.kind, *form.weekdays, form.starts_at, form.every_weeks, *form.except_dates, form.date]
    assert all(len(text) <= LONGEST for text in texts)


def test_so_many_days_are_read_that_too_many_are_refused():
    days = [(date(2026, 1, 1) + timedelta(days=number)).isoformat() for number in range(1000)]
    assert len(form_of_fields({"except_dates": days}).except_dates) == MOST_DATES > 366


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "next_day"),
    [("20:00", "21:00", False), ("23:00", "01:00", True), ("20:00", "20:00", True)],
)
def test_an_end_that_is_not_after_the_start_lies_on_the_next_day(starts_at, ends_at, next_day):
    times = times_of(WindowForm(kind=ONE_OFF, starts_at=starts_at, ends_at=ends_at, date="2026-12-24"))
    assert times.ends_next_day is next_day


@pytest.mark.parametrize("every_weeks", ["0.5", "-1", "two", "1000", "٣"])
def test_what_is_no_number_of_weeks_is_refused_beside_its_field(every_weeks):
    form = WindowForm(weekdays=("1",), every_weeks=every_weeks)
    with pytest.raises(InvalidInput) as refused:
        times_of(form)
    assert field_of(refused.value.field, form) == "every_weeks"


@pytest.mark.parametrize(
    ("path", "kind", "field"),
    [
        ("times.starts_at", WEEKLY, "starts_at"),
        ("times.weekly.except_dates[12]", WEEKLY, "except_dates"),
        ("times.one_off.date", ONE_OFF, "date"),
        ("times", ONE_OFF, "date"),
        ("times", "", "kind"),
    ],
)
def test_a_path_of_the_message_is_a_field_of_the_form(path, kind, field):
    assert field_of(path, WindowForm(kind=kind)) == field


def test_a_form_of_no_kind_says_no_days():
    assert times_of(form_of_fields({})).WhichOneof("days") is None


def test_a_new_window_is_for_every_evening_or_for_the_evening_of_a_date():
    assert times_of(new_form()).weekly.weekdays == [1, 2, 3, 4, 5, 6, 7]
    assert times_of(new_form("2026-12-24")).one_off.date == "2026-12-24"


@pytest.mark.parametrize(
    ("form", "told"),
    [
        (WindowForm(every_weeks="1"), False),
        (WindowForm(every_weeks="2"), True),
        (WindowForm(last_date="2027-01-01"), True),
        (WindowForm(except_dates=("2026-12-24",)), True),
    ],
)
def test_a_rule_is_more_than_weekdays(form, told):
    assert form.has_rule is told
