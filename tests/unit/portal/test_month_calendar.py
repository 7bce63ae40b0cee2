"""A month as weeks of days."""
# ruff: noqa: DTZ001 - times of the clock on a person's wall, which have no zone

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.month_calendar import MONTHS_AHEAD, days_until_end, month_calendar, month_to_show
from portal.months import month_of
from portal.openings import Opening, Standing

TODAY = date(2026, 12, 10)
THIS = month_of(TODAY)


def opening(day, *, one_off):
    opens = datetime(2026, 12, day, 20)
    return Opening("w", opens.date(), opens, opens.replace(hour=21), Standing.OPEN, one_off=one_off)


def test_each_day_has_what_opens_on_it():
    found = [opening(24, one_off=True), opening(24, one_off=False), opening(31, one_off=False)]
    month = month_calendar(found, THIS, TODAY, week_begins=0)
    days = {each.day: each for week in month.weeks for each in week}
    assert (days[date(2026, 12, 24)].one_off, days[date(2026, 12, 24)].weekly) == ((found[0],), (found[1],))
    assert days[date(2026, 12, 31)].weekly == (found[2],)
    assert days[date(2026, 12, 9)].over
    assert not days[TODAY].over
    assert not days[date(2026, 11, 30)].of_month


@given(st.dates(date(2020, 1, 1), date(2100, 1, 1)), st.integers(0, MONTHS_AHEAD), st.integers(0, 6))
def test_weeks_have_seven_days_and_hold_the_month(today, ahead, week_begins):
    shown = month_of(today)
    for _ in range(ahead):
        shown = month_calendar([], shown, today, week_begins=week_begins).after
    month = month_calendar([], shown, today, week_begins=week_begins)
    days = [each for week in month.weeks for each in week]
    assert all(len(week) == 7 and week[0].day.weekday() == week_begins for week in month.weeks)
    assert [each.day.day for each in days if each.of_month] == list(
        range(1, max(each.day.day for each in days if each.of_month) + 1)
    )
    assert (month.before is None) == (ahead == 0)
    assert (month.after is None) == (ahead == MONTHS_AHEAD)
    assert month_to_show(shown.written, today) == shown
    assert 1 < days_until_end(shown, today) <= 367


@pytest.mark.parametrize(
    "told",
    [
        "",
        "x",
        "2026-13",
        "2026-00",
        "0000-01",
        "2026-11",
        "2027-12",
        "2026-12-01",
        "\u0662\u0660\u0662\u0667-\u0660\u0661",
        "9999-12",
    ],
)
def test_what_is_no_month_to_look_at_is_this_one(told):
    assert month_to_show(told, TODAY) == THIS


def test_a_month_to_come_can_be_looked_at():
    assert month_to_show("2027-11", TODAY).first == date(2027, 11, 1)
