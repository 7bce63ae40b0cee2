"""A person's chances to be called on a day: their windows that open then, those that touch taken as one. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from window_scheduler.windows import Occurrence, WindowTimes, occurrence_on


@dataclass(frozen=True)
class Chance:
    """A stretch of time in which a person may get the call of a local day: one opening, or several without a gap between them.

    Attributes:
        local_day: the day that its openings are of; the same opening of the evening before is another day's.
        opens_at, closes_at: aware, UTC; open from the one until just before the other.
        window_ids: whose openings these are, the first to open first.
    """

    local_day: date
    opens_at: datetime
    closes_at: datetime
    window_ids: tuple[UUID, ...]


def chances_on(day: date, windows: Mapping[UUID, WindowTimes], zone: ZoneInfo) -> tuple[Chance, ...]:
    """The chances of one local day, the first first. Between two of them there is time in which no window is open."""
    openings = [
        (opening.opens_at, opening.closes_at, window_id)
        for window_id, times in windows.items()
        if isinstance(opening := occurrence_on(day, times, zone), Occurrence)
    ]
    chances: list[Chance] = []
    for opens_at, closes_at, window_id in sorted(openings):
        if chances and opens_at <= chances[-1].closes_at:
            last = chances.pop()
            both = (*last.window_ids, window_id)
            chances.append(Chance(day, last.opens_at, max(last.closes_at, closes_at), both))
        else:
            chances.append(Chance(day, opens_at, closes_at, (window_id,)))
    return tuple(chances)
