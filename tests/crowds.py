"""Many people at once, each with a window that is due: copies of someone whom the service itself has taken in."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import text

from chassis.database import Database
from daybook.scheduler.v1 import scheduler_pb2 as pb
from daybook_cli.demo import zone_at_day

_COPY = text(
    """
    WITH copies AS (
        INSERT INTO people
        SELECT copy.*
        FROM generate_series(1, :count) AS number, jsonb_populate_record(
            NULL::people, CAST(:person AS jsonb) || jsonb_build_object('person_id', gen_random_uuid(), 'number', number)
        ) AS copy
        RETURNING person_id
    ), their_windows AS (
        INSERT INTO call_windows
        SELECT copy.*
        FROM copies, generate_series(1, :windows) AS number, jsonb_populate_record(
            NULL::call_windows,
            CAST(:call_window AS jsonb)
                || jsonb_build_object('window_id', gen_random_uuid(), 'person_id', person_id, 'number', number)
        ) AS copy
    )
    SELECT person_id FROM copies
    """
)
"""The number in each copy keeps PostgreSQL from making one copy and repeating it; no column takes it."""

ADDED_AT_ONCE = 2000


class Crowd:
    """People where it is day now, whose window is open and whom no tick has looked at.

    Attributes:
        people: their ids.
    """

    def __init__(self, database: Database, person: str, call_window: str) -> None:
        self._database = database
        self._row = {"person": person, "call_window": call_window}
        self.people: set[UUID] = set()

    async def grow(self, by: int, *, windows: int = 1) -> None:
        """Adds so many people, each with so many windows of the same times."""
        async with self._database.transaction() as connection:
            for start in range(0, by, ADDED_AT_ONCE):
                asked = {**self._row, "count": min(ADDED_AT_ONCE, by - start), "windows": windows}
                self.people.update((await connection.execute(_COPY, asked)).scalars())


async def gathered(api, database: Database) -> Crowd:
    """A crowd of nobody yet. The one who is copied is taken in by the service, as of now, and then leaves."""
    now = datetime.now(UTC)
    consent = pb.Consent()
    consent.given_at.FromDatetime(now)
    person = await api.person(time_zone=zone_at_day(now).key, consent=consent)
    await api.window(person, "08:00", "21:00")
    async with database.transaction() as connection:
        row = (await connection.execute(text("SELECT to_jsonb(people)::text FROM people"))).scalar_one()
        window = (await connection.execute(text("SELECT to_jsonb(call_windows)::text FROM call_windows"))).scalar_one()
    await api.people.DeletePerson(pb.DeletePersonRequest(person_id=person.person_id))
    return Crowd(database, row, window)
