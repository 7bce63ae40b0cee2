"""Schema migrations: Alembic, one linear history a service, in the service's own PostgreSQL schema.

A service keeps its revisions in `<package>/migrations/`; how they are run stands here once.
"""

import asyncio
from datetime import timedelta
from pathlib import Path

import structlog
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from chassis.database import open_database
from chassis.errors import Unavailable
from chassis.waiting import until_set

log = structlog.get_logger()


LOOK_EVERY = timedelta(seconds=2)


class SchemaBehind(Unavailable):
    """The database has not reached this program's schema."""


def _config(revisions: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "alembic_env"))
    config.set_main_option("version_locations", str(revisions))
    config.set_main_option("path_separator", "newline")
    return config


async def upgrade(url: str, *, schema: str, revisions: Path) -> None:
    """Brings a service's schema to its newest revision. Several may do it at once: the second waits and finds nothing to do.

    A schema that a later release has brought further is left as it is (see `check_schema`).

    Args:
        url: postgresql://…
        schema: the service's schema; made where it is missing.
        revisions: the folder of the service's revisions.

    Raises:
        DatabaseUnavailable: PostgreSQL does not answer, or dropped the connection.
    """

    def run(connection: Connection) -> None:
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": f"migrate {schema}"})
        connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{schema}"'))
        config = _config(revisions)
        if _is_ahead(_revision(connection, schema), ScriptDirectory.from_config(config)):
            return
        config.attributes.update({"connection": connection, "schema": schema})
        command.upgrade(config, "head")

    async with open_database(url, schema=schema, pool_size=1) as database, database.transaction() as connection:
        await connection.run_sync(run)
    log.info("schema.upgraded", schema=schema)


async def check_schema(url: str, *, schema: str, revisions: Path) -> None:
    """Returns where the schema is at this program's newest revision, or ahead of it.

    It is ahead while a later release is rolled out, and after a rollback: a migration takes away nothing that the release before
    it uses, so that its programs go on, and start, on either.

    Raises:
        SchemaBehind: it is behind; run `migrate`.
        DatabaseUnavailable: PostgreSQL does not answer, or dropped the connection.
    """
    scripts = ScriptDirectory.from_config(_config(revisions))
    expected = scripts.get_current_head()
    async with open_database(url, schema=schema, pool_size=1) as database, database.transaction() as connection:
        found = await connection.run_sync(_revision, schema)
    if _is_ahead(found, scripts):
        log.info("schema.ahead", schema=schema, revision=found, of_this_program=expected)
    elif found != expected:
        raise SchemaBehind(
            f"The schema {schema} is at {found or 'nothing'}, this program needs {expected}. Run its `migrate` first."
        )


def _revision(connection: Connection, schema: str) -> str | None:
    return MigrationContext.configure(connection, opts={"version_table_schema": schema}).get_current_revision()


def _is_ahead(revision: str | None, scripts: ScriptDirectory) -> bool:
    """Whether it is a revision that this program has not heard of: the history is one line, so it comes after all that it has."""
    return revision is not None and revision not in {script.revision for script in scripts.walk_revisions()}


async def wait_for_schema(url: str, *, schema: str, revisions: Path, stop: asyncio.Event) -> None:
    """Returns when the schema is at this program's newest revision, or `stop` is set: what an init container does.

    A database that is not there yet is waited for as well.
    """
    told: str | None = None
    while not stop.is_set():
        try:
            await check_schema(url, schema=schema, revisions=revisions)
        except Unavailable as error:
            if str(error) != told:
                told = str(error)
                log.info("schema.awaited", schema=schema, reason=told)
            await until_set(stop, within=LOOK_EVERY)
        else:
            log.info("schema.found", schema=schema)
            return
