"""What is deducted from a wait, and how the rest stands to the goals of the benchmark of gaps."""

from dataclasses import replace

from benchmarks.gap.findings import (
    JUDGED,
    LATE_WORDS,
    P95_MS,
    PIPECAT,
    CarrierRun,
    Contestant,
    Deducted,
    figures,
    gaps_of,
    goals,
)

KNOWN = Deducted(wait_ms=1500, recogniser_ms=300, model_ms=400, voice_ms=200, wait_from_speech=True)
RUN = CarrierRun(waited_ms=[2100 + P95_MS] * 95 + [2400.0] * 4 + [3100.0], closed=0, carrier_late_share=0.0, load=1.0)
GAPS = gaps_of(20, RUN, KNOWN)
FOUND = {name: Contestant(name, KNOWN, [GAPS]) for name in (*JUDGED, LATE_WORDS, PIPECAT)}


def test_a_recogniser_that_tells_while_it_is_waited_costs_nothing():
    assert KNOWN.all_ms == 2100
    assert replace(KNOWN, recogniser_ms=1500).all_ms == 2100
    assert replace(KNOWN, recogniser_ms=2000).all_ms == 2600


def test_a_wait_that_begins_with_the_words_comes_on_top():
    assert replace(KNOWN, wait_ms=600, wait_from_speech=False).all_ms == 1500


def test_a_gap_is_what_is_left_of_a_wait():
    assert (GAPS.answers, GAPS.p50_ms, GAPS.p95_ms, GAPS.p99_ms, GAPS.longest_ms) == (100, P95_MS, P95_MS, 300, 1000)


def test_all_goals_are_met_at_their_bounds():
    assert [goal.met for goal in goals(FOUND)] == [True] * len(JUDGED)


def test_one_gap_more_that_is_too_long_misses_the_goal():
    longer = gaps_of(1, replace(RUN, waited_ms=[2100.0] * 94 + [2100 + P95_MS + 0.1] * 6), KNOWN)
    [short, missed] = goals(FOUND | {JUDGED[1]: Contestant(JUDGED[1], KNOWN, [longer])})
    assert short.met
    assert (missed.met, missed.seen) == (False, 20.1)


def test_each_size_is_judged():
    several = Contestant(JUDGED[0], KNOWN, [GAPS, replace(GAPS, calls=100, p95_ms=30.0)])
    assert [goal.met for goal in goals(FOUND | {JUDGED[0]: several})] == [True, False, True]


def test_the_figures_hold_what_was_deducted():
    told = figures(FOUND)
    assert told[PIPECAT]["deducted"]["all_ms"] == 2100
    assert told[PIPECAT]["runs"][0]["p99_ms"] == 300
