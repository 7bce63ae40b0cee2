"""A journal as a file: to take along."""

from contextlib import AsyncExitStack
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import HTMLResponse, Response

from portal.door import Door, Visit
from portal.import_pages import LARGEST_MEGABYTES
from portal.journal import Journal
from portal.pages import Pages
from portal.readers_clock import ReadersClock
from portal.streamed import Streamed

ZIP = "application/zip"
ENTRIES_HEADER = "x-daybook-entries"
"""How many entries will be in the file: for the script that tells how far it is."""


class ArchivePages:
    def __init__(self, door: Door, pages: Pages, journal: Journal, clock: ReadersClock) -> None:
        self._door = door
        self._pages = pages
        self._journal = journal
        self._clock = clock

    def router(self) -> APIRouter:
        router = APIRouter()
        SignedIn = Annotated[Visit, Depends(self._door.visit)]  # noqa: N806 - a type

        @router.get("/journal/archive")
        async def about(visit: SignedIn) -> HTMLResponse:
            return self._pages.page(
                "journal_archive.html", visit.language, visit=visit, megabytes=LARGEST_MEGABYTES, refused=""
            )

        @router.post("/journal/archive/export.zip")
        async def export(visit: SignedIn) -> Response:
            clock = await self._clock.of(visit.person_id)
            async with AsyncExitStack() as held:
                exported = await held.enter_async_context(self._journal.export(visit.person_id, clock.zone.key))
                headers = {
                    "content-disposition": f'attachment; filename="daybook-{clock.today.isoformat()}.zip"',
                    ENTRIES_HEADER: str(exported.entries),
                }
                return Streamed(exported.pieces, held.pop_all(), headers=headers, media_type=ZIP)

        return router
