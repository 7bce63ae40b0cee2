"""docs/clock-changes.md: each row of its table is computed."""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise
from pathlib import Path

import pytest

from chassis.time_zones import zone_named
from window_scheduler.windows import Occurrence, OneOff, WindowTimes, occurrence_on

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/clock-changes.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.split("## What happens")[1].split("\n## ")[0].splitlines()
    if re.match(r"\| \d", line)
]
CLOCK_TIME = re.compile(r"(\d\d:\d\d)([+-]\d)?")


def moments(cell: str, day: date) -> list[datetime] | None:
    """The two times of a cell, with the days that they are away from the row's own."""
    if cell == "no call":
        return None
    two = [
        datetime.combine(day + timedelta(days=int(later or 0)), time.fromisoformat(clock))
        for clock, later in CLOCK_TIME.findall(cell)
    ]
    assert len(two) == 2, cell
    return two


def told(opening: Occurrence, zone: tzinfo) -> list[datetime]:
    return [at.astimezone(zone).replace(tzinfo=None) for at in (opening.opens_at, opening.closes_at)]


def test_the_table_has_rows():
    assert len(ROWS) > 25
    assert len(PAGE.split("## What happens")) == 2


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[2]} {row[1]} {row[0]}")
def test_the_window_of_a_row_opens_as_the_row_says(row):
    window, on, zone_name, _, local, in_utc, _ = row
    day, zone = date.fromisoformat(on), zone_named(zone_name)
    starts, ends = moments(window, day)
    times = WindowTimes(starts.time(), ends.time(), OneOff(day), ends_next_day=ends.date() > day)
    opening = occurrence_on(day, times, zone)
    if isinstance(opening, Occurrence):
        assert (told(opening, zone), told(opening, UTC)) == (moments(local, day), moments(in_utc, day))
    else:
        assert (local, in_utc) == ("no call", "no call")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[2]} {row[1]} {row[0]}")
def test_the_clocks_of_a_row_do_what_it_says(row):
    _, on, zone_name, change, *_ = row
    zone = zone_named(zone_name)
    day = date.fromisoformat(on) + timedelta(days="the next day" in change)
    before = datetime.combine(day - timedelta(days=2), time(), tzinfo=UTC)
    shown = [(before + timedelta(minutes=n)).astimezone(zone).replace(tzinfo=None) for n in range(5 * 24 * 60)]
    [(last, following)] = [
        (one + timedelta(minutes=1), other) for one, other in pairwise(shown) if other - one != timedelta(minutes=1)
    ]
    first, second = sorted((last, following))
    verb = "skip" if following > last else "show"
    if second - first == timedelta(days=1):
        assert change == f"leave out {first.date()}"
    else:
        until = (
            "24:00"
            if (second.time(), second.date()) == (time(), first.date() + timedelta(days=1))
            else f"{second:%H:%M}"
        )
        assert change.startswith(f"{verb} {first:%H:%M}–{until}")  # noqa: RUF001 - an en dash is what the page has
        assert first.date() == day


def test_every_link_leads_to_a_file():
    linked = re.findall(r"\]\(([^)#]+)", PAGE)
    assert linked
    assert [link for link in linked if not (ROOT / "docs" / link).exists()] == []
