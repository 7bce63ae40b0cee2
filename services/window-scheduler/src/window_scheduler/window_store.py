"""The call windows in PostgreSQL, each with the opening that it is due for next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, bindparam, delete, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from window_scheduler.errors import NoSuchWindow
from window_scheduler.tables import call_windows
from window_scheduler.windows import Occurrence, OneOff, Weekly, WindowTimes

TIMES_KEPT = 4096
TIMES_COLUMNS = (
    "starts_at",
    "ends_at",
    "ends_next_day",
    "weekdays",
    "on_date",
    "every_weeks",
    "first_date",
    "last_date",
    "except_dates",
    "paused_until",
)


@dataclass(frozen=True)
class CallWindow:
    """A window of a person.

    Attributes:
        next: the opening that a tick is to look at next; none where it never opens again.
        zone_data: the version of the IANA database by whose rules `next` was computed.
    """

    window_id: UUID
    person_id: UUID
    times: WindowTimes
    next: Occurrence | None
    zone_data: str


_OF_ID = select(call_windows).where(call_windows.c.window_id == bindparam("id"))
_OF_PERSON = (
    select(call_windows)
    .where(call_windows.c.person_id == bindparam("id"))
    .order_by(call_windows.c.next_opens_at.asc().nulls_last(), call_windows.c.window_id)
)


async def add_window(connection: AsyncConnection, window: CallWindow, *, now: datetime) -> None:
    row = {
        "window_id": window.window_id,
        "person_id": window.person_id,
        "created_at": now,
        **_times_row(window.times),
        **_next_row(window),
    }
    await connection.execute(insert(call_windows).values(row))


async def get_window(connection: AsyncConnection, window_id: UUID) -> CallWindow:
    """Raises NoSuchWindow."""
    found = await connection.execute(_OF_ID, {"id": window_id})
    return _one(found.mappings().one_or_none(), window_id)


async def locked_window(connection: AsyncConnection, window_id: UUID) -> CallWindow:
    """The window, which no tick takes on until this transaction ends. Lock its person first. Raises NoSuchWindow."""
    found = await connection.execute(_OF_ID.with_for_update(), {"id": window_id})
    return _one(found.mappings().one_or_none(), window_id)


async def windows_of(connection: AsyncConnection, person_id: UUID) -> Sequence[CallWindow]:
    """A person's windows, the next to open first."""
    found = await connection.execute(_OF_PERSON, {"id": person_id})
    return [window_of(row) for row in found.mappings()]


async def locked_windows_of(connection: AsyncConnection, person_id: UUID) -> Sequence[CallWindow]:
    """The same, which no tick takes on until this transaction ends. Lock their person first."""
    found = await connection.execute(_OF_PERSON.with_for_update(), {"id": person_id})
    return [window_of(row) for row in found.mappings()]


async def count_windows(connection: AsyncConnection, person_id: UUID) -> int:
    found = await connection.execute(
        select(func.count()).select_from(call_windows).where(call_windows.c.person_id == person_id)
    )
    return int(found.scalar_one())


async def change_window(connection: AsyncConnection, window: CallWindow) -> None:
    """Puts a window's times and its next opening in place of the old ones. Raises NoSuchWindow."""
    changed = await connection.execute(
        update(call_windows)
        .where(call_windows.c.window_id == window.window_id)
        .values({**_times_row(window.times), **_next_row(window)})
    )
    if changed.rowcount == 0:
        raise NoSuchWindow(window.window_id)


_SET_NEXT = text(
    """
    UPDATE call_windows
    SET next_local_day = planned.local_day, next_opens_at = planned.opens_at, next_closes_at = planned.closes_at,
        zone_data = :zone_data
    FROM unnest(
        CAST(:window_ids AS uuid[]), CAST(:local_days AS date[]),
        CAST(:opens_at AS timestamptz[]), CAST(:closes_at AS timestamptz[])
    ) AS planned (window_id, local_day, opens_at, closes_at)
    WHERE call_windows.window_id = planned.window_id
    """
)


async def set_next(connection: AsyncConnection, upcoming: Mapping[UUID, Occurrence | None], *, zone_data: str) -> None:
    """Sets the next opening of each of these windows, computed by these rules of the zones."""
    await connection.execute(
        _SET_NEXT,
        {
            "window_ids": list(upcoming),
            "local_days": [each and each.local_day for each in upcoming.values()],
            "opens_at": [each and each.opens_at for each in upcoming.values()],
            "closes_at": [each and each.closes_at for each in upcoming.values()],
            "zone_data": zone_data,
        },
    )


async def remove_window(connection: AsyncConnection, window_id: UUID) -> None:
    """Raises NoSuchWindow."""
    removed = await connection.execute(delete(call_windows).where(call_windows.c.window_id == window_id))
    if removed.rowcount == 0:
        raise NoSuchWindow(window_id)


def _one(row: RowMapping | None, window_id: UUID) -> CallWindow:
    if row is None:
        raise NoSuchWindow(window_id)
    return window_of(row)


def times_of(row: RowMapping) -> WindowTimes:
    """The times in a row of `call_windows`."""
    return times_from(*(row[name] for name in TIMES_COLUMNS))


def times_from(
    starts_at: time,
    ends_at: time,
    ends_next_day: bool,
    weekdays: Sequence[int] | None,
    on_date: date | None,
    every_weeks: int,
    first_date: date | None,
    last_date: date | None,
    except_dates: Sequence[date],
    paused_until: date | None,
) -> WindowTimes:
    """The times in the TIMES_COLUMNS of a row, in their order: a tick reads thousands, and a name costs as much as a value."""
    if weekdays is None:
        return _one_off(starts_at, ends_at, on_date, ends_next_day=ends_next_day)
    return _weekly(
        starts_at,
        ends_at,
        tuple(weekdays),
        every_weeks=every_weeks,
        first_date=first_date,
        last_date=last_date,
        except_dates=tuple(except_dates),
        paused_until=paused_until,
        ends_next_day=ends_next_day,
    )


# many people choose the same times: one object for all of them is made once


@lru_cache(maxsize=TIMES_KEPT)
def _weekly(
    starts_at: time,
    ends_at: time,
    weekdays: tuple[int, ...],
    *,
    every_weeks: int,
    first_date: date | None,
    last_date: date | None,
    except_dates: tuple[date, ...],
    paused_until: date | None,
    ends_next_day: bool,
) -> WindowTimes:
    days = Weekly(
        frozenset(weekdays),
        every_weeks=every_weeks,
        first_date=first_date,
        last_date=last_date,
        except_dates=frozenset(except_dates),
        paused_until=paused_until,
    )
    return WindowTimes(starts_at, ends_at, days, ends_next_day=ends_next_day)


@lru_cache(maxsize=TIMES_KEPT)
def _one_off(starts_at: time, ends_at: time, on_date: date, *, ends_next_day: bool) -> WindowTimes:
    return WindowTimes(starts_at, ends_at, OneOff(on_date), ends_next_day=ends_next_day)


def window_of(row: RowMapping) -> CallWindow:
    upcoming = (
        Occurrence(row["next_local_day"], row["next_opens_at"], row["next_closes_at"])
        if row["next_local_day"] is not None
        else None
    )
    return CallWindow(row["window_id"], row["person_id"], times_of(row), upcoming, row["zone_data"])


def _times_row(times: WindowTimes) -> dict[str, Any]:
    weekly = times.days if isinstance(times.days, Weekly) else None
    return {
        "starts_at": times.starts_at,
        "ends_at": times.ends_at,
        "ends_next_day": times.ends_next_day,
        "weekdays": sorted(weekly.weekdays) if weekly else None,
        "on_date": times.days.on if isinstance(times.days, OneOff) else None,
        "every_weeks": weekly.every_weeks if weekly else 1,
        "first_date": weekly.first_date if weekly else None,
        "last_date": weekly.last_date if weekly else None,
        "except_dates": sorted(weekly.except_dates) if weekly else [],
        "paused_until": weekly.paused_until if weekly else None,
    }


def _next_row(window: CallWindow) -> dict[str, Any]:
    return {
        "next_local_day": window.next.local_day if window.next else None,
        "next_opens_at": window.next.opens_at if window.next else None,
        "next_closes_at": window.next.closes_at if window.next else None,
        "zone_data": window.zone_data,
    }
