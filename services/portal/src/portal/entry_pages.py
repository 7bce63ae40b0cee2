"""One entry: what was said in it, and its recording."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, Response

from portal.byte_ranges import nothing_of
from portal.door import Door, Visit
from portal.entry_lines import Telling, lines_of, notes_on
from portal.errors import BeyondTheEnd, NoSuchEntry
from portal.journal import Journal
from portal.pages import Pages
from portal.readers_clock import ReadersClock
from portal.recording_file import RecordingFile
from portal.waveform import Waveform

SVG = "image/svg+xml"
NOTHING_OF_IT = 416  # RFC 9110, 15.5.17


def entry_of(entry_id: str) -> UUID:
    """The id in an address.

    Raises:
        NoSuchEntry: it is none.
    """
    try:
        return UUID(entry_id)
    except ValueError:
        raise NoSuchEntry from None


EntryId = Annotated[UUID, Depends(entry_of)]


class EntryPages:
    def __init__(
        self, door: Door, pages: Pages, journal: Journal, recordings: RecordingFile, clock: ReadersClock
    ) -> None:
        self._door = door
        self._pages = pages
        self._journal = journal
        self._recordings = recordings
        self._clock = clock

    def router(self) -> APIRouter:
        router = APIRouter()
        signed_in = Depends(self._door.visit)

        @router.get("/journal/{entry_id}")
        async def read(visit: Annotated[Visit, signed_in], entry_id: EntryId) -> HTMLResponse:
            return await self._read(visit, entry_id)

        @router.api_route("/journal/{entry_id}/recording.wav", methods=["GET", "HEAD"])
        async def hear(visit: Annotated[Visit, signed_in], entry_id: EntryId, request: Request) -> Response:
            if request.method == "HEAD":
                return await self._recordings.told(visit.person_id, entry_id)
            try:
                return await self._recordings.given(visit.person_id, entry_id, request.headers)
            except BeyondTheEnd as beyond:
                headers = {"content-range": nothing_of(beyond.total_bytes), "accept-ranges": "bytes"}
                return Response(status_code=NOTHING_OF_IT, headers=headers)

        @router.get("/journal/{entry_id}/waveform.svg")
        async def see(visit: Annotated[Visit, signed_in], entry_id: EntryId) -> Response:
            async with self._journal.recording(visit.person_id, entry_id) as recording:
                waveform = Waveform(recording.total_bytes)
                async for piece in recording.pieces:
                    waveform.add(piece)
            return Response(waveform.svg(), media_type=SVG)

        return router

    async def _read(self, visit: Visit, entry_id: UUID) -> HTMLResponse:
        entry = await self._journal.entry(visit.person_id, entry_id)
        clock = await self._clock.of(visit.person_id)
        return self._pages.page(
            "entry.html",
            visit.language,
            visit=visit,
            clock=clock,
            summary=entry.summary,
            told=entry.revision,
            lines=lines_of(entry),
            notes=notes_on(entry.summary, visit.language, clock.zone),
            tell=Telling(visit.language, clock.zone),
        )
