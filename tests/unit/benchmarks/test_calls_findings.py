"""How what a carrier heard stands to the goals of the benchmark of calls."""

from dataclasses import replace

from benchmarks.calls.findings import (
    BARE,
    CPU_S_A_CALL_MINUTE,
    DAYBOOK,
    LATE_SHARE,
    PIPECAT,
    CarrierRun,
    Contestant,
    figures,
    goals,
)

RUN = CarrierRun(
    calls=400,
    cpu_s_a_call_minute=0.05,
    usual_s=1.5,
    replies=400,
    late_share=LATE_SHARE,
    closed=0,
    carrier_late_share=0,
    load=1,
)
LATE = replace(RUN, calls=500, late_share=LATE_SHARE + 0.001)
FOUND = {
    DAYBOOK: Contestant(DAYBOOK, [RUN, LATE]),
    BARE: Contestant(BARE, [replace(RUN, calls=100), RUN]),
    PIPECAT: Contestant(PIPECAT, [replace(RUN, calls=50, cpu_s_a_call_minute=1.0), LATE]),
}


def test_all_goals_are_met_at_their_bounds():
    assert [(goal.seen, goal.met) for goal in goals(FOUND)] == [(8, True), (0.05, True), (1, True)]
    assert len(goals({DAYBOOK: FOUND[DAYBOOK]})) == 1, "without peers there is less to judge"


def test_one_call_of_pipecats_more_misses_the_goal():
    faster = Contestant(PIPECAT, [replace(RUN, calls=51), LATE])
    assert not goals(FOUND | {PIPECAT: faster})[0].met


def test_a_pipecat_that_was_never_late_is_not_judged_by():
    unknown = Contestant(PIPECAT, [replace(RUN, calls=50)])
    assert len(goals(FOUND | {PIPECAT: unknown})) == len(goals(FOUND)) - 1


def test_a_call_that_costs_too_much_misses_the_goal():
    dear = Contestant(DAYBOOK, [replace(RUN, cpu_s_a_call_minute=CPU_S_A_CALL_MINUTE + 0.001)])
    assert [goal.met for goal in goals(FOUND | {DAYBOOK: dear})] == [True, False, False]


def test_the_most_calls_are_those_with_which_and_below_which_all_was_in_time():
    again = replace(RUN, calls=600)
    assert Contestant(DAYBOOK, [again, LATE, RUN]).calls_in_time == 400
    ended = Contestant(DAYBOOK, [replace(RUN, closed=1)])
    assert ended.calls_in_time == 0
    assert ended.cpu_s_a_call_minute == RUN.cpu_s_a_call_minute


def test_the_figures_hold_each_run():
    told = figures(FOUND)
    assert told[DAYBOOK]["calls_in_time"] == 400
    assert [run["calls"] for run in told[DAYBOOK]["runs"]] == [400, 500]
