"""One entry: what was said in it, and its recording."""

from contextlib import AsyncExitStack
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, Response

from portal.byte_ranges import AskedRange, asked_range, nothing_of
from portal.door import Door, Visit
from portal.entry_lines import Telling, lines_of, notes_on
from portal.errors import NoSuchEntry
from portal.journal import Journal
from portal.pages import Pages
from portal.readers_clock import ReadersClock
from portal.streamed import Streamed
from portal.waveform import Waveform

WAV, SVG = "audio/wav", "image/svg+xml"
PARTIAL, NOTHING_OF_IT = 206, 416  # RFC 9110, 15.3.7 and 15.5.17


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
    def __init__(self, door: Door, pages: Pages, journal: Journal, clock: ReadersClock) -> None:
        self._door = door
        self._pages = pages
        self._journal = journal
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
                return await self._told_of_recording(visit, entry_id)
            return await self._recording(visit, entry_id, request)

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

    async def _told_of_recording(self, visit: Visit, entry_id: UUID) -> Response:
        total_bytes = await self._length(visit, entry_id)
        return Response(headers=_headers(entry_id, total_bytes, total_bytes), media_type=WAV)

    async def _length(self, visit: Visit, entry_id: UUID) -> int:
        async with self._journal.recording(visit.person_id, entry_id, length=1) as recording:
            return recording.total_bytes

    async def _recording(self, visit: Visit, entry_id: UUID, request: Request) -> Response:
        """The file, or the part that was asked for: the journal is asked for that alone."""
        asked = asked_range(request.headers.get("range"))
        if asked is not None and (condition := request.headers.get("if-range")) is not None:
            # RFC 9110, 13.1.5: the part where the file is still the one of which the browser has another part, else all of it
            asked = asked if condition == _etag(entry_id, await self._length(visit, entry_id)) else None
        if asked is not None and asked.first is None:
            asked = asked.from_the_beginning(await self._length(visit, entry_id))
        async with AsyncExitStack() as held:
            recording = await held.enter_async_context(
                self._journal.recording(visit.person_id, entry_id, *_wanted(asked))
            )
            total_bytes = recording.total_bytes
            if asked is None:
                headers = _headers(entry_id, total_bytes, total_bytes)
                return Streamed(recording.pieces, held.pop_all(), headers=headers, media_type=WAV)
            if (span := asked.within(total_bytes)) is None:
                headers = {"content-range": nothing_of(total_bytes), "accept-ranges": "bytes"}
                return Response(status_code=NOTHING_OF_IT, headers=headers)
            headers = {**_headers(entry_id, total_bytes, span.length), "content-range": span.content_range}
            return Streamed(recording.pieces, held.pop_all(), PARTIAL, headers=headers, media_type=WAV)


def _wanted(asked: AskedRange | None) -> tuple[int, int]:
    """From which byte on, and how many; 0: all."""
    if asked is None or asked.first is None:
        return 0, 0
    return asked.first, 0 if asked.last is None else asked.last - asked.first + 1


def _headers(entry_id: UUID, total_bytes: int, length: int) -> dict[str, str]:
    return {"accept-ranges": "bytes", "content-length": str(length), "etag": _etag(entry_id, total_bytes)}


def _etag(entry_id: UUID, total_bytes: int) -> str:
    """What was recorded never changes."""
    return f'"{entry_id}-{total_bytes}"'
