"""A person's journal as a file, for their programs: to take along, and to bring in."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field
from starlette.requests import ClientDisconnect

from chassis.errors import InvalidInput
from journal_archive.refusals import ArchiveRefused, WhyNoEntry
from portal.api_door import ApiDoor
from portal.api_problems import problems
from portal.api_tokens import ApiToken
from portal.archive_given import ENTRIES_HEADER, ZIP, archive_of
from portal.archive_intake import LARGEST_ARCHIVE_BYTES, LARGEST_MEGABYTES, LIMITED_BELOW, ArchiveIntake
from portal.errors import NotThatKind, TooLarge
from portal.journal import Journal
from portal.readers_clock import ReadersClock
from portal.upload_body import UploadBody
from portal.upload_form import UploadTooLarge, UploadUnreadable

_FILE = {ZIP: {"schema": {"type": "string", "format": "binary"}}}
_GIVEN: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The ZIP file",
        "content": _FILE,
        "headers": {
            ENTRIES_HEADER: {
                "description": "How many entries will be in it",
                "required": True,
                "schema": {"type": "integer"},
            }
        },
    }
}


class EntryNotTaken(BaseModel):
    folder: str = Field(description="Of the entry, below entries/ in the file")
    why: WhyNoEntry
    reason: str = Field(description="A clause that says why")


class ArchiveTaken(BaseModel):
    """What became of the entries of a file."""

    new: int = Field(description="So many came in")
    known: int = Field(description="So many were there already, and stayed as they are")
    lost: int = Field(description="So many were damaged where the file was made, and are not in it")
    refused: list[EntryNotTaken] = Field(description="The others, which were not taken")


class ArchiveApi:
    def __init__(self, door: ApiDoor, journal: Journal, clock: ReadersClock, intake: ArchiveIntake) -> None:
        self._door = door
        self._journal = journal
        self._clock = clock
        self._intake = intake

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/archive", tags=["archive"])
        Reader = Annotated[ApiToken, Depends(self._door.reader)]  # noqa: N806 - a type
        Writer = Annotated[ApiToken, Depends(self._door.writer)]  # noqa: N806 - a type

        @router.get("", response_class=Response, responses={**_GIVEN, **problems(404)})
        async def export_archive(token: Reader) -> Response:
            """The whole journal as a ZIP file: words, revisions, recordings. One that breaks off is none; ask for it again."""
            return await archive_of(token.person_id, self._journal, self._clock)

        @router.post(
            "",
            responses=problems(403, 413, 415, 422),
            max_body_size=LIMITED_BELOW,
            openapi_extra={"requestBody": {"required": True, "content": _FILE}},
        )
        async def import_archive(token: Writer, request: Request) -> ArchiveTaken:
            """Brings entries in from such a file. What is there already stays as it is, so the same file may be sent again."""
            return await self._take_in(token, request)

        return router

    async def _take_in(self, token: ApiToken, request: Request) -> ArchiveTaken:
        """
        Raises:
            NotThatKind, TooLarge, InvalidInput: the file is not to be taken.
            Unavailable: there is no room, it took too long to come, or the journal does not answer.
        """
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != ZIP:
            raise NotThatKind(f"Send the file by itself, as {ZIP}.")
        try:
            with self._intake.room_for(request):
                taken = await self._intake.take_in(token.person_id, request, UploadBody(LARGEST_ARCHIVE_BYTES))
        except UploadTooLarge:
            raise TooLarge(
                f"The file may have {LARGEST_MEGABYTES} MB. Whoever runs this Daybook can bring in a larger one."
            ) from None
        except UploadUnreadable:
            raise InvalidInput("body", "is to be the ZIP file of an export, and there is nothing.") from None
        except ArchiveRefused as refused:
            raise InvalidInput("body", str(refused)) from None
        except ClientDisconnect:
            raise InvalidInput("body", "broke off.") from None  # nobody is there to read it
        return ArchiveTaken(
            new=taken.new,
            known=taken.known,
            lost=taken.lost,
            refused=[
                EntryNotTaken(folder=each.folder, why=each.refused.why, reason=str(each.refused))
                for each in taken.refused
            ],
        )
