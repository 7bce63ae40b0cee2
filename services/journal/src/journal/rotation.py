"""How one key-encryption key takes another's place: the persons' keys are wrapped anew under the active one, some at a time.

Each row is the truth about its key. It is replaced if it still holds what was read, so a rotation that was killed begins anew
and finds what is left; several at once do no harm; and a key that was destroyed meanwhile stays destroyed. A person's key is the
same under any wrap: whoever uses it notices nothing.
"""

import asyncio
from dataclasses import dataclass
from uuid import UUID

import structlog

from chassis.clock import Clock
from chassis.database import Database
from chassis.errors import Conflict
from journal import kek_store, metrics
from journal.damage import tell_damage
from journal.envelope import new_key
from journal.errors import IntegrityError
from journal.keyring import CANARY, place_of_person_key
from journal.keys import KeyEncryptionKeys
from journal.records import PersonKey, Rewrapped, RewrapPosition

log = structlog.get_logger()

PAGE = 200
"""Keys wrapped anew at a time: a few milliseconds of this process, which serves conversations meanwhile."""

BEGINNING = RewrapPosition("", UUID(int=0))


@dataclass(frozen=True)
class KekStanding:
    """A key-encryption key that is at hand or in use.

    Attributes:
        name: how the operator calls it; empty where it is not at hand.
        persons: how many persons' keys it wraps.
        removable: nothing is wrapped by it, and it is not active.
    """

    kek_id: str
    name: str
    at_hand: bool
    active: bool
    persons: int
    removable: bool


class Rotation:
    """
    Args:
        page: how many keys are wrapped anew at a time.
    """

    def __init__(self, database: Database, keys: KeyEncryptionKeys, clock: Clock, *, page: int = PAGE) -> None:
        self._database = database
        self._keys = keys
        self._clock = clock
        self._page = page

    async def standings(self) -> list[KekStanding]:
        """Each key-encryption key, the active one first.

        Raises:
            KeyUnusable: they cannot be looked at now.
        """
        await self._keys.look()
        async with self._database.transaction() as connection:
            in_use = await kek_store.keks_in_use(connection)
            counted = await kek_store.count_person_keys(connection)
        active, at_hand = self._keys.active_id, self._keys.at_hand
        others = sorted((in_use | at_hand.keys()) - {active})
        return [
            KekStanding(
                kek_id=kek_id,
                name=at_hand.get(kek_id, ""),
                at_hand=kek_id in at_hand,
                active=kek_id == active,
                persons=counted.get(kek_id, 0),
                removable=kek_id != active and kek_id not in in_use,
            )
            for kek_id in (active, *others)
        ]

    async def rewrap_some(self, active_id: str, after: RewrapPosition = BEGINNING) -> Rewrapped:
        """Wraps the next keys anew; behind the last of them, it also leaves the canary to the active key.

        Args:
            active_id: the active key, as whoever rotates knows it.
            after: where the last call came to.

        Raises:
            Conflict: this process works with another active key.
            KeyUnusable: a key-encryption key is not at hand.
        """
        if active_id != self._keys.active_id:
            raise Conflict(
                f"This journal's active key is {self._keys.active_id}, and the rotation is to {active_id}. "
                "Wait until all pods work with the same one (kubectl rollout status), then rotate again."
            )
        async with self._database.transaction() as connection:
            page = await kek_store.keys_to_rewrap(connection, active_id, after=after, limit=self._page)
        anew = await asyncio.gather(*(self._rewrapped(kept) for kept in page))
        opened = [(kept, wrapped) for kept, wrapped in zip(page, anew, strict=True) if wrapped is not None]
        async with self._database.transaction() as connection:
            rewrapped = await kek_store.replace_wraps(connection, active_id, opened)
        metrics.keys_rewrapped.inc(rewrapped)
        damaged = [kept.person_id for kept, wrapped in zip(page, anew, strict=True) if wrapped is None]
        log.info("keys.rewrapped", kek_id=active_id, keys=rewrapped, damaged=len(damaged))
        if len(page) == self._page:
            return Rewrapped(rewrapped, damaged, RewrapPosition(page[-1].kek_id, page[-1].person_id))
        await self._move_canary(active_id)
        return Rewrapped(rewrapped, damaged, None)

    async def _rewrapped(self, kept: PersonKey) -> bytes | None:
        """A person's key under the active key; None where it does not open."""
        if kept.wrapped is None:
            return None
        place = place_of_person_key(kept.person_id)
        try:
            key = await self._keys.unwrap(kept.kek_id, place, kept.wrapped)
        except IntegrityError as error:
            tell_damage(error)
            return None
        return await self._keys.wrap(place, key)

    async def _move_canary(self, active_id: str) -> None:
        canary = await self._keys.wrap(CANARY, new_key())
        async with self._database.transaction() as connection:
            await kek_store.move_canary(connection, active_id, canary, self._clock.now())
