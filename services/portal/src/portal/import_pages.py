"""Entries brought in by a file: it is taken from the request into memory, read there, and never on a disk."""

import asyncio
from io import BytesIO
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.requests import ClientDisconnect
from starlette.responses import HTMLResponse, Response

from chassis.errors import Unavailable
from journal_archive.archive_file import ArchiveFile, ArchiveRefused
from portal.door import FORM_FIELD, Door, Visit
from portal.journal_import import JournalImport
from portal.languages import marked
from portal.memory_budget import MemoryBudget
from portal.pages import Pages
from portal.upload_form import UploadForm, UploadTooLarge, UploadUnreadable

MEGABYTE = 1024 * 1024
LARGEST_MEGABYTES = 128
LARGEST_ARCHIVE_BYTES = LARGEST_MEGABYTES * MEGABYTE
ALL_ARCHIVES_BYTES = LARGEST_ARCHIVE_BYTES + MEGABYTE
"""Of all that are being brought in at once, by this process, with what a form has around a file."""
LARGEST_TEXT_BYTES = 4 * MEGABYTE
"""Of a text in an archive once it is unpacked: journal.json of some thousand entries, entry.json of a day of talk."""
LIMITED_BELOW = 2**40
"""What comes here is looked at before it is read, and counted while it is: the limit of other forms is none of its."""
SENDING_TIMEOUT_S = 900.0
TOO_LARGE, UNPROCESSABLE, BUSY = 413, 422, 503


class ImportPages:
    def __init__(self, door: Door, pages: Pages, journal: JournalImport) -> None:
        self._door = door
        self._pages = pages
        self._journal = journal
        self._budget = MemoryBudget(ALL_ARCHIVES_BYTES)

    def router(self) -> APIRouter:
        router = APIRouter(max_body_size=LIMITED_BELOW)

        @router.post("/journal/archive/import")
        async def bring_in(
            visit: Annotated[Visit, Depends(self._door.visit_before_form)], request: Request
        ) -> Response:
            held_bytes = _announced(request)
            if held_bytes > ALL_ARCHIVES_BYTES:
                return self._refused(visit, TOO_LARGE, _too_large(visit))
            if not self._budget.take(held_bytes):
                busy = "Others are bringing in their journals just now. Try it again in some minutes."
                return self._refused(visit, BUSY, visit.language.say(busy))
            try:
                return await self._take_in(visit, request)
            finally:
                self._budget.give_back(held_bytes)

        return router

    async def _take_in(self, visit: Visit, request: Request) -> Response:
        try:
            async with asyncio.timeout(SENDING_TIMEOUT_S):
                file = await self._sent(visit, request)
        except UploadTooLarge:
            return self._refused(visit, TOO_LARGE, _too_large(visit))
        except UploadUnreadable:
            said = visit.language.say("Choose the ZIP file of an export first, then send it.")
            return self._refused(visit, UNPROCESSABLE, said)
        except TimeoutError:
            raise Unavailable(marked("The file took too long to come. Nothing of it was kept; try it again.")) from None
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it
        try:
            archive = await asyncio.to_thread(ArchiveFile, file, largest_text_bytes=LARGEST_TEXT_BYTES)
        except ArchiveRefused as refused:
            return self._refused(visit, UNPROCESSABLE, visit.language.say(str(refused)))
        with archive:
            imported = await self._journal.take_in(visit.person_id, archive)
        imported.refused = [(folder, visit.language.say(reason)) for folder, reason in imported.refused]
        return self._pages.page("journal_imported.html", visit.language, visit=visit, imported=imported)

    async def _sent(self, visit: Visit, request: Request) -> BytesIO:
        """
        Raises:
            ForgedRequest: the form is none of this session's.
            UploadTooLarge, UploadUnreadable: see there.
        """
        form = UploadForm(
            request.headers.get("content-type", ""),
            FORM_FIELD,
            lambda told: self._door.check_form(visit, told),
            LARGEST_ARCHIVE_BYTES,
        )
        async for piece in request.stream():
            form.feed(piece)
        return form.whole_file()

    def _refused(self, visit: Visit, status: int, sentence: str) -> HTMLResponse:
        return self._pages.page(
            "journal_archive.html",
            visit.language,
            status=status,
            visit=visit,
            megabytes=LARGEST_MEGABYTES,
            refused=sentence,
        )


def _announced(request: Request) -> int:
    """How long a request says that it is; as long as can be where it does not say."""
    told = request.headers.get("content-length", "")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 16 else LARGEST_ARCHIVE_BYTES


def _too_large(visit: Visit) -> str:
    return visit.language.say(
        "The file is too large to be brought in here: at most %(megabytes)d MB. Whoever runs this Daybook can bring it in.",
        megabytes=LARGEST_MEGABYTES,
    )
