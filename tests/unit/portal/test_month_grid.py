"""A month has all of its days, each below its weekday, and what an address says of one is read or is none."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.month_grid import weeks_of
from portal.months import month_of, weekdays, written_day, written_month

MONTHS = st.dates(min_value=date(1970, 1, 1), max_value=date(2999, 12, 31)).map(month_of)
FIRST_WEEKDAYS = st.integers(min_value=0, max_value=6)


def test_november_of_2026_begins_on_a_sunday():
    weeks = weeks_of(month_of(date(2026, 11, 24)), {date(2026, 11, 24): 2}, 0)
    shown = [[cell and cell.day.day for cell in week] for week in weeks]
    assert shown[0] == [None] * 6 + [1]
    assert shown[-1] == [30, *[None] * 6]
    assert [cell.entries for week in weeks for cell in week if cell and cell.day.day in {23, 24}] == [0, 2]


@given(MONTHS, FIRST_WEEKDAYS)
def test_each_day_stands_once_and_below_its_weekday(month, first_weekday):
    weeks = weeks_of(month, {}, first_weekday)
    days = [cell.day for week in weeks for cell in week if cell is not None]
    assert days[0] == month.first
    assert days[-1] == month.last
    assert len(days) == month.last.day == len(set(days))
    names = [day.weekday() for day in weekdays(first_weekday)]
    for week in weeks:
        assert len(week) == 7
        assert all(cell.day.weekday() == name for cell, name in zip(week, names, strict=True) if cell is not None)


@given(MONTHS)
def test_months_follow_each_other_and_their_addresses_are_read(month):
    assert month.after.before == month
    assert month.before.after == month
    assert written_month(month.written) == month
    assert written_day(month.last.isoformat()) == month.last


@pytest.mark.parametrize(
    "written", ["", "2026", "2026-13", "2026-00", "26-01", "0001-01", "9999-12", "2026-1", "2026-01\n"]
)
def test_what_is_no_month_is_none(written):
    assert written_month(written) is None


@given(st.text(max_size=12))
def test_whatever_is_told_as_a_day_is_one_or_none(written):
    day = written_day(written)
    assert day is None or day.isoformat() == written


@pytest.mark.parametrize("written", ["2026-02-29", "20261124", "2026-11-24T10", "2026-W48-2"])
def test_what_is_no_day_is_none(written):
    assert written_day(written) is None
