"""How many calls any order could place, and how few slots are enough for all: by the greatest flow, which SciPy finds.

It shares nothing with the dispatcher, and nothing with earliest deadline first.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

from benchmarks.contestants import contest
from benchmarks.overload.crowd import Window, draw
from benchmarks.overload.network import SINK, SOURCE, network_of


def placed_at_most(windows: Sequence[Window], slots: int) -> int:
    """How many calls can be placed in their windows with so many slots over the hour."""
    network = network_of(windows, slots)
    start, end, capacity = np.array(network.edges, dtype=np.int32).T
    graph = csr_array((capacity, (start, end)), shape=(network.nodes, network.nodes))
    return int(maximum_flow(graph, SOURCE, SINK).flow_value)


def enough_slots(windows: Sequence[Window]) -> int:
    """A number of slots with which all can be placed, and with one less not."""
    too_few, enough = 0, len(windows)
    while placed_at_most(windows, enough) < len(windows):
        too_few, enough = enough, 2 * enough
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        if placed_at_most(windows, middle) < len(windows):
            too_few = middle
        else:
            enough = middle
    return enough


def work(task: dict[str, Any]) -> dict[str, Any]:
    windows = draw(task["people"], seed=task["seed"])
    half = task["half"]
    enough = enough_slots(windows)
    return {
        "half": {"slots": half, "placed": placed_at_most(windows, half)},
        "enough": {"slots": enough, "placed": placed_at_most(windows, enough)},
    }


if __name__ == "__main__":
    contest(work)
