"""How a person's journal is kept: asked and set by the person."""

from uuid import UUID

import structlog

from chassis.database import Database
from journal import keeping_store, store
from journal.errors import PersonErased
from journal.keyring import Keyring
from journal.records import Keeping

log = structlog.get_logger()


class Keepings:
    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring

    async def of(self, person_id: UUID) -> Keeping:
        async with self._database.transaction() as connection:
            return await keeping_store.keeping(connection, person_id)

    async def set(self, person_id: UUID, keeping: Keeping) -> None:
        """Sets it, also for somebody who was never called: committed when this returns.

        Raises:
            PersonErased: the person was deleted.
        """
        await self._keyring.key_of_caller(person_id)
        async with self._database.transaction() as connection:
            if not await store.hold_person_key(connection, person_id):
                raise PersonErased(person_id)
            await keeping_store.set_keeping(connection, person_id, keeping)
        log.info("keeping.set", person_id=str(person_id), **vars(keeping))
