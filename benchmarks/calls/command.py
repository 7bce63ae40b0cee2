"""The command of a benchmark whose servers have one core each, and whose carrier has the others."""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, TypeVar

from benchmarks.calls.serving import NotMeasurable
from benchmarks.contestants import ContestantFailed, peers_python

PEERS_OF = "calls"
"""The benchmark in whose environment the peers are."""


class Named(Protocol):
    @property
    def name(self) -> str: ...


NamedT = TypeVar("NamedT", bound=Named)


def parser(name: str, asks: str | None, *, sizes: str, peers_sizes: str) -> argparse.ArgumentParser:
    """What is said to all of them: how many calls, and whether beside Pipecat."""
    made = argparse.ArgumentParser(prog=f"make bench NAME={name}", description=asks)
    made.add_argument("--sizes", type=_sizes, default=sizes, help=f"how many calls for Daybook; else {sizes}")
    made.add_argument("--peers-sizes", type=_sizes, default=peers_sizes, help=f"for Pipecat; else {peers_sizes}")
    made.add_argument("--without-peers", action="store_true", help="leave out Pipecat")
    made.add_argument("--peers-python", type=Path, default=peers_python(PEERS_OF), help=argparse.SUPPRESS)
    return made


def measured(contestants: Iterator[NamedT]) -> dict[str, NamedT] | None:
    """What came of each, by name; None where nothing can be measured, which is told."""
    if len(os.sched_getaffinity(0)) < 2:
        print("Two cores are needed: one for the server, one for the carrier.", file=sys.stderr)
        return None
    try:
        return {contestant.name: contestant for contestant in contestants}
    except (NotMeasurable, ContestantFailed) as error:
        print(error, file=sys.stderr)
        return None


def progress(text: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S} {text}", file=sys.stderr)


def _sizes(text: str) -> Sequence[int]:
    return sorted(int(size) for size in text.split(","))
