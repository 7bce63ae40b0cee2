"""What a search cost over some years, and how that stands to the goals. Pure."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.report import Goal, at_most

TIMES_IN_CLEAR = 5.0
LONGEST_HOLD_MS = 10.0
GROWTH = 1.5


@dataclass(frozen=True)
class Searched:
    """A search for a rare word, which has to look at every entry. CPU is that of the process and of PostgreSQL.

    Attributes:
        entries: one a day.
        turns: of all of them.
        hits: how many entries hold the word.
        daybook_hits: how many Daybook finds.
        daybook_cpu_s: of one search.
        longest_hold_ms: the longest that nothing else could be done on the loop meanwhile, in CPU time of its thread.
        in_clear_hits: how many are found where nothing is sealed,
        in_clear_cpu_s: and what that costs.
        indexed_hits: how many an index of words in clear finds,
        indexed_cpu_ms: and what that costs.
        sealed_index_hits: how many one finds that is sealed as a whole,
        sealed_index_cpu_ms: what that costs,
        upkeep_cpu_ms: and what it costs to add an entry to it.
    """

    years: int
    entries: int
    turns: int
    hits: int
    daybook_hits: int
    daybook_cpu_s: float
    longest_hold_ms: float
    in_clear_hits: int
    in_clear_cpu_s: float
    indexed_hits: int
    indexed_cpu_ms: float
    sealed_index_hits: int
    sealed_index_cpu_ms: float
    upkeep_cpu_ms: float

    @property
    def times_in_clear(self) -> float:
        return self.daybook_cpu_s / self.in_clear_cpu_s

    @property
    def cpu_ms_an_entry(self) -> float:
        return self.daybook_cpu_s / self.entries * 1000


def goals(found: Sequence[Searched]) -> list[Goal]:
    """Those of the largest size; and that a search costs as much an entry, however many there are."""
    if not found:
        return []
    smallest, largest = found[0], found[-1]
    years = f"{largest.years} year{'s' if largest.years > 1 else ''}"
    all_hits = {largest.daybook_hits, largest.in_clear_hits, largest.indexed_hits, largest.sealed_index_hits}
    judged = [
        Goal(
            f"{years}: every entry with the word is found, by each",
            min(all_hits),
            met=all_hits == {largest.hits},
        ),
        at_most(
            TIMES_IN_CLEAR,
            largest.times_in_clear,
            f"{years}: a search <= {TIMES_IN_CLEAR:g}x the CPU of reading all in clear",
        ),
        at_most(
            LONGEST_HOLD_MS,
            largest.longest_hold_ms,
            f"{years}: nothing else waits for it longer than {LONGEST_HOLD_MS:g} ms",
        ),
    ]
    if largest.years > smallest.years:
        growth = largest.cpu_ms_an_entry / smallest.cpu_ms_an_entry
        judged.append(
            at_most(GROWTH, growth, f"{years}: an entry costs <= {GROWTH:g}x what it does with {smallest.years}")
        )
    return judged


def figures(found: Sequence[Searched]) -> dict[str, Any]:
    """All that was found, for programs."""
    return {
        "sizes": [
            asdict(size) | {"times_in_clear": size.times_in_clear, "cpu_ms_an_entry": size.cpu_ms_an_entry}
            for size in found
        ]
    }
