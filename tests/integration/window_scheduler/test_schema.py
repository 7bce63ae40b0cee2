import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.exc import IntegrityError

from window_scheduler.errors import KeyUnusable
from window_scheduler.people_store import PeopleStore
from window_scheduler.sealed import Sealer
from window_scheduler.tables import metadata

KEPT_FOR_THE_RELEASE_BEFORE = {"published_at", "window_totals"}
"""What no query names any more, and a program of that release still does: a later migration takes it out."""


async def test_the_migrations_make_the_tables_that_the_queries_name(database):
    unnamed = {"alembic_version", *KEPT_FOR_THE_RELEASE_BEFORE}

    def differences(connection):
        options = {"version_table_schema": None, "include_object": lambda _object, name, *_: name not in unnamed}
        return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)

    async with database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_the_database_itself_holds_one_call_a_day(api, database, clock):
    person = await api.person()
    insert = metadata.tables["scheduled_calls"].insert()
    window = await api.window(person)
    row = {
        "person_id": person.person_id,
        "window_id": window.window_id,
        "local_day": clock.now().date(),
        "not_before": window.next_opens_at.ToDatetime(),
        "not_after": window.next_closes_at.ToDatetime(),
        "scheduled_at": clock.now(),
    }
    with pytest.raises(IntegrityError, match="one_call_a_day"):
        async with database.transaction() as connection:
            await connection.execute(
                insert, [{**row, "call_id": person.person_id}, {**row, "call_id": window.window_id}]
            )


async def test_another_key_than_the_one_in_use_is_told_at_the_start(api, database):
    await api.person()
    async with database.transaction() as connection:
        with pytest.raises(KeyUnusable, match="Mount the key that was in use before"):
            await PeopleStore(connection, Sealer(bytes(32))).check_key()
