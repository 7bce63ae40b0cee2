"""A person's entries by day: listed with what they are called, and counted."""

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.clock import Clock
from chassis.database import Database
from daybook.journal.v1.revisions_pb2 import Revision
from journal import finding_store
from journal.contract import Page
from journal.damage import tell_damage
from journal.entry_stream import one_by_one
from journal.envelope import Key
from journal.errors import IntegrityError
from journal.keyring import Keyring
from journal.local_days import Days
from journal.records import Entry, PagePosition, SealedEntry
from journal.reflection_calendar import Calendar, calendar_of
from journal.sealing import SessionSeal

log = structlog.get_logger()


@dataclass(frozen=True)
class Listed:
    """An entry of a list.

    Attributes:
        revision: what it is called, and says in short; None where nobody has described it.
        readable: whether that could be opened.
    """

    entry: Entry
    revision: Revision | None
    readable: bool = True


class Browsing:
    def __init__(self, database: Database, keyring: Keyring, clock: Clock) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock

    async def page(self, person_id: UUID, page: Page, days: Days) -> tuple[Sequence[Listed], Entry | None]:
        """A page of a person's entries of some days, the newest first, and the entry after which the next goes on, if one does.

        Raises:
            PersonErased: the person was deleted a moment ago.
            IntegrityError: the person's key was changed.
        """

        async def fetch(connection: AsyncConnection, after: PagePosition | None) -> Sequence[SealedEntry]:
            return await finding_store.sealed_entries(
                connection,
                person_id,
                after=after,
                since=days.surely_from(),
                until=days.surely_until(),
                limit=page.size + 1,
            )

        listed = list[Listed]()
        key: Key | None = None
        goes_on = False
        async with aclosing(one_by_one(self._database, fetch, page.after)) as entries:
            async for sealed in entries:
                if not days.hold(sealed.entry.started_at):
                    continue
                goes_on = len(listed) == page.size
                if goes_on:
                    break
                key = key or await self._keyring.key_of(person_id)
                listed.append(_opened(key, sealed))
        log.info("entries.browsed", person_id=str(person_id), entries=len(listed))
        return listed, listed[-1].entry if goes_on else None

    async def calendar(self, person_id: UUID, days: Days) -> Calendar:
        """How a person kept at it. Nothing is decrypted for it."""
        async with self._database.transaction() as connection:
            calls = await finding_store.calls(connection, person_id)
        return calendar_of(calls, days, self._clock.now())


def _opened(key: Key, sealed: SealedEntry) -> Listed:
    """An entry with its newest revision; one that does not open is told, and stands in the list without."""
    if sealed.revision is None:
        return Listed(sealed.entry, None)
    try:
        return Listed(sealed.entry, SessionSeal(key, sealed).open_revision(sealed.revision))
    except IntegrityError as error:
        tell_damage(error)
        return Listed(sealed.entry, None, readable=False)
