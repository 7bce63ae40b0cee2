"""How what was measured of the journal stands to its goals."""

from dataclasses import replace

import pytest

from benchmarks.journal.findings import (
    FirstByte,
    Found,
    Keeping,
    RotationCost,
    SessionCost,
    Stored,
    figures,
    goals,
    ms_a_mib,
    reckoned,
    times,
)


def rotation(persons, *, at_rest=1.0):
    return RotationCost(
        persons=persons,
        wall_s=persons * 120e-6,
        journal_cpu_s=at_rest + persons * 60e-6,
        postgres_cpu_s=persons * 30e-6,
    )


KEEPING = Keeping(
    segment_bytes=6400,
    at_once=20,
    raw=Stored([2, 3, 2], [40, 80, 50]),
    alone=Stored([11, 10, 12], [160, 240, 200]),
    many=Stored([11, 10, 12], [100, 160, 120]),
    tink=Stored([24, 20, 25], [110, 140, 130]),
)
FOUND = Found(
    keeping=KEEPING,
    sessions=SessionCost(sessions=100, at_once=10, wall_s=20, journal_cpu_s=9, postgres_cpu_s=1),
    seconds_a_session=60,
    first_byte=FirstByte(minutes=60, from_start_ms=40, from_middle_ms=44),
    rotations=[rotation(20_000), rotation(50_000), rotation(100_000)],
)


def seen(found, word):
    [goal] = [goal for goal in goals(found) if word in goal.goal]
    return goal


def test_every_goal_is_judged_where_all_was_measured():
    assert len(goals(FOUND)) == 6
    assert all(goal.met for goal in goals(FOUND))


def test_without_tink_nothing_is_compared_to_it():
    judged = goals(replace(FOUND, keeping=replace(KEEPING, tink=None)))
    assert len(judged) == 4
    assert not any("Tink" in goal.goal for goal in judged)


def test_rounds_are_compared_one_by_one():
    # the second round was a slow one for both
    assert times([100, 500, 120], [40, 250, 50]) == pytest.approx(2.4)


def test_keeping_is_judged_with_many_recordings_at_once():
    slow = replace(FOUND, keeping=replace(KEEPING, many=Stored([11, 10, 12], [130, 250, 160])))
    goal = seen(slow, "AES-GCM and plain files")
    assert (goal.seen, goal.met) == (pytest.approx(3.2, abs=0.1), False)


def test_encrypting_alone_is_compared_to_tink_too():
    slow = replace(FOUND, keeping=replace(KEEPING, many=replace(KEEPING.many, sealed_us=[48, 30, 50])))
    assert seen(slow, "Encrypted alone").seen == pytest.approx(2.0)
    assert not seen(slow, "Encrypted alone").met


def test_a_mib_has_as_many_segments_as_fit():
    assert ms_a_mib([100, 120, 160], 6400) == pytest.approx(120 * 163.84 / 1000)


def test_a_core_keeps_as_many_calls_as_it_ends_in_their_time():
    goal = seen(replace(FOUND, sessions=replace(FOUND.sessions, journal_cpu_s=79)), "Whole sessions")
    assert (goal.seen, goal.met) == (pytest.approx(75), False)


def test_the_middle_is_compared_to_the_start():
    waited = replace(FOUND, first_byte=FirstByte(minutes=60, from_start_ms=40, from_middle_ms=80))
    assert (seen(waited, "the middle").seen, seen(waited, "the middle").met) == (2.0, False)


def test_a_million_keys_are_reckoned_by_the_line_through_all_sizes():
    million = reckoned(FOUND.rotations)
    assert million.cpu_s == pytest.approx(91)
    assert million.wall_s == pytest.approx(120)
    assert million.cpu_us_a_key == pytest.approx(90)
    assert million.cpu_s_at_rest == pytest.approx(1)
    assert million.off_by == pytest.approx(0, abs=1e-9)


def test_how_far_the_line_is_off_is_told():
    bent = [rotation(20_000), rotation(50_000, at_rest=2.0), rotation(100_000)]
    assert reckoned(bent).off_by > 0.05


def test_one_size_of_rotation_is_no_line():
    short = replace(FOUND, rotations=[rotation(20_000)])
    assert reckoned(short.rotations) is None
    assert not any("persons' keys" in goal.goal for goal in goals(short))
    assert figures(short)["million_keys_reckoned"] is None


def test_the_figures_hold_every_round_and_what_was_reckoned():
    told = figures(FOUND)
    assert told["keeping"]["many"]["stored_us"] == [100, 160, 120]
    assert told["million_keys_reckoned"]["cpu_us_a_key"] == pytest.approx(90)
