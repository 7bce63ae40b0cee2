"""Key-encryption keys: what wraps the persons' keys, kept where the database is not.

They come from sources: files of a folder (`mounted_keys`), Google Cloud KMS (`kms_keys`). There may be several at once, so that
one can take another's place while both are at hand, also where they are of different kinds: one is active and wraps, each
unwraps what it has wrapped. A key is known by an id that gives nothing of it away.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from typing import Protocol

from journal.envelope import Key, Place
from journal.errors import KeyUnusable


class Kek(Protocol):
    """One key-encryption key. It wraps and unwraps without giving itself away."""

    @property
    def id(self) -> str:
        """What it is known by in the journal."""

    @property
    def name(self) -> str:
        """How the operator calls it."""

    async def wrap(self, place: Place, key: Key) -> bytes:
        """A key under this one, bound to its place.

        Raises:
            KeyUnusable: this key may not be used, or is none any more.
            KmsUnavailable: it cannot be asked now.
        """

    async def unwrap(self, place: Place, wrapped: bytes) -> Key:
        """The key that was wrapped under this one.

        Raises:
            KeyUnusable, KmsUnavailable: see `wrap`.
            IntegrityError: the wrapped key was changed, or belongs elsewhere.
        """


class KekSource(Protocol):
    """Where key-encryption keys come from."""

    async def look(self) -> Sequence[Kek]:
        """The keys that a process which starts now would find.

        Raises:
            KeyUnusable: it would find none that it can use.
        """


class KeyEncryptionKeys:
    """All key-encryption keys of a journal. Made by `find_keys`."""

    def __init__(self, sources: Sequence[KekSource], found: Sequence[Kek], active_name: str) -> None:
        """
        Raises:
            KeyUnusable: it is not clear which of these is active.
        """
        self._sources = sources
        self._active_name = active_name
        self._active = _active(found, active_name)
        self._by_id = {kek.id: kek for kek in found}

    @property
    def active_id(self) -> str:
        """The key that new wraps are made with."""
        return self._active.id

    @property
    def at_hand(self) -> Mapping[str, str]:
        """The keys that this process can use: by its id, how the operator calls each."""
        return {kek_id: kek.name for kek_id, kek in self._by_id.items()}

    async def look(self) -> AbstractSet[str]:
        """The ids of the keys that a process which starts now would find. What is new among them is at hand from now on.

        Raises:
            KeyUnusable: it would find none that it can use, or not the active one.
        """
        found = [kek for source in self._sources for kek in await source.look()]
        self._by_id |= {kek.id: kek for kek in found}
        active = _active(found, self._active_name)
        if active.id != self.active_id:
            raise KeyUnusable(
                f"The active key {active.name} is {active.id} now, and this process works with {self.active_id}. "
                "A key is never put in another's place: mount the former one again, and the new one beside it."
            )
        return {kek.id for kek in found}

    async def wrap(self, place: Place, key: Key) -> bytes:
        """A key under the active key-encryption key, bound to its place.

        Raises:
            KeyUnusable, KmsUnavailable: see Kek.wrap.
        """
        return await self._active.wrap(place, key)

    async def unwrap(self, kek_id: str, place: Place, wrapped: bytes) -> Key:
        """The key that was wrapped under the key-encryption key `kek_id`.

        Raises:
            KeyUnusable: that key-encryption key is not at hand, or see Kek.unwrap.
            KmsUnavailable, IntegrityError: see Kek.unwrap.
        """
        if kek_id not in self._by_id:
            with suppress(KeyUnusable):  # what else is wrong there is told by `look` itself
                await self.look()  # another process may have been given it before this one
        if kek_id not in self._by_id:
            raise KeyUnusable(f"The key-encryption key {kek_id} is not at hand. Mount it.")
        return await self._by_id[kek_id].unwrap(place, wrapped)


async def find_keys(sources: Sequence[KekSource], active_name: str = "") -> KeyEncryptionKeys:
    """The key-encryption keys of these sources.

    Args:
        sources: where they come from; one at least.
        active_name: how the operator calls the active one; may be empty where there is one in all.

    Raises:
        KeyUnusable: a source has none that can be used, or it is not clear which is active.
    """
    return KeyEncryptionKeys(sources, [kek for source in sources for kek in await source.look()], active_name)


def _active(found: Sequence[Kek], active_name: str) -> Kek:
    named = {kek.name: kek for kek in found}
    if active_name in named:
        return named[active_name]
    there_are = ", ".join(named)
    if active_name:
        raise KeyUnusable(
            f"DAYBOOK_KEK_ACTIVE names {active_name}, and the key-encryption keys are: {there_are}. "
            "Mount that key as well, or name one of these."
        )
    if len(named) > 1:
        raise KeyUnusable(
            f"There are several key-encryption keys: {there_are}. Say in DAYBOOK_KEK_ACTIVE which of them wraps new keys."
        )
    [only] = found
    return only
