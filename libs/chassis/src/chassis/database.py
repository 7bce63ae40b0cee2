"""PostgreSQL: one engine a process, each service in a schema of its own.

A store gets a connection inside a transaction (`async with database.transaction() as connection`) and never commits in the
middle: the block is the boundary. Parameters never stand in an error or a log (`hide_parameters`).
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from time import monotonic

import asyncpg
from sqlalchemy import Engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, InterfaceError, InvalidatePoolError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from chassis.errors import Unavailable

STATEMENT_TIMEOUT_MS = 30_000
CONNECT_TIMEOUT_S = 5.0
ASKED_AFTER_S = 1.0
"""A connection that has rested for so long is asked whether it still stands before it is used."""
_RESTS_SINCE = "rests_since"
NO_ANSWER = "PostgreSQL does not answer. Is it running, and does DAYBOOK_DATABASE_URL name it?"

_PASSING = {
    "08": "the connection broke",
    "25006": "it takes no writes (is it a standby?)",
    "40": "another transaction was in the way",
    "53": "it has no room, memory or connection left",
    "55P03": "another transaction holds what it needs",
    "57": "a statement took too long, or was ended",
    "58": "its disk or its system failed",
}
"""SQLSTATEs, or the classes that they begin with, of what the same statement may do at another time."""


class DatabaseUnavailable(Unavailable):
    """PostgreSQL does not answer, dropped the connection, or cannot do it now. Whether a transaction was committed is unknown:
    do it again, guarded by its own keys.
    """


class Database:
    """A pool of connections whose search path is one service's schema. Made by `open_database`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self._each_alone = engine.execution_options(isolation_level="AUTOCOMMIT")

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """A connection in a transaction: committed where the block ends, rolled back where it raises.

        Raises:
            DatabaseUnavailable: the connection could not be had, or broke, or PostgreSQL cannot do it now.
        """
        async with _told_as_ours(self.engine.begin()) as connection:
            yield connection

    @asynccontextmanager
    async def statement(self) -> AsyncIterator[AsyncConnection]:
        """A connection on which each statement is a transaction of its own: where there is one, a third of the round trips.

        Raises:
            DatabaseUnavailable: as by `transaction`. Whether the last statement was done is unknown.
        """
        async with _told_as_ours(self._each_alone.connect()) as connection:
            yield connection

    async def check(self) -> None:
        """Returns when PostgreSQL answers.

        Raises:
            DatabaseUnavailable: it does not.
        """
        async with self.statement() as connection:
            await connection.execute(text("SELECT 1"))


@asynccontextmanager
async def _told_as_ours(opening: AbstractAsyncContextManager[AsyncConnection]) -> AsyncIterator[AsyncConnection]:
    """A connection, whose errors are told as this house's."""
    try:
        async with AsyncExitStack() as opened:
            try:
                connection = await opened.enter_async_context(opening)
            except (PoolTimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                # asyncpg's own where it breaks while SQLAlchemy sets a new connection up, before it translates errors
                raise DatabaseUnavailable(NO_ANSWER) from error
            yield connection
    except (OperationalError, InterfaceError) as error:
        raise DatabaseUnavailable(NO_ANSWER) from error
    except DBAPIError as error:
        if error.connection_invalidated or _is_out_of_step(error):
            raise DatabaseUnavailable("PostgreSQL dropped the connection.") from error
        sqlstate = getattr(error.orig, "sqlstate", None) or ""
        for begin, why in _PASSING.items():
            if sqlstate.startswith(begin):
                raise DatabaseUnavailable(
                    f"PostgreSQL did not do it: {why}. Its log says more; SQLSTATE {sqlstate}."
                ) from error
        raise


def _is_out_of_step(error: DBAPIError) -> bool:
    """Whether asyncpg was told of a session's end in the middle of a statement, as one is whose process stood still."""
    cause = getattr(error.orig, "__cause__", None)
    return isinstance(cause, asyncpg.InternalClientError)


def create_engine(url: str, *, schema: str, pool_size: int = 5, now: Callable[[], float] = monotonic) -> AsyncEngine:
    """An engine whose connections asyncpg opens from the address as it is, so that libpq's parameters hold in it
    (`sslmode=verify-full`, `sslrootcert=/a/file`).

    One that has rested is asked first whether it still stands; where it does not, all are replaced. One that was in use a moment
    ago is not asked: that takes three round trips, as much as many a transaction. Should it have broken since, whoever uses it is
    told so, and the next one gets another. `now` is a monotonic clock, seconds.

    Its connections raise:
        DatabaseUnavailable: PostgreSQL cannot be reached, or lets nobody in (yet).
    """

    async def connect() -> "asyncpg.Connection[asyncpg.Record]":
        settings = {"search_path": schema, "statement_timeout": str(STATEMENT_TIMEOUT_MS), "timezone": "UTC"}
        try:
            return await asyncpg.connect(url, timeout=CONNECT_TIMEOUT_S, server_settings=settings)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise DatabaseUnavailable(NO_ANSWER) from error

    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=10,
        hide_parameters=True,
    )
    _ask_what_has_rested(engine.sync_engine, now)
    return engine


def _ask_what_has_rested(engine: Engine, now: Callable[[], float]) -> None:
    @event.listens_for(engine, "checkin")
    def rest(_connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
        record.info[_RESTS_SINCE] = now()

    @event.listens_for(engine, "checkout")
    def ask(connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: object) -> None:
        if now() - record.info.get(_RESTS_SINCE, now()) < ASKED_AFTER_S:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error


@asynccontextmanager
async def open_database(
    url: str, *, schema: str, pool_size: int = 5, now: Callable[[], float] = monotonic
) -> AsyncIterator[Database]:
    """A database while the block runs.

    Args:
        url: postgresql://user:password@host:5432/database, with libpq's parameters where they are needed
        schema: the service's schema, as `search_path`.
        pool_size: connections kept; as many again may be opened under load.
        now: a monotonic clock, seconds.
    """
    engine = create_engine(url, schema=schema, pool_size=pool_size, now=now)
    try:
        yield Database(engine)
    finally:
        await engine.dispose()
