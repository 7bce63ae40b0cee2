"""How what was measured of a tick stands to its goals."""

from dataclasses import replace

import pytest

from benchmarks.tick.findings import AtSize, Peers, ScanCost, TickCost, figures, goals, median_tick

TICK = TickCost(
    windows=1000,
    calls=990,
    find_cpu_s=0.02,
    store_cpu_s=0.06,
    publish_cpu_s=0.05,
    store_wall_s=0.07,
    publish_wall_s=0.05,
    rows_read=4000,
    rows_written=5000,
)
PEERS = Peers(
    jobs=100_000,
    apscheduler_idle_cpu_ms=12,
    apscheduler_due=1000,
    apscheduler_due_cpu_s=1.5,
    apscheduler_memory_mib=240,
    celery_first_cpu_s=8,
    celery_idle_cpu_s=0.8,
    celery_memory_mib=440,
)


def at(windows, **changes):
    found = AtSize(
        windows=windows,
        look_cpu_ms=0.9,
        start_cpu_ms=4,
        start_rows=210,
        few_due=TICK,
        one_percent_due=TICK,
        floor_cpu_s_a_window=40e-6,
        scan=ScanCost(cpu_s=windows * 4e-6, peak_memory_mib=30, extrapolated=False),
        peak_memory_mib=128,
    )
    return replace(found, **changes)


ALL = [at(10_000), at(100_000), at(1_000_000), at(10_000_000)]


def seen(sizes, word, peers=PEERS):
    [goal] = [goal for goal in goals(sizes, peers) if word in goal.goal]
    return goal


def test_every_goal_is_judged_where_all_sizes_and_peers_were_measured():
    assert len(goals(ALL, PEERS)) == 7
    assert all(goal.met for goal in goals(ALL, PEERS))


def test_a_quick_run_judges_only_what_it_measured():
    judged = [goal.goal for goal in goals([at(10_000)], None)]
    assert len(judged) == 4
    assert all("10,000" in goal or "any size" in goal for goal in judged)


def test_growth_is_judged_between_the_largest_size_and_a_hundred_thousand():
    grown = [*ALL[:3], at(10_000_000, few_due=replace(TICK, store_cpu_s=0.15))]
    growth = seen(grown, "2 times the CPU")
    assert (growth.seen, growth.met) == (pytest.approx(2.5), False)


def test_finding_is_compared_to_a_scan_of_a_million():
    assert seen(ALL, "than a scan").seen == pytest.approx(4.0 / 0.02)


def test_apscheduler_is_compared_at_the_size_it_was_filled_to():
    sizes = [*ALL[:1], at(100_000, few_due=replace(TICK, store_cpu_s=0.4)), *ALL[2:]]
    compared = seen(sizes, "APScheduler")
    assert (compared.seen, compared.met) == (pytest.approx(3.75), False)


def test_storing_is_compared_to_postgresql_alone():
    heavy = [*ALL[:3], at(10_000_000, floor_cpu_s_a_window=12e-6)]
    compared = seen(heavy, "PostgreSQL alone")
    assert (compared.seen, compared.met) == (pytest.approx(5), False)


def test_the_cost_of_a_window_counts_storing_and_publishing():
    heavy = [*ALL[:3], at(10_000_000, one_percent_due=replace(TICK, store_cpu_s=0.3, publish_cpu_s=0.21))]
    cost = seen(heavy, "500 µs")
    assert (cost.seen, cost.met) == (pytest.approx(510), False)


def test_memory_is_judged_at_the_size_that_took_most():
    assert not seen([at(10_000, peak_memory_mib=151), at(100_000)], "MiB").met


def test_the_median_tick_is_one_that_was_measured():
    ticks = [replace(TICK, store_cpu_s=cost) for cost in (0.3, 0.1, 0.2)]
    assert median_tick(ticks) is ticks[2]


def test_the_figures_hold_each_size_and_the_peers():
    told = figures(ALL, PEERS, 126.0)
    assert list(told["sizes"]) == ["10000", "100000", "1000000", "10000000"]
    assert told["sizes"]["100000"]["few_due"]["rows_written"] == 5000
    assert told["peers"]["jobs"] == 100_000
    assert figures(ALL, None, 126.0)["peers"] is None
