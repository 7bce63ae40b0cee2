"""A person's entries searched for words. There is no index at rest: each is opened, looked at, and let go of (ADR 0028)."""

import time
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database import Database
from journal import finding_store
from journal.contract import Page
from journal.damage import tell_damage
from journal.entry_stream import one_by_one
from journal.envelope import Key
from journal.errors import IntegrityError
from journal.keyring import Keyring
from journal.records import Entry, PagePosition, SpokenEntry
from journal.sealing import SessionSeal
from journal.search_query import Query
from journal.snippets import Part, Snippet, snippets_of, texts_of

log = structlog.get_logger()

BATCH = 20
BUDGET_S = 1.0
"""How long one request searches before it answers with what it has: some years of daily entries (ADR 0028)."""


@dataclass(frozen=True)
class Hit:
    """An entry that holds what was looked for."""

    entry: Entry
    title: str
    snippets: Sequence[Snippet]


@dataclass(frozen=True)
class Found:
    """What one request came to.

    Attributes:
        hits: the newest first.
        unreadable: entries that do not open, so that nobody knows what is in them.
        reached: the entry after which the search goes on; None where all were looked at.
    """

    hits: Sequence[Hit]
    unreadable: Sequence[Entry]
    reached: Entry | None


class Search:
    """
    Args:
        budget_s: how long one request searches.
        monotonic: a clock that only goes on, in seconds.
    """

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        *,
        budget_s: float = BUDGET_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._budget_s = budget_s
        self._monotonic = monotonic

    async def find(self, person_id: UUID, query: Query, page: Page) -> Found:
        """The newest of a person's entries that a query looks for, as many as a page holds and the budget allows.

        It looks at one entry at least, so who asks again and again comes to the end.

        Raises:
            PersonErased: the person was deleted a moment ago.
            IntegrityError: the person's key was changed.
        """

        async def fetch(connection: AsyncConnection, after: PagePosition | None) -> Sequence[SpokenEntry]:
            return await finding_store.spoken_entries(connection, person_id, after=after, limit=BATCH)

        hits, unreadable = list[Hit](), list[Entry]()
        key: Key | None = None
        last: Entry | None = None
        looked_at, goes_on = 0, False
        ends_at = self._monotonic() + self._budget_s
        async with aclosing(one_by_one(self._database, fetch, page.after)) as entries:
            async for spoken in entries:
                goes_on = last is not None and (len(hits) == page.size or self._monotonic() >= ends_at)
                if goes_on:
                    break
                key = key or await self._keyring.key_of(person_id)
                try:
                    hit = _looked_at(key, spoken, query)
                except IntegrityError as error:
                    tell_damage(error)
                    unreadable.append(spoken.entry)
                else:
                    hits.extend(filter(None, [hit]))
                last, looked_at = spoken.entry, looked_at + 1
        log.info(
            "entries.searched",
            person_id=str(person_id),
            entries=looked_at,
            hits=len(hits),
            unreadable=len(unreadable),
            goes_on=goes_on,
        )
        return Found(hits, unreadable, last if goes_on else None)


def _looked_at(key: Key, spoken: SpokenEntry, query: Query) -> Hit | None:
    """What there is of a query in an entry; None where it is not one of those looked for.

    Raises:
        IntegrityError: a turn or the newest revision of it cannot be opened, or a turn is gone.
    """
    seal = SessionSeal(key, spoken)
    revision = None if spoken.revision is None else seal.open_revision(spoken.revision)
    texts = texts_of(seal.open_all(spoken.turns, spoken.entry.turns), revision)
    tags = [text.text for text in texts if text.part is Part.TAG]
    if not query.matches((text.text for text in texts), tags):
        return None
    return Hit(spoken.entry, revision.title if revision else "", snippets_of(texts, query))
