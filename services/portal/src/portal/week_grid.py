"""Seven days by time of day, with each opening of a window where it lies. Pure.

A window over midnight is a block on each of its days. Blocks at the same time stand side by side, each in a lane.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from portal.openings import Opening

DAYS = 7
HOURS_SHOWN = (8, 22)
"""At the least, from and until: the grid grows by whole hours to hold what lies outside."""
SHORTEST = 20
"""Minutes: what is shorter is drawn so long, to be seen and to be hit."""
_MINUTES_A_DAY = 24 * 60
_ONE_DAY = timedelta(days=1)
_ONE_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Block:
    """A part of an opening on a day.

    Attributes:
        starts, ends: of this part, in minutes of its day.
        lane: from 0, of so many `lanes` side by side.
    """

    opening: Opening
    starts: int
    ends: int
    lane: int = 0
    lanes: int = 1


@dataclass(frozen=True)
class Column:
    day: date
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class WeekGrid:
    """
    Attributes:
        first_hour, last_hour: from and until when it shows the days, 0 to 24.
    """

    columns: tuple[Column, ...]
    first_hour: int
    last_hour: int

    @property
    def hours(self) -> Sequence[time]:
        """Those that begin in it."""
        return [time(hour) for hour in range(self.first_hour, self.last_hour)]

    @property
    def first_minute(self) -> int:
        return self.first_hour * 60

    @property
    def minutes(self) -> int:
        return (self.last_hour - self.first_hour) * 60


def week_grid(openings: Iterable[Opening], first: date) -> WeekGrid:
    """The seven days from `first` on. `openings` reach from the day before to the last of them."""
    parts = [part for opening in openings for part in _parts(opening)]
    days = [first + number * _ONE_DAY for number in range(DAYS)]
    columns = tuple(Column(day, side_by_side(block for of, block in parts if of == day)) for day in days)
    shown = [block for column in columns for block in column.blocks]
    first_hour = min([HOURS_SHOWN[0], *(block.starts // 60 for block in shown)])
    last_hour = max([HOURS_SHOWN[1], *(-(-block.ends // 60) for block in shown)])
    return WeekGrid(columns, first_hour, last_hour)


def side_by_side(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """The blocks of a day in lanes, so that none lies on another; those that touch, over whatever lies between, are as wide."""
    placed: list[Block] = []
    group: list[Block] = []
    for block in sorted(blocks, key=lambda each: (each.starts, -each.ends, each.opening.window_id)):
        if group and block.starts >= max(each.ends for each in group):
            placed += _as_wide(group)
            group = []
        taken = {each.lane for each in group if each.ends > block.starts}
        lane = next(number for number in range(len(group) + 1) if number not in taken)
        group.append(replace(block, lane=lane))
    return (*placed, *_as_wide(group))


def _as_wide(group: Sequence[Block]) -> list[Block]:
    lanes = 1 + max((block.lane for block in group), default=0)
    return [replace(block, lanes=lanes) for block in group]


def _parts(opening: Opening) -> Iterator[tuple[date, Block]]:
    """The days on which it lies, each with its block."""
    day = opening.opens.date()
    while (midnight := datetime.combine(day, time())) < opening.closes:
        starts = max(0, (opening.opens - midnight) // _ONE_MINUTE)
        ends = min(_MINUTES_A_DAY, (opening.closes - midnight) // _ONE_MINUTE)
        starts = min(starts, _MINUTES_A_DAY - SHORTEST)
        yield day, Block(opening, starts, max(ends, starts + SHORTEST))
        day += _ONE_DAY
