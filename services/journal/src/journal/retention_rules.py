"""What of an entry has been kept for as long as its person wished. Pure."""

from datetime import datetime, timedelta
from enum import StrEnum

from journal.records import Entry, Keeping

A_DAY = timedelta(hours=24)


class Beyond(StrEnum):
    """What is beyond its limit."""

    NOTHING = "nothing"
    AUDIO = "audio"
    ENTRY = "entry"


def beyond(keeping: Keeping, entry: Entry, now: datetime) -> Beyond:
    """What of an entry goes at `now`: so many whole days of 24 hours since its session ended."""
    if _is_over(keeping.entry_days, entry, now):
        return Beyond.ENTRY
    if entry.audio_removed_at is None and _is_over(keeping.audio_days, entry, now):
        return Beyond.AUDIO
    return Beyond.NOTHING


def _is_over(days: int, entry: Entry, now: datetime) -> bool:
    return days > 0 and now - entry.ended_at >= days * A_DAY
