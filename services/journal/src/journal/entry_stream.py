"""A person's entries one after the other, fetched in batches, so that however many there are, few are in memory."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database import Database
from journal.records import PagePosition, SealedEntry

EntryT = TypeVar("EntryT", bound=SealedEntry)
Fetch = Callable[[AsyncConnection, PagePosition | None], Awaitable[Sequence[EntryT]]]


async def one_by_one(
    database: Database, fetch: Fetch[EntryT], after: PagePosition | None
) -> AsyncGenerator[EntryT, None]:
    """What `fetch` gives, each time for the position that was reached, until it gives nothing. Between two entries others have
    their turn on the loop.
    """
    while True:
        async with database.transaction() as connection:
            batch = await fetch(connection, after)
        if not batch:
            return
        for sealed in batch:
            yield sealed
            await asyncio.sleep(0)
        after = PagePosition(batch[-1].entry.started_at, batch[-1].entry.entry_id)
