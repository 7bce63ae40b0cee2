"""Entries brought in by the form of a page: the journal's file, and before it the form's token."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.requests import ClientDisconnect
from starlette.responses import HTMLResponse, Response

from journal_archive.refusals import ArchiveRefused
from portal.archive_intake import LARGEST_ARCHIVE_BYTES, LARGEST_MEGABYTES, LIMITED_BELOW, ArchiveIntake
from portal.door import FORM_FIELD, Door, Visit
from portal.errors import NoRoom
from portal.import_refusals import OF_ARCHIVES, OF_ENTRIES
from portal.pages import Pages
from portal.upload_form import UploadForm, UploadTooLarge, UploadUnreadable


class ImportPages:
    def __init__(self, door: Door, pages: Pages, intake: ArchiveIntake) -> None:
        self._door = door
        self._pages = pages
        self._intake = intake

    def router(self) -> APIRouter:
        router = APIRouter(max_body_size=LIMITED_BELOW)

        @router.post("/journal/archive/import")
        async def bring_in(
            visit: Annotated[Visit, Depends(self._door.visit_before_form)], request: Request
        ) -> Response:
            try:
                with self._intake.room_for(request):
                    return await self._take_in(visit, request)
            except UploadTooLarge:
                return self._refused(visit, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _too_large(visit))
            except NoRoom as busy:
                return self._refused(visit, HTTPStatus.SERVICE_UNAVAILABLE, visit.language.say(str(busy)))
            except UploadUnreadable:
                said = visit.language.say("Choose the ZIP file of an export first, then send it.")
                return self._refused(visit, HTTPStatus.UNPROCESSABLE_ENTITY, said)
            except ArchiveRefused as refused:
                return self._refused(
                    visit, HTTPStatus.UNPROCESSABLE_ENTITY, visit.language.say(OF_ARCHIVES[refused.why])
                )
            except ClientDisconnect:
                return Response(status_code=HTTPStatus.BAD_REQUEST)  # nobody is there to read it

        return router

    async def _take_in(self, visit: Visit, request: Request) -> Response:
        """
        Raises:
            ForgedRequest: the form is none of this session's.
        """
        form = UploadForm(
            request.headers.get("content-type", ""),
            FORM_FIELD,
            lambda told: self._door.check_form(visit, told),
            LARGEST_ARCHIVE_BYTES,
        )
        imported = await self._intake.take_in(visit.person_id, request, form)
        not_taken = [(each.folder, visit.language.say(OF_ENTRIES[each.refused.why])) for each in imported.refused]
        return self._pages.page(
            "journal_imported.html", visit.language, visit=visit, imported=imported, not_taken=not_taken
        )

    def _refused(self, visit: Visit, status: int, sentence: str) -> HTMLResponse:
        return self._pages.page(
            "journal_archive.html",
            visit.language,
            status=status,
            visit=visit,
            megabytes=LARGEST_MEGABYTES,
            refused=sentence,
        )


def _too_large(visit: Visit) -> str:
    return visit.language.say(
        "The file is too large to be brought in here: at most %(megabytes)d MB. Whoever runs this Daybook can bring it in.",
        megabytes=LARGEST_MEGABYTES,
    )
