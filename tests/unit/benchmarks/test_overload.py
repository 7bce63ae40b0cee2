"""The crowd of the overload benchmark, what any order could place of it, and what was placed in the order of arrival."""

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.overload.crowd import HOUR, Window, draw, slot_times
from benchmarks.overload.findings import Load, figures, goals
from benchmarks.overload.first_come import placed_blindly, placed_in_window
from benchmarks.overload.network import SINK, SOURCE, network_of

LOAD = Load(
    name="Exactly enough",
    people=20_000,
    slots=20_050,
    optimum=20_000,
    earliest_deadline=20_000,
    first_come=19_000,
    first_come_blindly=15_000,
    cpu_s=60,
    longest_take_ms=12,
)


def window(opens, closes):
    return Window(timedelta(minutes=opens), timedelta(minutes=closes))


def greatest_flow(network):
    """By augmenting one path after the other, a unit at a time."""
    left = defaultdict(int)
    for start, end, capacity in network.edges:
        left[start, end] += capacity
    beside = defaultdict(set)
    for start, end in list(left):
        beside[start].add(end)
        beside[end].add(start)

    def augment(node, seen):
        if node == SINK:
            return True
        seen.add(node)
        for then in beside[node] - seen:
            if left[node, then] and augment(then, seen):
                left[node, then] -= 1
                left[then, node] += 1
                return True
        return False

    flow = 0
    while augment(SOURCE, set()):
        flow += 1
    return flow


def most_matched(windows, slots):
    """People to single slots, by augmenting paths: no kinds of windows, no stretches."""
    placed = {}

    def place(person, seen):
        for number, at in enumerate(slot_times(slots)):
            if windows[person].opens <= at < windows[person].closes and number not in seen:
                seen.add(number)
                if number not in placed or place(placed[number], seen):
                    placed[number] = person
                    return True
        return False

    return sum(place(person, set()) for person in range(len(windows)))


def test_a_seed_draws_the_same_crowd_again_and_another_draws_another():
    assert draw(100, seed=1) == draw(100, seed=1) != draw(100, seed=2)


def test_all_windows_lie_in_the_hour_and_they_vary():
    windows = draw(1000, seed=1)
    assert all(timedelta(0) <= each.opens < each.closes <= HOUR for each in windows)
    assert len({each.opens for each in windows}) > 50
    assert len({each.closes for each in windows}) > 50


def test_slots_lie_evenly_over_the_hour():
    assert slot_times(4) == [timedelta(minutes=minutes) for minutes in (0, 15, 30, 45)]
    assert slot_times(7)[1] == timedelta(microseconds=514_285_714)


@given(people=st.integers(1, 25), seed=st.integers(0, 1000), slots=st.integers(1, 30))
def test_the_greatest_flow_is_the_greatest_number_of_calls_that_can_be_placed(people, seed, slots):
    windows = draw(people, seed=seed)
    assert greatest_flow(network_of(windows, slots)) == most_matched(windows, slots)


def test_who_came_first_takes_the_slot_of_who_has_less_time():
    patient, pressed = window(0, 60), window(1, 16)
    # slots at 0, 15, 30 and 45 minutes
    assert placed_in_window([patient, patient, pressed], 4) == 2
    assert greatest_flow(network_of([patient, patient, pressed], 4)) == 3


def test_a_slot_is_lost_to_a_window_that_has_closed_where_nobody_looks():
    late = [window(0, 5), window(0, 5), window(0, 60)]
    assert placed_in_window(late, 2) == 2
    assert placed_blindly(late, 2) == 1


def test_nobody_is_placed_before_their_window_opens():
    early = [window(20, 60)]
    assert placed_in_window(early, 2) == placed_blindly(early, 2) == 1
    assert placed_in_window(early, 1) == placed_blindly(early, 1) == 0


@pytest.mark.parametrize(("placed", "met"), [(20_000, True), (19_999, False), (20_001, False)])
def test_earliest_deadline_is_to_place_what_any_order_could_and_no_more(placed, met):
    [goal] = goals([replace(LOAD, earliest_deadline=placed)])
    assert (goal.seen, goal.met) == (placed, met)
    assert "20,000 that any order could" in goal.goal


def test_the_figures_hold_the_seed_and_each_load():
    told = figures([LOAD], seed=7)
    assert told["seed"] == 7
    assert told["loads"][0]["first_come_blindly"] == 15_000
    assert LOAD.cpu_ms_a_call == 3
