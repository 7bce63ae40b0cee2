"""What a tick does to windows and calls in PostgreSQL: claims what is due, stores calls with what is to be announced, moves
calls.

Every statement here works on a set of rows: the cost of a tick follows the windows that are due, not those that exist.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import TextClause, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.time_zones import TimeZones
from window_scheduler.announcements import announcement
from window_scheduler.planning import DueWindow, PlannedCall, StandingCall
from window_scheduler.tables import call_windows
from window_scheduler.window_store import TIMES_COLUMNS, times_from, times_of
from window_scheduler.windows import Occurrence, WindowTimes

PEOPLE_COUNTED_TO = 100

_TIMES = ", ".join(TIMES_COLUMNS)
_AFTER_TIMES = 2 + len(TIMES_COLUMNS)


_CLAIM = """
    SELECT window_id, person_id, {times}, next_local_day, next_opens_at, next_closes_at, zone_data,
        people.time_zone, consent_given_at IS NOT NULL, opted_out_at IS NOT NULL
    FROM (
        SELECT * FROM call_windows
        WHERE next_opens_at <= (SELECT CAST(:until AS timestamptz)) AND {these}
        ORDER BY next_opens_at LIMIT {limit}
        FOR UPDATE SKIP LOCKED
    ) AS due JOIN people USING (person_id)
    ORDER BY next_opens_at
"""
_BUT = "window_id <> ALL(CAST(:leaving AS uuid[]))"
_OF_PERSON_BUT = f"person_id = :person_id AND {_BUT}"


@lru_cache(maxsize=64)
def _claim(limit: int, *, these: str = "true") -> TextClause:
    """The statement that claims so many windows.

    PostgreSQL plans it once and not for every look, which would cost more than finding that nothing is due. For that its plan
    must not hang on the values: "(SELECT …)" hides the moment (believing that little is due, PostgreSQL would also sort all that
    is for each batch, where it is to walk along the index until it has enough), and the limit is a part of the statement.
    """
    return text(_CLAIM.format(times=_TIMES, limit=limit, these=these))


async def claim_due(
    connection: AsyncConnection,
    zones: TimeZones,
    *,
    until: datetime,
    limit: int,
    leaving: Collection[UUID] = (),
    person_id: UUID | None = None,
) -> Sequence[DueWindow]:
    """Locks windows that open by `until`, the first to open first; those that another tick holds are left to it.

    Args:
        connection: in a transaction, whose end lets go of them.
        zones: the rules that hold now.
        until: aware.
        limit: how many at most.
        leaving: but for these.
        person_id: of this person alone.
    """
    if person_id is not None:
        claim = _claim(limit, these=_OF_PERSON_BUT)
        found = await connection.execute(claim, {"until": until, "leaving": list(leaving), "person_id": person_id})
    elif leaving:
        found = await connection.execute(_claim(limit, these=_BUT), {"until": until, "leaving": list(leaving)})
    else:
        found = await connection.execute(_claim(limit), {"until": until})
    rows = found.all()
    if not rows:
        return []
    windows: dict[UUID, dict[UUID, WindowTimes]] = {row[1]: {} for row in rows}
    for row in rows:
        windows[row[1]][row[0]] = times_from(*row[2:_AFTER_TIMES])
    await _add_unclaimed(connection, windows, [row[0] for row in rows])
    due: list[DueWindow] = []
    for row in rows:
        window_id, person_id = row[:2]
        local_day, opens_at, closes_at, zone_data, time_zone, consented, opted_out = row[_AFTER_TIMES:]
        others = windows[person_id].copy()
        due.append(
            DueWindow(
                window_id=window_id,
                person_id=person_id,
                times=others.pop(window_id),
                zone=zones.named(time_zone),
                consented=consented,
                opted_out=opted_out,
                occurrence=Occurrence(local_day, opens_at, closes_at),
                rules_changed=zone_data != zones.version,
                others=others,
            )
        )
    return due


_OTHERS = """
    SELECT window_id, person_id, {times} FROM call_windows
    WHERE person_id = ANY(CAST(:person_ids AS uuid[])) AND window_id <> ALL(CAST(:window_ids AS uuid[]))
"""
_UNCLAIMED = text(_OTHERS.format(times=_TIMES))


async def _add_unclaimed(
    connection: AsyncConnection, windows: Mapping[UUID, dict[UUID, WindowTimes]], claimed: Collection[UUID]
) -> None:
    """Adds the other windows of the people whose windows are claimed."""
    found = await connection.execute(_UNCLAIMED, {"person_ids": list(windows), "window_ids": list(claimed)})
    for row in found:
        windows[row[1]][row[0]] = times_from(*row[2:])


_STORE_CALLS = text(
    """
    WITH planned AS (
        SELECT * FROM unnest(
            CAST(:call_ids AS uuid[]), CAST(:person_ids AS uuid[]), CAST(:window_ids AS uuid[]), CAST(:local_days AS date[]),
            CAST(:not_before AS timestamptz[]), CAST(:not_after AS timestamptz[]), CAST(:payloads AS bytea[])
        ) AS planned (call_id, person_id, window_id, local_day, not_before, not_after, payload)
    ), stored AS (
        INSERT INTO scheduled_calls (call_id, person_id, window_id, local_day, not_before, not_after, scheduled_at)
        SELECT call_id, person_id, window_id, local_day, not_before, not_after, :now
        FROM planned ORDER BY call_id, not_before
        ON CONFLICT DO NOTHING
        RETURNING call_id, window_id
    ), announced AS (
        INSERT INTO outbox (event_id, call_id, payload, created_at)
        SELECT call_id || '.scheduled', call_id, payload, :now
        FROM planned JOIN stored USING (call_id, window_id)
    )
    SELECT call_id, window_id FROM stored
    """
)


async def store_calls(
    connection: AsyncConnection, calls: Collection[PlannedCall], *, now: datetime
) -> frozenset[tuple[UUID, UUID]]:
    """Stores the calls whose day has none yet, each with its announcement in the outbox.

    The rows are inserted in the order of their ids, so that two ticks that meet wait for one another and never in a circle.

    Returns:
        (call id, window id) of those that were stored.
    """
    found = await connection.execute(
        _STORE_CALLS,
        {
            "call_ids": [call.call_id for call in calls],
            "person_ids": [call.person_id for call in calls],
            "window_ids": [call.window_id for call in calls],
            "local_days": [call.occurrence.local_day for call in calls],
            "not_before": [call.chance.opens_at for call in calls],
            "not_after": [call.chance.closes_at for call in calls],
            "payloads": [_announcement(call, revision=0) for call in calls],
            "now": now,
        },
    )
    return frozenset((row.call_id, row.window_id) for row in found)


_STANDING = text(
    """
    SELECT call_id, window_id, not_before, not_after,
        dialed_at IS NOT NULL AS dialed, finished_at IS NOT NULL AS finished, revision
    FROM scheduled_calls WHERE call_id = ANY(CAST(:call_ids AS uuid[]))
    """
)


async def standing_calls(connection: AsyncConnection, call_ids: Collection[UUID]) -> Mapping[UUID, StandingCall]:
    """The calls of these ids that there are."""
    found = await connection.execute(_STANDING, {"call_ids": list(call_ids)})
    return {row.call_id: StandingCall(*row) for row in found}


_MOVE_CALLS = text(
    """
    WITH planned AS (
        SELECT * FROM unnest(
            CAST(:call_ids AS uuid[]), CAST(:window_ids AS uuid[]), CAST(:not_before AS timestamptz[]),
            CAST(:not_after AS timestamptz[]), CAST(:payloads AS bytea[]), CAST(:revisions AS integer[])
        ) AS planned (call_id, window_id, not_before, not_after, payload, revision)
    ), standing AS (
        SELECT call_id FROM scheduled_calls WHERE call_id = ANY(CAST(:call_ids AS uuid[])) ORDER BY call_id FOR UPDATE
    ), moved AS (
        UPDATE scheduled_calls AS calls
        SET window_id = planned.window_id, not_before = planned.not_before, not_after = planned.not_after,
            revision = planned.revision, scheduled_at = :now,
            finished_at = NULL, outcome = NULL, reason = NULL, dial_asked_at = NULL, reminders = 0
        FROM planned JOIN standing USING (call_id)
        WHERE calls.call_id = planned.call_id AND calls.revision = planned.revision - 1 AND calls.dialed_at IS NULL
        RETURNING calls.call_id, calls.window_id
    ), announced AS (
        INSERT INTO outbox (event_id, call_id, payload, created_at)
        SELECT call_id || '.scheduled.' || revision, call_id, payload, :now
        FROM planned JOIN moved USING (call_id, window_id)
    )
    SELECT call_id, window_id FROM moved
    """
)


async def move_calls(
    connection: AsyncConnection, calls: Mapping[UUID, tuple[PlannedCall, int]], *, now: datetime
) -> frozenset[tuple[UUID, UUID]]:
    """Moves calls to other times of their day, each with its new announcement, but for those that were dialed or moved meanwhile.

    Args:
        connection: in a transaction.
        calls: by its id, what a call is to be and the revision that it then bears.
        now: aware.

    Returns:
        (call id, window id) of those that were moved.
    """
    planned = [call for call, _ in calls.values()]
    found = await connection.execute(
        _MOVE_CALLS,
        {
            "call_ids": list(calls),
            "window_ids": [call.window_id for call in planned],
            "not_before": [call.chance.opens_at for call in planned],
            "not_after": [call.chance.closes_at for call in planned],
            "payloads": [_announcement(call, revision=revision) for call, revision in calls.values()],
            "revisions": [revision for _, revision in calls.values()],
            "now": now,
        },
    )
    return frozenset((row.call_id, row.window_id) for row in found)


def _announcement(call: PlannedCall, *, revision: int) -> bytes:
    return announcement(
        call.call_id,
        call.person_id,
        call.window_id,
        local_day=call.occurrence.local_day,
        not_before=call.chance.opens_at,
        not_after=call.chance.closes_at,
        revision=revision,
    )


_DAYS_WITH_CALL = text(
    """
    SELECT person_id, local_day
    FROM scheduled_calls JOIN unnest(CAST(:person_ids AS uuid[]), CAST(:local_days AS date[])) AS asked (person_id, local_day)
    USING (person_id, local_day)
    WHERE test_number = 0
    """
)


async def days_with_call(
    connection: AsyncConnection, days: Collection[tuple[UUID, date]]
) -> frozenset[tuple[UUID, date]]:
    """Which of these (person id, local day) have their one call."""
    found = await connection.execute(
        _DAYS_WITH_CALL,
        {"person_ids": [person_id for person_id, _ in days], "local_days": [day for _, day in days]},
    )
    return frozenset((row.person_id, row.local_day) for row in found)


_CLAIM_BY_OLD_RULES = text(
    """
    SELECT call_windows.*, people.time_zone
    FROM call_windows JOIN people USING (person_id)
    WHERE zone_data < :version AND (next_opens_at IS NULL OR next_opens_at > :until)
    ORDER BY zone_data LIMIT :limit
    FOR UPDATE OF call_windows SKIP LOCKED
    """
)


async def claim_by_old_rules(
    connection: AsyncConnection, zones: TimeZones, *, until: datetime, limit: int
) -> Mapping[UUID, tuple[WindowTimes, ZoneInfo | None]]:
    """Locks windows whose next opening was computed by earlier rules of the zones; those due by `until` are left to `claim_due`.

    Returns:
        By its id, the times of a window and the zone of its person.
    """
    found = await connection.execute(_CLAIM_BY_OLD_RULES, {"version": zones.version, "until": until, "limit": limit})
    return {row["window_id"]: (times_of(row), zones.named(row["time_zone"])) for row in found.mappings()}


async def count_people_with_windows(connection: AsyncConnection) -> int:
    """How many people have windows, counted no further than PEOPLE_COUNTED_TO: more would cost more with each person."""
    some = select(call_windows.c.person_id).distinct().order_by(call_windows.c.person_id).limit(PEOPLE_COUNTED_TO)
    found = await connection.execute(select(func.count()).select_from(some.subquery()))
    return int(found.scalar_one())


async def count_due(connection: AsyncConnection, *, until: datetime) -> int:
    """How many windows have opened, or open by `until`, and no tick has looked at yet."""
    found = await connection.execute(
        select(func.count()).select_from(call_windows).where(call_windows.c.next_opens_at <= until)
    )
    return int(found.scalar_one())
