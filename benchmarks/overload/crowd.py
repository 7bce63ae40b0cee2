"""People whose windows all close within one hour, and the slots of a carrier's rate in it. Pure.

Times count from the hour's begin. A call may be placed in a slot that lies in its window: when it opens or later, and before it
closes.
"""

from dataclasses import dataclass
from datetime import timedelta
from random import Random

HOUR = timedelta(hours=1)
LAST_OPENING_MINUTE = 55
LENGTHS_MINUTES = (2, 5, 10, 15, 20, 30, 45, 60)


@dataclass(frozen=True)
class Window:
    """When one person may be called."""

    opens: timedelta
    closes: timedelta


def draw(people: int, *, seed: int) -> list[Window]:
    """The windows of so many people, in no order: to the minute, as windows are, some short, some as long as the hour allows."""
    chance = Random(seed)
    windows = []
    for _ in range(people):
        opens = timedelta(minutes=chance.randint(0, LAST_OPENING_MINUTE))
        length = timedelta(minutes=chance.choice(LENGTHS_MINUTES))
        windows.append(Window(opens, min(opens + length, HOUR)))
    return windows


def slot_times(slots: int) -> list[timedelta]:
    """When each of so many slots is, evenly over the hour, to the microsecond below."""
    return [number * HOUR // slots for number in range(slots)]
