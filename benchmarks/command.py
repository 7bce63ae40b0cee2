"""What the commands of all benchmarks take and tell alike."""

import argparse
import sys
from datetime import UTC, datetime


def parser(name: str, asks: str | None, *, sizes: str, counts: str) -> argparse.ArgumentParser:
    """A benchmark's arguments, to which it adds those of its own.

    Args:
        name: of the benchmark.
        asks: what it asks.
        sizes: those that are measured where none are named, with commas between.
        counts: of what a size is the number.
    """
    made = argparse.ArgumentParser(prog=f"make bench NAME={name}", description=asks)
    made.add_argument(
        "--sizes", type=sizes_of, default=sizes, help=f"how many {counts}, with commas between; else {sizes}"
    )
    return made


def sizes_of(text: str) -> list[int]:
    """Numbers with commas between, from the least on."""
    return sorted(int(size) for size in text.split(","))


def progress(text: str) -> None:
    """Tells what is measured now, and since when, beside what the program prints."""
    print(f"{datetime.now(UTC):%H:%M:%S} {text}", file=sys.stderr)
