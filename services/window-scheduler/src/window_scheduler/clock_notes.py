"""What a clock change does to a local day, and to an opening of a window on it, in terms that can be told. Pure.

The rules themselves stand in `windows`; here they are only recognised.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum, StrEnum, auto
from functools import lru_cache
from zoneinfo import ZoneInfo

from window_scheduler.windows import Occurrence, WindowTimes

_ONE_DAY = timedelta(days=1)
_ONE_SECOND = timedelta(seconds=1)
_NO_TIME = timedelta(0)


@dataclass(frozen=True)
class ClockChange:
    """The clocks of a zone are set to another offset from UTC, for summer, or because its rules change.

    Attributes:
        at: aware, UTC, to the second.
        before, after: the offsets, positive to the east.
    """

    at: datetime
    before: timedelta
    after: timedelta


class ClockNote(StrEnum):
    """What a clock change does to an opening, named as in ClockNote of proto/daybook/scheduler/v1."""

    START_SKIPPED = "start_skipped"
    """The clocks skip its start, so that it opens when they say more."""
    START_TWICE = "start_twice"
    """Its start comes twice; it opens at the first."""
    END_SKIPPED = "end_skipped"
    END_TWICE = "end_twice"
    """Its end comes twice; it closes at the first."""
    END_MOVED = "end_moved"
    """The clocks skip all of it: its end moves with its start, and it keeps its length."""
    LONGER = "longer"
    SHORTER = "shorter"


class _Reading(Enum):
    PLAIN = auto()
    SKIPPED = auto()
    TWICE = auto()


def has_day(day: date, zone: ZoneInfo) -> bool:
    """Whether a zone's calendar has a day. The date line took one from some: Pacific/Apia had no 2011-12-30."""
    return _midnight(day, zone) < _midnight(day + _ONE_DAY, zone)


@lru_cache(maxsize=4096)
def change_on(day: date, zone: ZoneInfo) -> ClockChange | None:
    """The clock change that falls on a local day; none where the offset at its end is that before its begin."""
    # the second before each midnight: a change at midnight itself belongs to the day that it begins
    low, high = _midnight(day, zone) - _ONE_SECOND, _midnight(day + _ONE_DAY, zone) - _ONE_SECOND
    before, after = _offset(low, zone), _offset(high, zone)
    if before == after:
        return None
    while high - low > _ONE_SECOND:
        middle = low + timedelta(seconds=(high - low) // _ONE_SECOND // 2)
        if _offset(middle, zone) == before:
            low = middle
        else:
            high = middle
    return ClockChange(high, before, after)


def longer_by(opening: Occurrence, times: WindowTimes) -> timedelta:
    """By how much an opening is longer than the window is by the clock; negative where it is shorter."""
    starts, ends = _clock_times(opening.local_day, times)
    return opening.closes_at - opening.opens_at - (ends - starts)


def notes_on(opening: Occurrence, times: WindowTimes, zone: ZoneInfo) -> tuple[ClockNote, ...]:
    """What there is to be told of an opening of these times; nothing on most days."""
    starts, ends = _clock_times(opening.local_day, times)
    notes: list[ClockNote] = []
    match _reading(starts, zone):
        case _Reading.SKIPPED:
            notes.append(ClockNote.START_SKIPPED)
        case _Reading.TWICE:
            notes.append(ClockNote.START_TWICE)
        case _Reading.PLAIN:
            pass
    if ends.replace(tzinfo=zone).astimezone(UTC) != opening.closes_at:
        notes.append(ClockNote.END_MOVED)
    else:
        match _reading(ends, zone):
            case _Reading.SKIPPED:
                notes.append(ClockNote.END_SKIPPED)
            case _Reading.TWICE:
                notes.append(ClockNote.END_TWICE)
            case _Reading.PLAIN:
                pass
    longer = longer_by(opening, times)
    if longer != _NO_TIME:
        notes.append(ClockNote.LONGER if longer > _NO_TIME else ClockNote.SHORTER)
    return tuple(notes)


def _clock_times(day: date, times: WindowTimes) -> tuple[datetime, datetime]:
    """The start and the end as a calendar on the wall has them, without a zone."""
    last_day = day + _ONE_DAY if times.ends_next_day else day
    return datetime.combine(day, times.starts_at), datetime.combine(last_day, times.ends_at)


def _reading(local: datetime, zone: ZoneInfo) -> _Reading:
    """How a zone's clocks come by a time: PEP 495 gives what they skip the offset before the gap first, and what comes twice
    that of its first coming.
    """
    first, second = (local.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    if first is None or second is None or first == second:
        return _Reading.PLAIN
    return _Reading.SKIPPED if first < second else _Reading.TWICE


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


def _offset(at: datetime, zone: ZoneInfo) -> timedelta:
    return at.astimezone(zone).utcoffset() or _NO_TIME
