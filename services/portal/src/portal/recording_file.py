"""The recording of an entry as a file over HTTP: whole, or the part that was asked for (RFC 9110, 14)."""

from contextlib import AsyncExitStack
from http import HTTPStatus
from uuid import UUID

from starlette.datastructures import Headers
from starlette.responses import Response

from portal.byte_ranges import AskedRange, asked_range
from portal.errors import BeyondTheEnd
from portal.journal import Journal
from portal.streamed import Streamed

WAV = "audio/wav"


class RecordingFile:
    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def told(self, person_id: UUID, entry_id: UUID) -> Response:
        """What there is, without it: the answer to HEAD.

        Raises:
            NoSuchRecording, EntryDamaged, Unavailable: as by `Journal.recording`.
        """
        total_bytes = await self._length(person_id, entry_id)
        return Response(headers=_headers(entry_id, total_bytes, total_bytes), media_type=WAV)

    async def given(self, person_id: UUID, entry_id: UUID, asked_with: Headers) -> Response:
        """The file, or the part that was asked for: the journal is asked for that alone.

        Args:
            person_id: whose.
            entry_id: of which entry.
            asked_with: the headers of the request.

        Raises:
            BeyondTheEnd: the file has nothing of what was asked for.
            NoSuchRecording, EntryDamaged, Unavailable: as by `Journal.recording`.
        """
        asked = asked_range(asked_with.get("range"))
        if asked is not None and (condition := asked_with.get("if-range")) is not None:
            # RFC 9110, 13.1.5: the part where the file is still the one of which the asker has another part, else all of it
            asked = asked if condition == _etag(entry_id, await self._length(person_id, entry_id)) else None
        if asked is not None and asked.first is None:
            asked = asked.from_the_beginning(await self._length(person_id, entry_id))
        async with AsyncExitStack() as held:
            recording = await held.enter_async_context(self._journal.recording(person_id, entry_id, *_wanted(asked)))
            total_bytes = recording.total_bytes
            if asked is None:
                headers = _headers(entry_id, total_bytes, total_bytes)
                return Streamed(recording.pieces, held.pop_all(), headers=headers, media_type=WAV)
            if (span := asked.within(total_bytes)) is None:
                raise BeyondTheEnd(total_bytes)
            headers = {**_headers(entry_id, total_bytes, span.length), "content-range": span.content_range}
            return Streamed(
                recording.pieces, held.pop_all(), HTTPStatus.PARTIAL_CONTENT, headers=headers, media_type=WAV
            )

    async def _length(self, person_id: UUID, entry_id: UUID) -> int:
        async with self._journal.recording(person_id, entry_id, length=1) as recording:
            return recording.total_bytes


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
