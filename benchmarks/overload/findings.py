"""What each order placed, and how that stands to the goal. Pure."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.report import Goal


@dataclass(frozen=True)
class Load:
    """So many people, and so many slots to call them in.

    Attributes:
        name: of the load, for people.
        people: whose windows all close within the hour.
        slots: of the carrier's rate in that hour.
        optimum: how many calls any order could place in their windows.
        earliest_deadline: how many call-dispatcher does.
        first_come: how many are placed in the order in which they came, where closed windows are passed over,
        first_come_blindly: and where they are not.
        cpu_s: of call-dispatcher's store and ledger and of PostgreSQL, for all slots.
        longest_take_ms: the longest that choosing a call took, by the clock on the wall.
    """

    name: str
    people: int
    slots: int
    optimum: int
    earliest_deadline: int
    first_come: int
    first_come_blindly: int
    cpu_s: float
    longest_take_ms: float

    @property
    def cpu_ms_a_call(self) -> float:
        return self.cpu_s / self.earliest_deadline * 1000


def goals(loads: Sequence[Load]) -> list[Goal]:
    """More than the optimum would be as wrong as less: then one of the two counts what it should not."""
    return [
        Goal(
            goal=f"{load.name}: of {load.people:,} calls, earliest deadline places the {load.optimum:,} that any order could",
            seen=load.earliest_deadline,
            met=load.earliest_deadline == load.optimum,
        )
        for load in loads
    ]


def figures(loads: Sequence[Load], *, seed: int) -> dict[str, Any]:
    """All that was found, for programs."""
    return {"seed": seed, "loads": [asdict(load) for load in loads]}
