"""The question how many calls any order could place, as one of flow. Pure.

Slots between two neighbouring moments at which a window opens or closes are all alike, and so are people with the same window.
So it flows from a source to each kind of window (as much as there are people with it), from there to each stretch of time that
lies in it, and from a stretch to a sink (as much as it has slots). The greatest flow is the greatest number of calls that can be
placed in their windows: it knows of no order.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from benchmarks.overload.crowd import HOUR, Window

SOURCE, SINK = 0, 1


@dataclass(frozen=True)
class Network:
    """`edges` are from, to, and how much may flow; the nodes are numbered from 0."""

    nodes: int
    edges: Sequence[tuple[int, int, int]]


def network_of(windows: Sequence[Window], slots: int) -> Network:
    """The network of a crowd and so many slots over the hour."""
    kinds = Counter(windows)
    moments = sorted({moment for kind in kinds for moment in (kind.opens, kind.closes)})
    stretches = {stretch: node for node, stretch in enumerate(pairwise(moments), SINK + 1)}
    edges = [
        (node, SINK, _slots_before(end, slots) - _slots_before(start, slots))
        for (start, end), node in stretches.items()
    ]
    for node, (kind, people) in enumerate(kinds.items(), SINK + 1 + len(stretches)):
        edges.append((SOURCE, node, people))
        within = (stretches[start, end] for start, end in stretches if kind.opens <= start and end <= kind.closes)
        edges.extend((node, stretch, people) for stretch in within)
    return Network(SINK + 1 + len(stretches) + len(kinds), edges)


def _slots_before(moment: timedelta, slots: int) -> int:
    """How many of `crowd.slot_times(slots)` lie before a moment: it is reckoned, not counted."""
    return -(-moment * slots // HOUR)
