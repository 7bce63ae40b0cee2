import asyncio
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from chassis.database import ASKED_AFTER_S, DatabaseUnavailable, open_database
from chassis.migrations import SchemaBehind, check_schema, upgrade, wait_for_schema

REVISIONS = Path(__file__).parent / "revisions"


@pytest.fixture
async def database(postgres_url):
    await upgrade(postgres_url, schema="things", revisions=REVISIONS)
    async with open_database(postgres_url, schema="things") as opened:
        yield opened


async def names(database):
    async with database.transaction() as connection:
        return (await connection.execute(text("SELECT name FROM things ORDER BY name"))).scalars().all()


async def test_a_block_that_ends_is_kept_and_one_that_raises_leaves_nothing(database):
    async with database.transaction() as connection:
        await connection.execute(text("INSERT INTO things VALUES ('kept')"))

    async def insert_and_fail():
        async with database.transaction() as connection:
            await connection.execute(text("INSERT INTO things VALUES ('dropped')"))
            raise LookupError

    with pytest.raises(LookupError):
        await insert_and_fail()
    assert await names(database) == ["kept"]


async def test_a_statement_alone_is_kept_and_a_transaction_after_it_on_the_same_connection_is_one(postgres_url):
    await upgrade(postgres_url, schema="things", revisions=REVISIONS)

    async def insert_and_fail():
        async with database.transaction() as connection:
            await connection.execute(text("INSERT INTO things VALUES ('dropped')"))
            raise LookupError

    async with open_database(postgres_url, schema="things", pool_size=1) as database:
        for way in ("alone", "alone too"):
            async with database.statement() as connection:
                await connection.execute(text("INSERT INTO things VALUES (:name)"), {"name": way})
            with pytest.raises(LookupError):
                await insert_and_fail()
        assert await names(database) == ["alone", "alone too"]


async def test_an_error_does_not_repeat_its_parameters(database):
    async def insert():
        async with database.transaction() as connection:
            await connection.execute(text("INSERT INTO things VALUES (:name)"), {"name": "what somebody said"})

    await insert()
    with pytest.raises(IntegrityError) as twice:
        await insert()
    assert "parameters hidden" in str(twice.value)


async def test_eight_migrations_at_once_make_one_schema(postgres_url):
    await asyncio.gather(*(upgrade(postgres_url, schema="things", revisions=REVISIONS) for _ in range(8)))
    await check_schema(postgres_url, schema="things", revisions=REVISIONS)


async def test_a_schema_that_is_behind_is_told_with_what_to_run(postgres_url):
    with pytest.raises(SchemaBehind, match="The schema things is at nothing, this program needs 0001"):
        await check_schema(postgres_url, schema="things", revisions=REVISIONS)


async def test_a_schema_that_a_later_release_brought_further_is_good_enough_and_left_alone(database, postgres_url):
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '0002'"))
    await check_schema(postgres_url, schema="things", revisions=REVISIONS)
    await upgrade(postgres_url, schema="things", revisions=REVISIONS)
    async with database.transaction() as connection:
        found = await connection.execute(text("SELECT version_num FROM alembic_version"))
    assert found.scalar_one() == "0002"


async def test_a_database_that_is_away_is_told_as_such():
    async with open_database("postgresql://nobody:nothing@127.0.0.1:1/none", schema="things") as database:
        with pytest.raises(DatabaseUnavailable, match="Is it running, and does DAYBOOK_DATABASE_URL name it"):
            await database.check()


@pytest.mark.parametrize(
    ("setting", "statement", "told"),
    [
        ("transaction_read_only = on", "INSERT INTO things VALUES ('one')", "takes no writes .*25006"),
        ("statement_timeout = 1", "SELECT pg_sleep(60)", "took too long, or was ended.*57014"),
        ("lock_timeout = 1", "LOCK TABLE things", "another transaction holds what it needs.*55P03"),
        ("temp_file_limit = 0", "SELECT count(*) FROM generate_series(1, 1000000)", "no room.*53400"),
    ],
)
async def test_what_postgresql_may_do_at_another_time_is_told_as_such(database, setting, statement, told):
    """A consumer that is told so gets its event again for as long as it takes, and does not put it aside."""

    async def do():
        async with database.transaction() as connection:
            await connection.execute(text(f"SET LOCAL {setting}"))
            await connection.execute(text(statement))

    async with database.transaction() as holding:
        await holding.execute(text("LOCK TABLE things IN ACCESS SHARE MODE"))
        with pytest.raises(DatabaseUnavailable, match=told):
            await do()


async def test_what_is_wrong_at_any_time_is_told_as_it_is(database):
    async def ask():
        async with database.transaction() as connection:
            await connection.execute(text("SELECT * FROM nothing"))

    with pytest.raises(ProgrammingError):
        await ask()


@asynccontextmanager
async def cut_at_the_first_statement(url):
    """The address of a PostgreSQL that lets everybody in, and drops them when they first ask something."""
    there = urlsplit(url)

    async def copy(source, sink, *, but=()):
        with suppress(ConnectionError):
            while (chunk := await source.read(65536)) and not chunk.startswith(but):
                sink.write(chunk)
        sink.close()

    async def serve(reader, writer):
        upstream_reader, upstream_writer = await asyncio.open_connection(there.hostname, there.port)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(copy(upstream_reader, writer))
            tasks.create_task(copy(reader, upstream_writer, but=b"P"))  # Parse

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        yield there._replace(netloc=there.netloc.replace(f":{there.port}", f":{port}")).geturl()


async def test_a_connection_that_breaks_while_the_schema_is_looked_at_is_told_as_such(postgres_url):
    async with cut_at_the_first_statement(postgres_url) as url:
        for look in (check_schema, upgrade):
            with pytest.raises(DatabaseUnavailable):
                await look(url, schema="things", revisions=REVISIONS)


@asynccontextmanager
async def cut_after(url, messages, last_word):
    """The address of a PostgreSQL whose connections end after so many of its messages, with a last one.

    Yields:
        It, and an event that is set once a connection ended so.
    """
    there, cut = urlsplit(url), asyncio.Event()

    async def pass_on(source, sink):
        with suppress(ConnectionError):
            while chunk := await source.read(65536):
                sink.write(chunk)
        sink.close()

    async def pass_on_until_cut(source, sink):
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            for _ in range(messages):
                head = await source.readexactly(5)  # its type, and its length without the type
                sink.write(head + await source.readexactly(int.from_bytes(head[1:]) - 4))
            await source.readexactly(1)
            sink.write(last_word)
            cut.set()
        sink.close()

    async def serve(reader, writer):
        upstream_reader, upstream_writer = await asyncio.open_connection(there.hostname, there.port)
        async with asyncio.TaskGroup() as tasks:
            answers = tasks.create_task(pass_on_until_cut(upstream_reader, writer))
            tasks.create_task(pass_on(reader, upstream_writer))
            await answers
            upstream_writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        address = there._replace(netloc=there.netloc.replace(f":{there.port}", f":{port}"), query="sslmode=disable")
        yield address.geturl(), cut


def fatal(sqlstate):
    """The message with which PostgreSQL ends a connection (its manual, 54.7: ErrorResponse)."""
    fields = b"SFATAL\0VFATAL\0C" + sqlstate + b"\0Ended by the test\0\0"
    return b"E" + (len(fields) + 4).to_bytes(4) + fields


@pytest.mark.parametrize("last_word", [b"", fatal(b"57P01")], ids=["without a word", "as an administrator's"])
async def test_a_connection_that_ends_at_any_message_is_told_as_such(postgres_url, last_word):
    """While it is opened and SQLAlchemy asks what it connects to, as well as later."""
    messages = 0
    while True:
        async with (
            cut_after(postgres_url, messages, last_word) as (url, cut),
            open_database(url, schema="things") as database,
        ):
            try:
                await database.check()
            except DatabaseUnavailable:
                messages += 1
                continue
            assert not cut.is_set()
            break
    assert messages > 10


async def end_all(url):
    """Ends every connection to a database but its own."""
    connection = await asyncpg.connect(url)
    await connection.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await connection.close()


@pytest.mark.parametrize(("rested_s", "asked"), [(ASKED_AFTER_S, True), (ASKED_AFTER_S - 0.1, False)])
async def test_a_connection_that_has_rested_is_asked_first_whether_it_stands(postgres_url, rested_s, asked):
    seconds = 0.0
    async with open_database(postgres_url, schema="things", now=lambda: seconds) as database:
        async with database.transaction(), database.transaction():
            pass  # two connections, which rest from now on
        await end_all(postgres_url)
        seconds += rested_s
        if not asked:
            with pytest.raises(DatabaseUnavailable):
                await database.check()
        await database.check()
        await database.check()


async def test_the_parameters_of_libpq_hold_in_the_address(postgres_url):
    async with open_database(f"{postgres_url}?sslmode=prefer", schema="things") as database:
        await database.check()
    # the server of the tests speaks no TLS
    async with open_database(f"{postgres_url}?sslmode=require", schema="things") as database:
        with pytest.raises(DatabaseUnavailable):
            await database.check()


async def test_waiting_for_a_schema_ends_when_it_is_there(postgres_url):
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(
            wait_for_schema(postgres_url, schema="things", revisions=REVISIONS, stop=asyncio.Event())
        )
        await upgrade(postgres_url, schema="things", revisions=REVISIONS)
    assert waiting.done()


async def test_waiting_for_a_schema_ends_when_it_is_stopped():
    stop = asyncio.Event()
    url = "postgresql://nobody:nothing@127.0.0.1:1/none"
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(wait_for_schema(url, schema="things", revisions=REVISIONS, stop=stop))
        stop.set()
