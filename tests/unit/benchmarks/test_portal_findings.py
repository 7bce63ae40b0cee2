"""What readers of the portal waited."""

import pytest

from benchmarks.measuring import Reading as Clocks
from benchmarks.portal.findings import goals, reading_of

COST = Clocks(wall_s=10.0, cpu_s={"client": 5.0, "portal": 0.4, "journal": 0.2})


def read(waits_ms, failed=0):
    return reading_of(100, {"waits_ms": waits_ms, "opened": 8, "failed": failed, "counted_s": 8.0}, COST)


def test_waits_are_told_of_each_page_and_of_all():
    reading = read({"today": [10.0, 30.0, 20.0], "me": [5.0]})
    assert (reading.of_page["today"].p50_ms, reading.of_page["today"].longest_ms) == (20.0, 30.0)
    assert (reading.all_pages.pages, reading.all_pages.p95_ms) == (4, 30.0)
    assert reading.pages_a_second == pytest.approx(0.5)


def test_a_page_costs_what_the_servers_took_for_all_that_were_opened_and_not_what_its_readers_did():
    assert read({"me": [5.0] * 4}).cpu_ms_a_page == pytest.approx({"portal": 50.0, "journal": 25.0})


@pytest.mark.parametrize(
    ("waits_ms", "failed", "met"),
    [([50.0] * 20, 0, [True, True]), ([10.0] * 18 + [51.0] * 2, 0, [False, True]), ([10.0], 1, [True, False])],
)
def test_a_goal_is_met_up_to_its_bound(waits_ms, failed, met):
    assert [goal.met for goal in goals([read({"me": waits_ms}, failed)])] == met
