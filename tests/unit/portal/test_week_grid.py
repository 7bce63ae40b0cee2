"""Where the openings of windows lie on a week, and what an agenda tells of them."""
# ruff: noqa: DTZ001 - times of the clock on a person's wall, which have no zone

from datetime import UTC, date, datetime, time, timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.scheduler.v1 import scheduler_pb2 as pb
from portal.openings import Opening, Standing, openings_of, today_of
from portal.week_grid import DAYS, SHORTEST, week_grid

FIRST = date(2026, 12, 1)
NOON = datetime(2026, 12, 1, 12)


def opening(opens, closes, window_id="w", standing=Standing.OPEN):
    return Opening(window_id, opens.date(), opens, closes, standing, one_off=False)


def blocks(*openings):
    return [
        [(block.starts, block.ends, block.lane, block.lanes) for block in column.blocks]
        for column in week_grid(openings, FIRST).columns
    ]


def test_an_opening_lies_on_its_day_in_minutes():
    assert blocks(opening(NOON, NOON + timedelta(hours=2))) == [[(720, 840, 0, 1)], [], [], [], [], [], []]


def test_an_opening_over_midnight_lies_on_both_its_days():
    assert blocks(opening(datetime(2026, 12, 1, 23), datetime(2026, 12, 2, 1)))[:3] == [
        [(1380, 1440, 0, 1)],
        [(0, 60, 0, 1)],
        [],
    ]
    assert blocks(opening(datetime(2026, 11, 30, 23), datetime(2026, 12, 1, 1)))[:2] == [[(0, 60, 0, 1)], []]
    assert blocks(opening(datetime(2026, 12, 1, 23), datetime(2026, 12, 2)))[:2] == [[(1380, 1440, 0, 1)], []]


def test_openings_at_one_time_stand_side_by_side():
    at = [NOON + timedelta(hours=number) for number in range(5)]
    together = blocks(opening(at[0], at[2], "a"), opening(at[1], at[3], "b"), opening(at[2], at[4], "c"))
    assert together[0] == [(720, 840, 0, 2), (780, 900, 1, 2), (840, 960, 0, 2)]
    apart = blocks(opening(at[0], at[1], "a"), opening(at[1], at[2], "b"))
    assert apart[0] == [(720, 780, 0, 1), (780, 840, 0, 1)]


def test_what_is_short_is_drawn_long_enough_to_be_seen():
    last = datetime(2026, 12, 1, 23, 55)
    assert blocks(opening(last, last + timedelta(minutes=4)))[0] == [(1440 - SHORTEST, 1440, 0, 1)]


@pytest.mark.parametrize(
    ("opens", "closes", "hours"),
    [
        (time(12), time(13), (8, 22)),
        (time(6, 30), time(7), (6, 22)),
        (time(21), time(22, 5), (8, 23)),
        (time(0), time(23, 59), (0, 24)),
    ],
)
def test_the_grid_grows_by_whole_hours_to_hold_everything(opens, closes, hours):
    grid = week_grid([opening(datetime.combine(FIRST, opens), datetime.combine(FIRST, closes))], FIRST)
    assert (grid.first_hour, grid.last_hour) == hours
    assert len(grid.hours) * 60 == grid.minutes
    assert grid.first_minute == hours[0] * 60


MOMENTS = st.datetimes(datetime(2026, 11, 30), datetime(2026, 12, 8)).map(
    lambda at: at.replace(second=0, microsecond=0)
)
OPENINGS = st.lists(
    st.builds(
        lambda opens, minutes, name: opening(opens, opens + timedelta(minutes=minutes), name),
        MOMENTS,
        st.integers(1, 1440),
        st.text("abc", max_size=2),
    ),
    max_size=20,
)


@given(OPENINGS)
def test_no_block_lies_on_another_and_all_is_within_the_grid(openings):
    grid = week_grid(openings, FIRST)
    assert [column.day for column in grid.columns] == [FIRST + timedelta(days=number) for number in range(DAYS)]
    for column in grid.columns:
        for block in column.blocks:
            assert grid.first_minute <= block.starts < block.ends <= grid.first_minute + grid.minutes
            assert 0 <= block.lane < block.lanes <= len(column.blocks)
        for one, other in combinations(column.blocks, 2):
            apart = one.ends <= other.starts or other.ends <= one.starts
            assert apart or (one.lane != other.lane and one.lanes == other.lanes)


@given(OPENINGS)
def test_every_minute_of_every_opening_is_on_the_grid(openings):
    grid = week_grid(openings, FIRST)
    end = datetime.combine(FIRST + timedelta(days=DAYS), time())
    for each in openings:
        drawn = sum(
            block.ends - block.starts for column in grid.columns for block in column.blocks if block.opening is each
        )
        shown = min(each.closes, end) - max(each.opens, datetime.combine(FIRST, time()))
        assert drawn >= shown / timedelta(minutes=1)


def agenda(*days):
    windows = [
        pb.CallWindow(
            window_id="weekly",
            times=pb.WindowTimes(
                starts_at="23:00", ends_at="01:00", ends_next_day=True, weekly=pb.Weekly(weekdays=[1])
            ),
        ),
        pb.CallWindow(
            window_id="once",
            times=pb.WindowTimes(starts_at="20:00", ends_at="21:00", one_off=pb.OneOff(date="2026-12-01")),
        ),
    ]
    return pb.GetAgendaResponse(days=days, windows=windows, local_time="2026-12-01T00:30+01:00")


def chance(role, window_id="once"):
    span = pb.AgendaSpan(opens_local="2026-12-01T20:00+01:00", closes_local="2026-12-01T21:00+01:00")
    return pb.AgendaChance(role=role, span=span, openings=[pb.AgendaOpening(window_id=window_id, span=span)])


@pytest.mark.parametrize(
    ("role", "standing"),
    [
        (pb.CHANCE_ROLE_CALL, Standing.OPEN),
        (pb.CHANCE_ROLE_OVER, Standing.OPEN),
        (pb.CHANCE_ROLE_QUIET, Standing.SILENT),
        (pb.CHANCE_ROLE_FORBIDDEN, Standing.SILENT),
    ],
)
def test_an_agenda_tells_what_opens_and_what_comes_of_it(role, standing):
    told = list(openings_of(agenda(pb.AgendaDay(local_day="2026-12-01", chances=[chance(role)]))))
    assert told == [
        Opening("once", FIRST, datetime(2026, 12, 1, 20), datetime(2026, 12, 1, 21), standing, one_off=True)
    ]
    assert not told[0].overnight


@pytest.mark.parametrize(
    ("why", "standing"),
    [
        (pb.WINDOW_STANDING_EXCEPTED, Standing.SKIPPED),
        (pb.WINDOW_STANDING_PAUSED, Standing.PAUSED),
        (pb.WINDOW_STANDING_OTHER_WEEK, Standing.OTHER_WEEK),
        (pb.WINDOW_STANDING_SKIPPED_BY_CLOCK, None),
    ],
)
def test_an_agenda_tells_what_does_not_open_as_the_window_is_set(why, standing):
    absence = pb.AgendaAbsence(window_id="weekly", standing=why)
    told = list(openings_of(agenda(pb.AgendaDay(local_day="2026-12-01", absences=[absence]))))
    assert [(each.opens, each.closes, each.standing) for each in told] == (
        [(datetime(2026, 12, 1, 23), datetime(2026, 12, 2, 1), standing)] if standing else []
    )
    assert all(each.overnight for each in told)


def test_today_is_where_the_person_is():
    now = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)
    assert today_of(agenda(), now) == FIRST
    assert today_of(pb.GetAgendaResponse(), now) == date(2026, 11, 30)
