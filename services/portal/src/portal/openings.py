"""The openings of windows that an agenda of window-scheduler (GetAgenda) tells of, and those that were left out. Pure.

Times are those of the person's clock, clock changes included.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from daybook.scheduler.v1 import scheduler_pb2 as pb

_ONE_DAY = timedelta(days=1)


class Standing(StrEnum):
    """What comes of a window on a day."""

    OPEN = "open"
    SILENT = "silent"
    """It opens, and nobody is called: quiet hours, or the person is not called at all."""
    SKIPPED = "skipped"
    PAUSED = "paused"
    OTHER_WEEK = "other_week"


_ABSENT: Mapping[pb.WindowStanding.ValueType, Standing] = {
    pb.WINDOW_STANDING_EXCEPTED: Standing.SKIPPED,
    pb.WINDOW_STANDING_PAUSED: Standing.PAUSED,
    pb.WINDOW_STANDING_OTHER_WEEK: Standing.OTHER_WEEK,
}
_SILENT = frozenset({pb.CHANCE_ROLE_QUIET, pb.CHANCE_ROLE_FORBIDDEN})


@dataclass(frozen=True)
class Opening:
    """
    Attributes:
        day: the local day that it is the opening of.
        opens, closes: by the person's clock, without a zone. Where it does not open: as the window is set.
        one_off: the window is for one date.
    """

    window_id: str
    day: date
    opens: datetime
    closes: datetime
    standing: Standing
    one_off: bool

    @property
    def overnight(self) -> bool:
        """It closes on a later day than it opens; not so at midnight."""
        return self.opens.date() < (self.closes - timedelta(minutes=1)).date()


def today_of(agenda: pb.GetAgendaResponse, now: datetime) -> date:
    """Which day it is where the person is; where their zone is not known, by UTC.

    Args:
        agenda: theirs.
        now: aware.
    """
    return datetime.fromisoformat(agenda.local_time).date() if agenda.local_time else now.astimezone(UTC).date()


def openings_of(agenda: pb.GetAgendaResponse) -> Iterator[Opening]:
    """All of an agenda, day by day; each day those that open first, the first first."""
    times = {window.window_id: window.times for window in agenda.windows}
    for told in agenda.days:
        day = date.fromisoformat(told.local_day)
        for chance in told.chances:
            standing = Standing.SILENT if chance.role in _SILENT else Standing.OPEN
            for opening in chance.openings:
                opens, closes = (_wall(local) for local in (opening.span.opens_local, opening.span.closes_local))
                one_off = times[opening.window_id].HasField("one_off")
                yield Opening(opening.window_id, day, opens, closes, standing, one_off)
        for absence in told.absences:
            if (absent := _ABSENT.get(absence.standing)) is not None:
                opens, closes = _as_set(day, times[absence.window_id])
                yield Opening(absence.window_id, day, opens, closes, absent, one_off=False)


def _wall(local: str) -> datetime:
    return datetime.fromisoformat(local).replace(tzinfo=None)


def _as_set(day: date, times: pb.WindowTimes) -> tuple[datetime, datetime]:
    last = day + _ONE_DAY if times.ends_next_day else day
    starts_at, ends_at = time.fromisoformat(times.starts_at), time.fromisoformat(times.ends_at)
    return datetime.combine(day, starts_at), datetime.combine(last, ends_at)
