"""The overload benchmark in small: call-dispatcher's own store and ledger place what they are to place."""

import os

import pytest

from benchmarks.overload.crowd import draw
from benchmarks.overload.earliest_deadline import place
from benchmarks.overload.first_come import placed_in_window


@pytest.mark.parametrize(("seed", "optimum"), [(4, 60), (1, 53)])
async def test_as_many_are_placed_as_any_order_could(postgres_url, seed, optimum):
    windows = draw(60, seed=seed)
    ours = await place(postgres_url, windows, 60, {"postgres": os.getpid()})
    assert ours["placed"] == optimum > placed_in_window(windows, 60)
    assert ours["cpu_s"] > 0
    assert ours["longest_take_ms"] > 0
