"""The persons' keys: made at their first session, unwrapped when needed, never kept in clear at rest."""

import asyncio
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.clock import Clock
from chassis.database import Database, DatabaseUnavailable
from journal import kek_store, metrics, store
from journal.envelope import Key, Kind, Place, new_key
from journal.errors import KeyUnusable, KmsUnavailable, PersonErased
from journal.keys import KeyEncryptionKeys
from journal.opened_keys import OpenedKeys

log = structlog.get_logger()

_NOBODY = UUID(int=0)
CANARY = Place(_NOBODY, _NOBODY, Kind.CANARY)

_ASKED_WITHIN_S = 1.0


class Keyring:
    def __init__(self, database: Database, keys: KeyEncryptionKeys, clock: Clock) -> None:
        self._database = database
        self._keys = keys
        self._clock = clock
        self._lacking: Mapping[str, int] = {}
        self._canaries: Sequence[tuple[str, bytes]] = ()
        self._why = ""
        self._opened = OpenedKeys()

    async def recognise(self) -> None:
        """Makes sure that every key-encryption key that this journal needs is at hand, before anything is served.

        The first one that a journal ever sees wraps a canary, which every later start must be able to unwrap. So a wrong key is
        noticed by the process that was given it, and not by the first person who reads.

        Raises:
            KeyUnusable: some of the journal's keys were wrapped by a key-encryption key that is not at hand.
            IntegrityError: the canary was changed.
        """
        new_canary = await self._keys.wrap(CANARY, new_key())
        await self._keys.unwrap(self._keys.active_id, CANARY, new_canary)
        async with self._database.transaction() as connection:
            await kek_store.add_first_canary(connection, self._keys.active_id, new_canary, self._clock.now())
            self._canaries = await kek_store.canaries(connection)
            if lacking := await _lacking(connection, self._keys.at_hand.keys()):
                raise KeyUnusable(_told(lacking, self._keys.at_hand.keys()))
        await self._open_canaries()
        log.info("key.recognised", kek_id=self._keys.active_id, at_hand=sorted(self._keys.at_hand))

    async def check(self) -> None:
        """Returns when this process can open every person's key. A metric tells whether one that starts now could.

        A key-encryption key that was taken away stays in this process's memory, so it serves; it is told all the same, since the
        next start would fail.

        Raises:
            KeyUnusable: some person's key was wrapped by a key-encryption key that is not at hand, or may not be used any more.
        """
        try:
            found, why = await self._keys.look(), ""
        except KeyUnusable as error:
            found, why = self._keys.at_hand.keys(), str(error)
        try:
            async with asyncio.timeout(_ASKED_WITHIN_S), self._database.transaction() as connection:
                self._lacking = await _lacking(connection, found)
                self._canaries = await kek_store.canaries(connection)
        except (DatabaseUnavailable, TimeoutError):
            pass  # another check tells that; what was lacking a moment ago may still be
        why = why or (_told(self._lacking, found) if self._lacking else "")
        refused: KeyUnusable | None = None
        try:
            await self._open_canaries()
        except KmsUnavailable as error:
            why = why or str(error)  # it may answer the next one, and what was opened a moment ago is at hand
        except KeyUnusable as error:
            refused, why = error, why or str(error)
        metrics.key_readable.set(not why)
        if why and why != self._why:
            log.error("key.unreadable", reason=why)
        self._why = why
        if missing := {kek_id: keys for kek_id, keys in self._lacking.items() if kek_id not in self._keys.at_hand}:
            raise KeyUnusable(_told(missing, self._keys.at_hand.keys()))
        if refused is not None:
            raise refused

    async def _open_canaries(self) -> None:
        for kek_id, sealed in self._canaries:
            if kek_id in self._keys.at_hand:
                await self._keys.unwrap(kek_id, CANARY, sealed)

    async def key_of(self, person_id: UUID) -> Key:
        """A person's key.

        Raises:
            PersonErased: it was destroyed, or never made.
            KeyUnusable, KmsUnavailable, IntegrityError: see KeyEncryptionKeys.unwrap.
        """
        async with self._database.transaction() as connection:
            kek_id, wrapped = await self._wrapped_key_of(connection, person_id)
        if known := self._opened.find(person_id, wrapped, self._clock.now()):
            return known
        key = await self._keys.unwrap(kek_id, place_of_person_key(person_id), wrapped)
        self._opened.keep(person_id, wrapped, key, self._clock.now())
        return key

    async def opened_key_of(self, connection: AsyncConnection, person_id: UUID) -> Key | None:
        """A person's key, where it was unwrapped a moment ago; None where it has to be, which is no work for a transaction.

        Raises:
            PersonErased: it was destroyed, or never made.
        """
        _, wrapped = await self._wrapped_key_of(connection, person_id)
        return self._opened.find(person_id, wrapped, self._clock.now())

    async def _wrapped_key_of(self, connection: AsyncConnection, person_id: UUID) -> tuple[str, bytes]:
        """By which key-encryption key a person's is wrapped, and the wrap."""
        kept = await store.person_key(connection, person_id)
        if kept is None or kept.wrapped is None:
            self.forget(person_id)
            raise PersonErased(person_id)
        return kept.kek_id, kept.wrapped

    def forget(self, person_id: UUID) -> None:
        """Drops a person's key from the memory of this process."""
        self._opened.forget(person_id)

    async def key_of_caller(self, person_id: UUID) -> Key:
        """A person's key, made now if they never had one.

        Raises:
            PersonErased: it was destroyed.
            KeyUnusable, KmsUnavailable, IntegrityError: see KeyEncryptionKeys.unwrap.
        """
        async with self._database.transaction() as connection:
            known = await store.person_key(connection, person_id) is not None
        if not known:
            wrapped = await self._keys.wrap(place_of_person_key(person_id), new_key())
            async with self._database.transaction() as connection:
                # where two make one at once, the first stays, and both read that
                await store.add_person_key(connection, person_id, self._keys.active_id, wrapped, self._clock.now())
        return await self.key_of(person_id)


async def _lacking(connection: AsyncConnection, found: AbstractSet[str]) -> dict[str, int]:
    """The key-encryption keys in use that are not among those, each with how many persons' keys it wraps."""
    lacking = await kek_store.keks_in_use(connection) - found
    if not lacking:
        return {}
    counted = await kek_store.count_person_keys(connection)
    return {kek_id: counted.get(kek_id, 0) for kek_id in sorted(lacking)}


def _told(lacking: Mapping[str, int], found: AbstractSet[str]) -> str:
    listed = ", ".join(f"{kek_id} (persons' keys that it wraps: {persons})" for kek_id, persons in lacking.items())
    return (
        f"Key-encryption keys that this journal needs are missing: {listed}. There are: {', '.join(sorted(found)) or 'none'}. "
        "Mount the missing ones beside these: without them nothing that these persons said can be read."
    )


def place_of_person_key(person_id: UUID) -> Place:
    return Place(person_id, person_id, Kind.PERSON_KEY)
