"""When the quiet is looked at: never too late for anything that is waited for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_gateway import waiting
from voice_gateway.waiting import LOOK_MS, next_look_ms

WAITS = {name: wait for name, wait in vars(waiting).items() if name.endswith("_MS")}
moments = st.integers(0, 3_600_000)


@given(now_ms=moments, quiet_since_ms=moments)
def test_the_quiet_is_looked_at_soon_and_at_multiples_after_it_began(now_ms, quiet_since_ms):
    at_ms = next_look_ms(now_ms, quiet_since_ms)
    assert now_ms < at_ms <= now_ms + LOOK_MS
    assert (at_ms - quiet_since_ms) % LOOK_MS == 0


@pytest.mark.parametrize("name", WAITS)
def test_no_wait_is_over_between_two_looks(name):
    assert WAITS[name] % LOOK_MS == 0
