"""The command of a benchmark whose servers have one core each, and whose carrier has the others."""

import argparse
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, TypeVar

from benchmarks import command
from benchmarks.contestants import NotMeasurable, peers_python

PEERS_OF = "calls"
"""The benchmark in whose environment the peers are."""


class Named(Protocol):
    @property
    def name(self) -> str: ...


NamedT = TypeVar("NamedT", bound=Named)


def parser(name: str, asks: str | None, *, sizes: str, peers_sizes: str) -> argparse.ArgumentParser:
    """What is said to all of them: how many calls, and whether beside Pipecat."""
    made = command.parser(name, asks, sizes=sizes, counts="calls for Daybook")
    made.add_argument(
        "--peers-sizes", type=command.sizes_of, default=peers_sizes, help=f"for Pipecat; else {peers_sizes}"
    )
    made.add_argument("--without-peers", action="store_true", help="leave out Pipecat")
    made.add_argument("--peers-python", type=Path, default=peers_python(PEERS_OF), help=argparse.SUPPRESS)
    return made


def measured(contestants: Iterator[NamedT]) -> dict[str, NamedT]:
    """What came of each, by name.

    Raises:
        NotMeasurable: there is one core, or a server did not start.
    """
    if len(os.sched_getaffinity(0)) < 2:
        raise NotMeasurable("Two cores are needed: one for the server, one for the carrier.")
    return {contestant.name: contestant for contestant in contestants}
