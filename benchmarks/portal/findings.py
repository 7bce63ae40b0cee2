"""What readers of the portal waited, and what is to hold of it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.measuring import CLIENT
from benchmarks.measuring import Reading as Clocks
from benchmarks.percentiles import percentile
from benchmarks.report import Goal, at_most

P95_MS = 50.0


@dataclass(frozen=True)
class Waits:
    """Of one page, or of all.

    Attributes:
        pages: how many were opened.
    """

    pages: int
    p50_ms: float
    p95_ms: float
    longest_ms: float


@dataclass(frozen=True)
class Reading:
    """
    Attributes:
        people: how many read at once.
        pages_a_second: that they opened in all.
        of_page: the waits of each page, by its name.
        all_pages: of all of them together.
        cpu_ms_a_page: of each server, by its name.
        failed: answers that were not the page.
    """

    people: int
    pages_a_second: float
    of_page: Mapping[str, Waits]
    all_pages: Waits
    cpu_ms_a_page: Mapping[str, float]
    failed: int


def reading_of(people: int, told: Mapping[str, Any], cost: Clocks) -> Reading:
    """
    Args:
        people: how many read.
        told: by the readers: `waits_ms` by page, over `counted_s` seconds; how many pages were `opened` in
            all, and how many answers `failed`.
        cost: of the servers, from the first page that was opened to the last.
    """
    waits_ms: Mapping[str, Sequence[float]] = told["waits_ms"]
    together = [each for waits in waits_ms.values() for each in waits]
    return Reading(
        people=people,
        pages_a_second=len(together) / told["counted_s"],
        of_page={page: _waits(waits) for page, waits in waits_ms.items()},
        all_pages=_waits(together),
        cpu_ms_a_page={name: cpu_s / told["opened"] * 1000 for name, cpu_s in cost.cpu_s.items() if name != CLIENT},
        failed=told["failed"],
    )


def _waits(waits_ms: Sequence[float]) -> Waits:
    ordered = sorted(waits_ms)
    return Waits(len(ordered), percentile(ordered, 0.5), percentile(ordered, 0.95), ordered[-1])


def goals(readings: Sequence[Reading]) -> list[Goal]:
    return [
        goal
        for each in readings
        for goal in (
            at_most(
                P95_MS,
                each.all_pages.p95_ms,
                f"{each.people:,} people: of 100 pages, 95 are there within {P95_MS:g} ms",
            ),
            at_most(0, each.failed, f"{each.people:,} people: no page fails"),
        )
    ]


def figures(readings: Sequence[Reading], bare: Sequence[Reading]) -> dict[str, Any]:
    """All that was found, for programs."""
    return {"portal": [asdict(each) for each in readings], "bare": [asdict(each) for each in bare]}
