"""What a benchmark prints: tables for people, the goals and whether each is met, and as the last line one JSON object."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

WIDTH_WITHOUT_TERMINAL = 130


@dataclass(frozen=True)
class Goal:
    """Something that is to hold, and what was seen.

    Attributes:
        goal: what is to hold, in words that name the bound and its unit.
        seen: in the same unit.
        met: whether it holds.
    """

    goal: str
    seen: float
    met: bool


def at_most(bound: float, seen: float, goal: str) -> Goal:
    return Goal(goal, round(seen, 3), seen <= bound)


def at_least(bound: float, seen: float, goal: str) -> Goal:
    return Goal(goal, round(seen, 3), seen >= bound)


def last_line(benchmark: str, figures: Mapping[str, Any], goals: Sequence[Goal]) -> str:
    """A benchmark's result as one JSON object, for programs."""
    told = [{"goal": goal.goal, "seen": goal.seen, "met": goal.met} for goal in goals]
    return json.dumps({"benchmark": benchmark, "figures": figures, "goals": told})


def tell(console: Console, benchmark: str, figures: Mapping[str, Any], goals: Sequence[Goal]) -> int:
    """Prints the goals and the last line.

    Returns:
        The exit status: 1 where a goal is missed, so that a benchmark can stand as a check.
    """
    table = Table("goal", "seen", "")
    table.columns[1].justify = "right"
    for goal in goals:
        table.add_row(goal.goal, f"{goal.seen:,.3g}" if goal.seen < 1000 else f"{goal.seen:,.0f}", _verdict(goal))
    console.print(table)
    missed = [goal for goal in goals if not goal.met]
    console.print(f"{len(missed)} of {len(goals)} goals missed." if missed else f"All {len(goals)} goals met.")
    console.file.write(last_line(benchmark, figures, goals) + "\n")
    return 1 if missed else 0


def figures_table(title: str, *columns: str) -> Table:
    """An empty table of figures, set to the right; the first column too, unless it has no heading and so names the rows."""
    table = Table(*columns, title=title, title_justify="left")
    for column in table.columns[1:] if columns[0] == "" else table.columns:
        column.justify = "right"
    return table


def console() -> Console:
    """Standard output, wide enough for a table also where it is a file."""
    terminal = Console()
    return terminal if terminal.is_terminal else Console(width=WIDTH_WITHOUT_TERMINAL)


def _verdict(goal: Goal) -> str:
    return "[green]met[/green]" if goal.met else "[red]MISSED[/red]"
