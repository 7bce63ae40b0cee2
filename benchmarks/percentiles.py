"""Percentiles of what was measured. Pure."""

from collections.abc import Sequence
from math import ceil


def percentile(ordered: Sequence[float], share: float) -> float:
    """The least of the values that no smaller a share of all reaches: one that was measured."""
    return ordered[max(ceil(share * len(ordered)), 1) - 1]
