"""How what was measured of a dispatcher stands to its goals."""

from dataclasses import replace

from benchmarks.dispatch.findings import Backlog, Found, Waits, figures, goals, waits_of

SOON = Waits(calls=1200, a_second=20, cpu_ms_a_call=8, p50_ms=15, p99_ms=49.9, longest_ms=80)
POLLED = Waits(calls=120, a_second=2, cpu_ms_a_call=1, p50_ms=7500, p99_ms=14_900, longest_ms=15_000)
CPU_S = {"dispatcher": 72.0, "postgres": 36.0, "nats": 9.0}
LARGE = Backlog(announced=20_000, calls=18_000, wall_s=90, cpu_s=CPU_S)
SMALL = Backlog(announced=2000, calls=1800, wall_s=18, cpu_s=CPU_S)
FOUND = Found(dispatcher=SOON, poll=POLLED, backlogs=[SMALL, LARGE], doubled=0)


def seen(found, word):
    [goal] = [goal for goal in goals(found) if word in goal.goal]
    return goal


def test_all_goals_are_met_at_their_bounds():
    assert [goal.met for goal in goals(FOUND)] == [True, True, True]
    assert all(goal.met for goal in goals(replace(FOUND, poll=None)))


def test_the_hundredth_call_that_waits_too_long_misses_the_goal():
    late = seen(replace(FOUND, dispatcher=replace(SOON, p99_ms=50.1)), "50 ms")
    assert (late.seen, late.met) == (50.1, False)


def test_the_rate_is_judged_at_the_largest_backlog():
    rate = seen(replace(FOUND, backlogs=[LARGE, replace(SMALL, announced=40_000)]), "200 calls a second")
    assert (rate.seen, rate.met) == (100, False)
    assert "40,000" in rate.goal


def test_a_call_that_comes_twice_misses_the_goal():
    assert not seen(replace(FOUND, doubled=1), "twice").met


def test_a_wait_is_from_the_publisher_to_the_carrier():
    sent, received = {"a": 1_000_000, "b": 2_000_000}, {"before": 0, "a": 4_000_000, "b": 3_000_000}
    waits = waits_of(sent, received, a_second=20, cpu_s=0.008)
    assert (waits.calls, waits.p50_ms, waits.p99_ms, waits.longest_ms, waits.cpu_ms_a_call) == (2, 1, 3, 3, 4)


def test_a_backlogs_cpu_is_told_a_call():
    assert LARGE.calls_a_second == 200
    assert LARGE.cpu_ms_a_call("dispatcher") == 4


def test_the_figures_hold_each_backlog():
    told = figures(FOUND)
    assert list(told["backlogs"]) == ["2000", "20000"]
    assert told["poll"]["p50_ms"] == 7500
    assert figures(replace(FOUND, poll=None))["poll"] is None
