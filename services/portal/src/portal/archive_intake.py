"""A journal's file that is brought in, by a page's form or by a program: into memory, read there, and never on a disk."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Protocol
from uuid import UUID

from starlette.requests import Request

from chassis.errors import Unavailable
from journal_archive.archive_file import ArchiveFile
from portal.errors import NoRoom
from portal.journal_import import Imported, JournalImport
from portal.languages import marked
from portal.memory_budget import MemoryBudget
from portal.upload_form import UploadTooLarge

MEGABYTE = 1024 * 1024
LARGEST_MEGABYTES = 128
LARGEST_ARCHIVE_BYTES = LARGEST_MEGABYTES * MEGABYTE
ALL_ARCHIVES_BYTES = LARGEST_ARCHIVE_BYTES + MEGABYTE
"""Of all that are being brought in at once, by this process, with what a form has around a file."""
LARGEST_TEXT_BYTES = 4 * MEGABYTE
"""Of a text in an archive once it is unpacked: journal.json of some thousand entries, entry.json of a day of talk."""
LIMITED_BELOW = 2**40
"""What comes here is looked at before it is read, and counted while it is: the limit of other requests is none of its."""
SENDING_TIMEOUT_S = 900.0


class Upload(Protocol):
    """What takes the bytes of a request, up to a limit."""

    def feed(self, piece: bytes) -> None: ...

    def whole_file(self) -> BytesIO: ...


class ArchiveIntake:
    """One for all that bring something in: they share its memory.

    Args:
        journal: to which the entries go.
    """

    def __init__(self, journal: JournalImport) -> None:
        self._journal = journal
        self._budget = MemoryBudget(ALL_ARCHIVES_BYTES)

    @contextmanager
    def room_for(self, request: Request) -> Iterator[None]:
        """Keeps what a request announces from the memory of all, while the block runs.

        Raises:
            UploadTooLarge: it announces more than there is for one.
            NoRoom: see there.
        """
        held_bytes = _announced(request)
        if held_bytes > ALL_ARCHIVES_BYTES:
            raise UploadTooLarge
        if not self._budget.take(held_bytes):
            raise NoRoom
        try:
            yield
        finally:
            self._budget.give_back(held_bytes)

    async def take_in(self, person_id: UUID, request: Request, upload: Upload) -> Imported:
        """All entries of it that can be taken. There must be room for it.

        Args:
            person_id: whose they are to be.
            request: of which nothing was read yet.
            upload: what takes it.

        Raises:
            UploadTooLarge, UploadUnreadable, ForgedRequest: as by the upload.
            ArchiveRefused: the file is no archive that can be read.
            Unavailable: it took too long to come, or the journal does not answer. What came in before stays.
            ClientDisconnect: nobody sends it any more.
        """
        try:
            async with asyncio.timeout(SENDING_TIMEOUT_S):
                async for piece in request.stream():
                    upload.feed(piece)
        except TimeoutError:
            raise Unavailable(marked("The file took too long to come. Nothing of it was kept; try it again.")) from None
        file = upload.whole_file()
        archive = await asyncio.to_thread(ArchiveFile, file, largest_text_bytes=LARGEST_TEXT_BYTES)
        with archive:
            return await self._journal.take_in(person_id, archive)


def _announced(request: Request) -> int:
    """How long a request says that it is; as long as can be where it does not say."""
    told = request.headers.get("content-length", "")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 16 else LARGEST_ARCHIVE_BYTES
