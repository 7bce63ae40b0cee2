"""People and windows to schedule, made in PostgreSQL itself: as many as are asked for, in zones all over the world.

All that knows the columns of `people` and `call_windows` stands here.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from benchmarks.contestants import NotMeasurable
from chassis.migrations import upgrade
from chassis.time_zones import INSTALLED
from window_scheduler.__main__ import REVISIONS
from window_scheduler.tables import SCHEMA

WINDOWS_A_PERSON = 2
OPEN_FOR = timedelta(hours=1)

# some on whole hours and some on half, some that change their clocks and some that do not
ZONES = (
    "Africa/Cairo", "Africa/Johannesburg", "Africa/Lagos", "Africa/Nairobi", "America/Anchorage",
    "America/Argentina/Buenos_Aires", "America/Bogota", "America/Chicago", "America/Denver", "America/Halifax", "America/Lima",
    "America/Los_Angeles",
    "America/Mexico_City", "America/New_York", "America/Phoenix", "America/Santiago", "America/Sao_Paulo", "America/St_Johns",
    "America/Toronto", "Asia/Bangkok", "Asia/Dhaka", "Asia/Dubai", "Asia/Hong_Kong", "Asia/Jakarta", "Asia/Karachi",
    "Asia/Kathmandu", "Asia/Kolkata", "Asia/Manila", "Asia/Seoul", "Asia/Singapore", "Asia/Tokyo", "Australia/Adelaide",
    "Australia/Brisbane", "Australia/Sydney", "Europe/Athens", "Europe/Berlin", "Europe/Istanbul", "Europe/Lisbon",
    "Europe/London", "Europe/Madrid", "Europe/Moscow", "Europe/Paris", "Europe/Stockholm", "Europe/Vienna", "Pacific/Auckland",
    "Pacific/Honolulu",
)  # fmt: skip

_PEOPLE = """
    INSERT INTO people (
        person_id, name, name_pronunciation, phone_number, time_zone, locale,
        consent_given_at, consent_wording_version, consent_channel, created_at
    )
    SELECT gen_random_uuid(), uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), uuid_send(gen_random_uuid()),
        uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), ($1::text[])[1 + number % cardinality($1::text[])], 'en-GB',
        now(), 'v1', 'portal', now()
    FROM generate_series(1, $2::int) AS number
"""

# every other window is open each day, the others on three days a week; all open first in two to seven days
_WINDOWS = """
    INSERT INTO call_windows (
        window_id, person_id, starts_at, ends_at, weekdays, next_local_day, next_opens_at, next_closes_at, zone_data,
        created_at
    )
    SELECT gen_random_uuid(), person_id, starts_at, starts_at + $1::interval,
        CASE number WHEN 1 THEN '{1,2,3,4,5,6,7}'::smallint[]
        ELSE ARRAY[extract(isodow FROM day), extract(isodow FROM day + 2), extract(isodow FROM day + 4)]::smallint[] END,
        day, (day + starts_at) AT TIME ZONE time_zone, (day + starts_at + $1::interval) AT TIME ZONE time_zone, $3, now()
    FROM (
        SELECT person_id, time_zone, number, current_date + 2 + (random() * 5)::int AS day,
            time '08:00' + (random() * 144)::int * interval '5 minutes' AS starts_at
        FROM people CROSS JOIN generate_series(1, $2::int) AS number
    ) AS drawn
"""

# drawn from all over the index, of people without a call, in places where a window that opens now does not reach midnight
_MAKE_DUE = """
    WITH drawn AS (
        SELECT DISTINCT window_id, person_id
        FROM (SELECT gen_random_uuid() AS number FROM generate_series(1, $1::int * 6)) AS draws CROSS JOIN LATERAL (
            SELECT window_id, person_id FROM call_windows WHERE window_id >= number ORDER BY window_id LIMIT 1
        ) AS nearest
    ), opening AS (
        SELECT *, date_trunc('minute', $2::timestamptz) + (1 + floor(random() * 4)) * interval '1 minute' AS opens_at FROM drawn
    ), due AS (
        SELECT window_id, opens_at, opens_at AT TIME ZONE time_zone AS local
        FROM opening JOIN people USING (person_id)
        WHERE (opens_at AT TIME ZONE time_zone)::time BETWEEN '00:00' AND time '23:45' - $3::interval
            AND NOT EXISTS (SELECT FROM scheduled_calls WHERE scheduled_calls.person_id = opening.person_id)
        LIMIT $1
    )
    UPDATE call_windows SET starts_at = local::time, ends_at = local::time + $3::interval, weekdays = '{1,2,3,4,5,6,7}',
        next_local_day = local::date, next_opens_at = opens_at, next_closes_at = opens_at + $3::interval
    FROM due WHERE call_windows.window_id = due.window_id
"""


_ROWS_TOUCHED = """
    SELECT
        (SELECT sum(seq_tup_read) FROM pg_stat_user_tables WHERE schemaname = $1)
            + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE schemaname = $1),
        (SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables WHERE schemaname = $1)
"""


_A_MOMENT_FOR_OTHERS = """
    SELECT pg_sleep(0.01) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


@dataclass(frozen=True)
class RowCounts:
    """How many rows of the service's tables, and entries of their indexes, were read, and how many rows were written."""

    read: int
    written: int

    def __sub__(self, earlier: "RowCounts") -> "RowCounts":
        return RowCounts(self.read - earlier.read, self.written - earlier.written)


class TooFewWindows(NotMeasurable):
    """Not so many windows can be made due; the text says how many could."""


async def fill(url: str, windows: int) -> None:
    """Makes the schema, with so many windows of half as many people. None opens before tomorrow."""
    await upgrade(url, schema=SCHEMA, revisions=REVISIONS)
    connection = await connected(url)
    async with _without_indexes(connection):
        await connection.execute(_PEOPLE, list(ZONES), windows // WINDOWS_A_PERSON)
        await connection.execute(_WINDOWS, OPEN_FOR, WINDOWS_A_PERSON, INSTALLED.version)
    await connection.execute("VACUUM ANALYZE")
    await connection.execute("CHECKPOINT")
    await connection.close()


async def make_due(url: str, windows: int, *, now: datetime) -> None:
    """Makes so many windows open within the four minutes from now, and leaves a checkpoint behind it, so that the tick which
    follows pays for the first change of each page, as one does in production that comes every five minutes.

    Raises:
        TooFewWindows: there are not so many of people who have had no call.
    """
    connection = await connected(url)
    made = int((await connection.execute(_MAKE_DUE, windows, now, OPEN_FOR)).split()[-1])
    await connection.execute("CHECKPOINT")
    await connection.close()
    if made != windows:
        raise TooFewWindows(f"{windows} windows were to be made due, and {made} could be. Take a larger size.")


async def rows_touched(url: str) -> RowCounts:
    """How many rows were ever read and written. A server process tells what it did when its connection is closed: those that
    still go are waited for.
    """
    connection = await connected(url)
    while await connection.fetch(_A_MOMENT_FOR_OTHERS):
        pass
    counts = await connection.fetchrow(_ROWS_TOUCHED, SCHEMA)
    await connection.close()
    return RowCounts(*map(int, counts or (0, 0)))


async def connected(url: str) -> "asyncpg.Connection[asyncpg.Record]":
    return await asyncpg.connect(url, server_settings={"search_path": SCHEMA, "timezone": "UTC"})


@asynccontextmanager
async def _without_indexes(connection: "asyncpg.Connection[asyncpg.Record]") -> AsyncIterator[None]:
    """Drops what slows filling, and makes it anew: foreign keys, keys and indexes of the two tables, whatever they are."""
    constraints = await connection.fetch(
        """
        SELECT conrelid::regclass::text AS "table", conname AS name, contype, pg_get_constraintdef(oid) AS definition
        FROM pg_constraint WHERE contype IN ('f', 'p', 'u') AND connamespace = $1::regnamespace
            AND ('people'::regclass IN (conrelid, confrelid) OR 'call_windows'::regclass IN (conrelid, confrelid))
        ORDER BY contype = 'f' DESC
        """,
        SCHEMA,
    )
    for each in constraints:
        await connection.execute(f"ALTER TABLE {each['table']} DROP CONSTRAINT {each['name']}")
    indexes = await connection.fetch(
        "SELECT indexname AS name, indexdef AS definition FROM pg_indexes"
        " WHERE schemaname = $1 AND tablename IN ('people', 'call_windows')",
        SCHEMA,
    )
    for each in indexes:
        await connection.execute(f"DROP INDEX {each['name']}")
    yield
    await connection.execute("SET maintenance_work_mem = '512MB'")
    for each in indexes:
        await connection.execute(each["definition"])
    for each in reversed(constraints):
        await connection.execute(f"ALTER TABLE {each['table']} ADD CONSTRAINT {each['name']} {each['definition']}")
