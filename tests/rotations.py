"""What the tests of a rotation have in common: persons' keys made under one key-encryption key, and opened with others."""

from collections.abc import Iterable, Mapping
from uuid import UUID, uuid4

from chassis.clock import Clock
from chassis.database import Database
from journal.envelope import Key
from journal.keyring import Keyring
from journal.keys import KeyEncryptionKeys
from journal.rotation import BEGINNING, Rotation

FIRST, SECOND = b"k" * 32, b"t" * 32
FIRST_ID, SECOND_ID = Key(FIRST).id, Key(SECOND).id


async def rotate(rotation: Rotation, active_id: str = SECOND_ID) -> int:
    """Rotates to the end, and returns how many keys were wrapped anew."""
    after, keys = BEGINNING, 0
    while True:
        rewrapped = await rotation.rewrap_some(active_id, after)
        keys += rewrapped.keys
        if rewrapped.reached is None:
            return keys
        after = rewrapped.reached


async def made(
    database: Database, keys: KeyEncryptionKeys, clock: Clock, persons: int, *, recognised: bool = True
) -> dict[UUID, Key]:
    """So many persons' keys, by person."""
    keyring = Keyring(database, keys, clock)
    if recognised:
        await keyring.recognise()
    return {person_id: await keyring.key_of_caller(person_id) for person_id in sorted(uuid4() for _ in range(persons))}


async def opened(
    database: Database, keys: KeyEncryptionKeys, clock: Clock, persons: Iterable[UUID]
) -> Mapping[UUID, Key]:
    """Their keys, as a journal that has these key-encryption keys opens them."""
    keyring = Keyring(database, keys, clock)
    return {person_id: await keyring.key_of(person_id) for person_id in persons}
