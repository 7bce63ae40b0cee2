"""A journal as a file: to take along."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import HTMLResponse, Response

from portal.archive_given import archive_of
from portal.archive_intake import LARGEST_MEGABYTES
from portal.door import Door, Visit
from portal.journal import Journal
from portal.pages import Pages
from portal.readers_clock import ReadersClock


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
            return await archive_of(visit.person_id, self._journal, self._clock)

        return router
