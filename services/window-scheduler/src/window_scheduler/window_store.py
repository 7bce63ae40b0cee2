"""The call windows in PostgreSQL, each with the opening that it is due for next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from window_scheduler.errors import NoSuchWindow
from window_scheduler.tables import call_windows
from window_scheduler.windows import Occurrence, OneOff, Weekly, WindowTimes


@dataclass(frozen=True)
class CallWindow:
    """A window of a person. `next` is the opening that a tick is to look at next; none where it never opens again."""

    window_id: UUID
    person_id: UUID
    times: WindowTimes
    next: Occurrence | None


async def add_window(connection: AsyncConnection, window: CallWindow, *, now: datetime) -> None:
    row = {
        "window_id": window.window_id,
        "person_id": window.person_id,
        "created_at": now,
        **_times_row(window.times),
        **_next_row(window.next),
    }
    await connection.execute(insert(call_windows).values(row))


async def get_window(connection: AsyncConnection, window_id: UUID) -> CallWindow:
    """Raises NoSuchWindow."""
    found = await connection.execute(select(call_windows).where(call_windows.c.window_id == window_id))
    row = found.mappings().one_or_none()
    if row is None:
        raise NoSuchWindow(window_id)
    return window_of(row)


async def windows_of(connection: AsyncConnection, person_id: UUID) -> Sequence[CallWindow]:
    """A person's windows, the next to open first."""
    found = await connection.execute(
        select(call_windows)
        .where(call_windows.c.person_id == person_id)
        .order_by(call_windows.c.next_opens_at.asc().nulls_last(), call_windows.c.window_id)
    )
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
        .values({**_times_row(window.times), **_next_row(window.next)})
    )
    if changed.rowcount == 0:
        raise NoSuchWindow(window.window_id)


async def remove_window(connection: AsyncConnection, window_id: UUID) -> None:
    """Raises NoSuchWindow."""
    removed = await connection.execute(delete(call_windows).where(call_windows.c.window_id == window_id))
    if removed.rowcount == 0:
        raise NoSuchWindow(window_id)


def times_of(row: RowMapping) -> WindowTimes:
    """The times in a row of `call_windows`."""
    days = OneOff(row["on_date"]) if row["weekdays"] is None else Weekly(frozenset(row["weekdays"]))
    return WindowTimes(row["starts_at"], row["ends_at"], days)


def window_of(row: RowMapping) -> CallWindow:
    upcoming = (
        Occurrence(row["next_local_day"], row["next_opens_at"], row["next_closes_at"])
        if row["next_local_day"] is not None
        else None
    )
    return CallWindow(row["window_id"], row["person_id"], times_of(row), upcoming)


def _times_row(times: WindowTimes) -> dict[str, Any]:
    return {
        "starts_at": times.starts_at,
        "ends_at": times.ends_at,
        "weekdays": sorted(times.days.weekdays) if isinstance(times.days, Weekly) else None,
        "on_date": times.days.on if isinstance(times.days, OneOff) else None,
    }


def _next_row(upcoming: Occurrence | None) -> dict[str, Any]:
    return {
        "next_local_day": upcoming.local_day if upcoming else None,
        "next_opens_at": upcoming.opens_at if upcoming else None,
        "next_closes_at": upcoming.closes_at if upcoming else None,
    }
