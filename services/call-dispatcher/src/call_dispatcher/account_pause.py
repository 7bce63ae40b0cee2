"""When the carrier refuses the account itself, whoever is called: how long nobody is dialed. Pure.

Every call would fail alike, and each would use up its person's tries. So dialing pauses, for all dispatchers, and after the pause
one call shows whether the account is taken again. What is due meanwhile keeps its place, for as long as its window is open.
"""

from datetime import datetime, timedelta

FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=5)
PROBE_TAKES = timedelta(seconds=30)
"""So long no second call is dialed after the one that is to show it. Longer than its answer takes."""


def pause_after(refusals: int) -> timedelta:
    """How long to pause.

    Args:
        refusals: how often the account was refused since it was last taken, from 1.
    """
    return min(FIRST_PAUSE * (1 << min(refusals - 1, 10)), LONGEST_PAUSE)


def paused_for(paused_until: datetime, now: datetime) -> timedelta | None:
    """How long the pause lasts still; none where it is over.

    Args:
        paused_until: as it is kept, aware.
        now: by the same clock.
    """
    left = paused_until - now
    # longer than any: the clock was set back, and waiting for it would stop all calls for as long
    return left if timedelta(0) < left <= LONGEST_PAUSE else None
