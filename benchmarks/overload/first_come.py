"""How many calls are placed in their windows in the order in which they came, as the first system does it, and every open
dialer. Pure: what an order places does not depend on who keeps it, and so it is counted and not run.
"""

from collections import deque
from collections.abc import Sequence

from benchmarks.overload.crowd import Window, slot_times


def placed_blindly(windows: Sequence[Window], slots: int) -> int:
    """Whoever came first is dialed, though their window has closed meanwhile: the first system's way."""
    waiting = _as_they_came(windows)
    placed = 0
    for at in slot_times(slots):
        if waiting and waiting[0].opens <= at:
            placed += at < waiting.popleft().closes
    return placed


def placed_in_window(windows: Sequence[Window], slots: int) -> int:
    """Whoever came first and whose window has not closed is dialed: no slot is lost to somebody who must not be called."""
    waiting = _as_they_came(windows)
    placed = 0
    for at in slot_times(slots):
        while waiting and waiting[0].opens <= at:
            if at < waiting.popleft().closes:
                placed += 1
                break
    return placed


def _as_they_came(windows: Sequence[Window]) -> deque[Window]:
    return deque(sorted(windows, key=lambda window: window.opens))
