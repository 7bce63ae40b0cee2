"""What a benchmark prints last, and the status it ends with."""

import json
from io import StringIO

from rich.console import Console

from benchmarks.report import at_least, at_most, tell


def told(goals):
    out = StringIO()
    status = tell(Console(file=out, width=100), "tick", {"sizes": {"10": 1.5}}, goals)
    return status, out.getvalue()


def test_a_bound_that_is_just_reached_is_met():
    assert at_most(1, 1.0, "…").met
    assert at_least(20, 20.0, "…").met


def test_a_bound_that_is_passed_is_missed_and_what_was_seen_stands_beside_it():
    assert not at_most(1, 1.01, "…").met
    missed = at_least(20, 19.99, "…")
    assert (missed.met, missed.seen) == (False, 19.99)


def test_the_last_line_is_one_json_object_with_figures_and_goals():
    _, text = told([at_most(1, 0.5, "under 1 ms")])
    assert json.loads(text.splitlines()[-1]) == {
        "benchmark": "tick",
        "figures": {"sizes": {"10": 1.5}},
        "goals": [{"goal": "under 1 ms", "seen": 0.5, "met": True}],
    }


def test_a_missed_goal_is_named_and_fails_the_run():
    status, text = told([at_most(1, 0.5, "under 1 ms"), at_least(20, 3, "20 times less")])
    assert status == 1
    assert "20 times less" in text
    assert "MISSED" in text
    assert "1 of 2 goals missed." in text


def test_a_run_whose_goals_are_all_met_ends_well():
    status, text = told([at_most(1, 0.5, "under 1 ms")])
    assert status == 0
    assert "All 1 goals met." in text
