"""A journal as a file, as it is given to whoever asked: a page's form, or a program."""

from contextlib import AsyncExitStack
from uuid import UUID

from starlette.responses import Response

from portal.journal import Journal
from portal.readers_clock import ReadersClock
from portal.streamed import Streamed

ZIP = "application/zip"
ENTRIES_HEADER = "x-daybook-entries"
"""How many entries will be in the file: for whoever tells how far it is."""


async def archive_of(person_id: UUID, journal: Journal, clock: ReadersClock) -> Response:
    """
    Raises:
        NotFound: the person was deleted.
        Unavailable: the journal does not answer. Where it stops later, the answer has no end.
    """
    at = await clock.of(person_id)
    async with AsyncExitStack() as held:
        exported = await held.enter_async_context(journal.export(person_id, at.zone.key))
        headers = {
            "content-disposition": f'attachment; filename="daybook-{at.today.isoformat()}.zip"',
            ENTRIES_HEADER: str(exported.entries),
        }
        return Streamed(exported.pieces, held.pop_all(), headers=headers, media_type=ZIP)
