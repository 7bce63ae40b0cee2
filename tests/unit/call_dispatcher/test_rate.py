from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from call_dispatcher.rate import AHEAD, LEAVES_WITHIN, open_slots, opens_in, spacing_of

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MS = timedelta(milliseconds=1)

rates = st.floats(min_value=0.1, max_value=1000)


def test_slots_are_evenly_spaced():
    assert open_slots(NOW, NOW, spacing=100 * MS, wanted=3) == [NOW, NOW + 100 * MS, NOW + 200 * MS]


def test_no_more_than_are_wanted_nor_further_ahead_than_is_allowed():
    assert open_slots(NOW, NOW, spacing=100 * MS, wanted=1) == [NOW]
    assert len(open_slots(NOW, NOW, spacing=100 * MS, wanted=100)) == 3
    assert open_slots(NOW + AHEAD, NOW, spacing=SECOND, wanted=100) == [NOW + AHEAD]
    assert open_slots(NOW + AHEAD + MS, NOW, spacing=SECOND, wanted=100) == []


def test_idle_time_saves_up_no_burst():
    assert open_slots(NOW - timedelta(hours=1), NOW, spacing=SECOND, wanted=100) == [NOW]


def test_a_clock_that_was_set_back_stops_no_calls():
    assert open_slots(NOW + timedelta(hours=1), NOW, spacing=SECOND, wanted=1) == [NOW]


@given(
    per_second=rates,
    dispatchers=st.lists(
        st.tuples(st.integers(min_value=0, max_value=3_000_000), st.integers(min_value=1, max_value=100)),
        min_size=1,
        max_size=60,
    ),
)
def test_whoever_asks_when_and_for_how_many_no_second_has_more_slots_than_the_rate(per_second, dispatchers):
    spacing = spacing_of(per_second)
    now, next_slot_at, taken = NOW, NOW, []
    for wait_us, wanted in dispatchers:
        now += timedelta(microseconds=wait_us)
        slots = open_slots(next_slot_at, now, spacing=spacing, wanted=wanted)
        assert all(now <= slot <= now + AHEAD for slot in slots)
        if slots:
            next_slot_at = slots[-1] + spacing
            taken += slots
        else:
            later = now + opens_in(next_slot_at, now)
            assert open_slots(next_slot_at, later, spacing=spacing, wanted=1)
            assert not open_slots(next_slot_at, later - timedelta(microseconds=1), spacing=spacing, wanted=1)
    apart = [after - before for before, after in pairwise(taken)]
    assert all(gap >= spacing for gap in apart)


@given(per_second=st.integers(min_value=1, max_value=100))
def test_a_rate_that_is_used_up_is_had_in_full(per_second):
    spacing = spacing_of(per_second)
    now, next_slot_at, taken = NOW, NOW, []
    while len(taken) < 3 * per_second:
        slots = open_slots(next_slot_at, now, spacing=spacing, wanted=8)
        if slots:
            next_slot_at = slots[-1] + spacing
            taken += slots
        else:
            now += opens_in(next_slot_at, now)
    in_full = [NOW + n * spacing for n in range(len(taken))]
    assert taken == in_full
    assert taken[3 * per_second - 1] < NOW + 3 * (SECOND + LEAVES_WITHIN)


@given(
    per_second=st.integers(min_value=1, max_value=50),
    lateness=st.lists(st.timedeltas(min_value=timedelta(0), max_value=LEAVES_WITHIN), min_size=2, max_size=150),
)
def test_no_second_has_more_posts_than_the_rate_however_late_each_leaves(per_second, lateness):
    spacing = spacing_of(per_second)
    left = sorted(NOW + n * spacing + late for n, late in enumerate(lateness))
    assert all(after - before >= SECOND for before, after in zip(left, left[per_second:], strict=False))
