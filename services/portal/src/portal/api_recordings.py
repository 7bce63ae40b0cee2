"""The recordings of a person's entries, for their programs."""

from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request, Response

from portal.api_door import ApiDoor
from portal.api_problems import problems
from portal.api_tokens import ApiToken
from portal.recording_file import WAV, RecordingFile

_FILE = {WAV: {"schema": {"type": "string", "format": "binary"}}}


def _header(description: str, kind: str = "string") -> dict[str, Any]:
    return {"description": description, "required": True, "schema": {"type": kind}}


_ETAG = {
    "ETag": _header("By which If-Range knows it again: what was recorded never changes"),
    "Accept-Ranges": _header("bytes"),
    "Content-Length": _header("In bytes", "integer"),
}
_RANGE = {"Content-Range": _header("Which bytes of how many, e.g. bytes 0-99/16058")}
_WHOLE: dict[str, Any] = {"description": "The whole file", "content": _FILE, "headers": _ETAG}
_PART: dict[str, Any] = {"description": "The part that was asked for", "content": _FILE, "headers": {**_ETAG, **_RANGE}}
_BEYOND = {status: {**told, "headers": _RANGE} for status, told in problems(416).items()}
_TOLD: dict[str, Any] = {"description": "The same without the file", "headers": _ETAG}

AskedRange = Annotated[
    str | None,
    Header(
        alias="range",
        description="One part, e.g. bytes=0-99, bytes=100- or bytes=-100; of several, the whole file comes",
    ),
]
AskedIf = Annotated[
    str | None,
    Header(
        alias="if-range", description="The ETag of which one has another part; is it another now, the whole file comes"
    ),
]


class RecordingsApi:
    def __init__(self, door: ApiDoor, recordings: RecordingFile) -> None:
        self._door = door
        self._recordings = recordings

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/entries/{entry_id:uuid}", tags=["entries"])
        Reader = Annotated[ApiToken, Depends(self._door.reader)]  # noqa: N806 - a type

        @router.get(
            "/recording",
            response_class=Response,
            responses={200: _WHOLE, HTTPStatus.PARTIAL_CONTENT: _PART, **problems(404, 422, 500), **_BEYOND},
        )
        async def hear_entry(
            token: Reader,
            entry_id: UUID,
            request: Request,
            asked: AskedRange = None,
            condition: AskedIf = None,
        ) -> Response:
            """Its recording, a WAV file in stereo: the person on the left, Daybook on the right. Whole, or the part that is asked
            for. Where it was removed, there is nothing.
            """
            del asked, condition  # described here; read by `RecordingFile`
            return await self._recordings.given(token.person_id, entry_id, request.headers)

        @router.head("/recording", response_class=Response, responses={200: _TOLD, **problems(404, 422, 500)})
        async def measure_recording(token: Reader, entry_id: UUID) -> Response:
            """How long the file is, without the file."""
            return await self._recordings.told(token.person_id, entry_id)

        return router
