"""How fast calls are handed to the carrier: which slots are open. Pure.

Beyond its calls per second the carrier does not refuse: it queues, silently and for up to a day (reference/telephony.md,
B.6), and the earliest deadline would no longer go first. So the queue is kept here, and each POST has a slot of its own.

The generic cell rate algorithm without a burst (ITU-T I.371, virtual scheduling): slots lie at least one spacing apart, and
idle time saves none up. Its one variable, when the next slot may open, stands in the database (`rate_store`), so that all
processes of one installation share one rate, and one that dies takes none of it along.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil

AHEAD = timedelta(milliseconds=250)
"""So long before it opens a slot may be taken at most: time to choose its call and to ask window-scheduler about it. What
comes due meanwhile with an earlier deadline waits for the next slot, so it is short.
"""

LATE_AT_MOST = timedelta(milliseconds=50)
"""So long after it opened a slot may still be used: its POST is handed on then, or waits for another slot."""

LEAVES_WITHIN = LATE_AT_MOST + timedelta(milliseconds=10)
"""And so long after it the POST has left: to hand it to a thread takes less than the difference, where the process is not kept
from running just then.
"""

CLOCK_STEP = timedelta(seconds=1)
SECOND, MICROSECOND = timedelta(seconds=1), timedelta(microseconds=1)


def spacing_of(calls_per_second: float) -> timedelta:
    """From one slot to the next: so much longer than the rate alone asks for that no second holds more POSTs than it, however
    late in its slot each of them leaves.
    """
    return timedelta(microseconds=ceil((SECOND + LEAVES_WITHIN) / calls_per_second / MICROSECOND))


def open_slots(next_slot_at: datetime, now: datetime, *, spacing: timedelta, wanted: int) -> Sequence[datetime]:
    """The slots that may be taken now, the earliest first; at most `wanted`.

    Args:
        next_slot_at: when the next slot may open, aware, as the database has it.
        now: by the database's clock as well.
        spacing: from one slot to the next.
        wanted: how many calls could be dialed.
    """
    first = max(next_slot_at, now)
    if first - now > AHEAD + spacing + CLOCK_STEP:
        # no slot was ever taken so far ahead: the clock was set back, and waiting for it would stop all calls silently
        first = now
    count = (now + AHEAD - first) // spacing + 1
    return [first + n * spacing for n in range(min(count, wanted))]


def opens_in(next_slot_at: datetime, now: datetime) -> timedelta:
    """How long until the next slot may be taken, where none may be now."""
    return max(next_slot_at - now - AHEAD, timedelta(0))
