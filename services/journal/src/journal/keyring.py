"""The persons' keys: made at their first session, unwrapped when needed, never kept in clear at rest."""

from uuid import UUID

import structlog

from chassis.clock import Clock
from chassis.database import Database
from journal import store
from journal.envelope import Key, Kind, Place, new_key
from journal.errors import PersonErased
from journal.keys import KeyEncryptionKeys

log = structlog.get_logger()

_NOBODY = UUID(int=0)
_CANARY = Place(_NOBODY, _NOBODY, Kind.CANARY)


class Keyring:
    def __init__(self, database: Database, keys: KeyEncryptionKeys, clock: Clock) -> None:
        self._database = database
        self._keys = keys
        self._clock = clock

    async def recognise(self) -> None:
        """Makes sure that the key-encryption key at hand is this journal's, before anything is served.

        The first key that a journal ever sees wraps a canary; every later start must be able to unwrap it. So a wrong key is
        noticed by the process that was given it, and not by the first person who reads.

        Raises:
            KeyUnusable: the journal's keys were wrapped by another key-encryption key.
            IntegrityError: the canary was changed.
        """
        new_canary = await self._keys.wrap(_CANARY, new_key())
        async with self._database.transaction() as connection:
            await store.add_first_canary(connection, self._keys.active_id, new_canary, self._clock.now())
            canaries = await store.canaries(connection)
        for kek_id, sealed in canaries:
            await self._keys.unwrap(kek_id, _CANARY, sealed)
        log.info("key.recognised", kek_id=self._keys.active_id)

    async def key_of(self, person_id: UUID) -> Key:
        """A person's key.

        Raises:
            PersonErased: it was destroyed, or never made.
            KeyUnusable, IntegrityError: see KeyEncryptionKeys.unwrap.
        """
        async with self._database.transaction() as connection:
            kept = await store.person_key(connection, person_id)
        if kept is None or kept.wrapped is None:
            raise PersonErased(person_id)
        return await self._keys.unwrap(kept.kek_id, _place(person_id), kept.wrapped)

    async def key_of_caller(self, person_id: UUID) -> Key:
        """A person's key, made now if they never had one.

        Raises:
            PersonErased: it was destroyed.
            KeyUnusable, IntegrityError: see KeyEncryptionKeys.unwrap.
        """
        async with self._database.transaction() as connection:
            known = await store.person_key(connection, person_id) is not None
        if not known:
            wrapped = await self._keys.wrap(_place(person_id), new_key())
            async with self._database.transaction() as connection:
                # where two make one at once, the first stays, and both read that
                await store.add_person_key(connection, person_id, self._keys.active_id, wrapped, self._clock.now())
        return await self.key_of(person_id)


def _place(person_id: UUID) -> Place:
    return Place(person_id, person_id, Kind.PERSON_KEY)
