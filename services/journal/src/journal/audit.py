"""The audit log as the gate writes it: durable before anything is answered.

There is one end to write to, so those who wait for it are written together, by the one whose turn it is.
"""

import asyncio
from collections.abc import Iterable, Mapping

import structlog

from chassis.database import Database, DatabaseUnavailable
from journal import audit_store
from journal.audit_chain import Access, AuditPosition, AuditRecord, following

log = structlog.get_logger()


class Audit:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: dict[asyncio.Future[AuditPosition], Access] = {}
        self._turn = asyncio.Lock()

    async def add(self, access: Access) -> AuditPosition:
        """Adds a record, and returns where it stands once it is durable. Who is cancelled meanwhile may have added theirs, and
        others theirs twice.

        Raises:
            DatabaseUnavailable: it could not be; what was asked for is not to be answered.
        """
        position: asyncio.Future[AuditPosition] = asyncio.get_running_loop().create_future()
        self._waiting[position] = access
        try:
            async with self._turn:
                if not position.done():
                    await self._write(dict(self._waiting))
            return position.result()
        finally:
            position.cancel()  # for nobody any more, if it was not written
            self._waiting.pop(position, None)

    async def _write(self, together: Mapping["asyncio.Future[AuditPosition]", Access]) -> None:
        """Tells those who wait where their records stand, or that they do not."""
        try:
            records = await self._added(together.values())
        except DatabaseUnavailable as error:
            for position in together:
                if self._is_awaited(position):
                    position.set_exception(error)
            return
        for position, record in zip(together, records, strict=True):
            if self._is_awaited(position):
                position.set_result(record.position)
        # noted down where the database's owner cannot reach it, if logs are kept elsewhere
        end = records[-1].position
        log.info("audit.added", records=len(records), sequence=end.sequence, hash=end.hash.hex())

    async def _added(self, accesses: Iterable[Access]) -> list[AuditRecord]:
        records: list[AuditRecord] = []
        async with self._database.transaction() as connection:
            end = await audit_store.lock_end(connection)
            for access in accesses:
                records.append(following(end, access))
                end = records[-1].position
            await audit_store.add(connection, records)
        return records

    def _is_awaited(self, position: "asyncio.Future[AuditPosition]") -> bool:
        """Whether anybody still waits to be told this; from now on nobody does."""
        self._waiting.pop(position, None)
        return not position.done()
