"""The journal, as a person's pages ask it: each call bears a token of that person, and asks for what is theirs alone."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import grpc

from chassis.errors import DataLoss, NotFound
from chassis.rpc import call_metadata
from chassis.tokens import TokenSigner
from daybook.journal.v1 import archive_pb2 as archive
from daybook.journal.v1 import finding_pb2 as finding
from daybook.journal.v1 import journal_pb2 as pb
from daybook.journal.v1.archive_pb2_grpc import ArchiveServiceStub
from daybook.journal.v1.finding_pb2_grpc import FindingServiceStub
from daybook.journal.v1.journal_pb2_grpc import JournalServiceStub
from daybook.journal.v1.revisions_pb2 import EditEntryRequest, ListRevisionsRequest, Revision
from daybook.journal.v1.revisions_pb2_grpc import RevisionsServiceStub
from portal.asking import JOURNAL_AWAY, answers_or
from portal.errors import EntryDamaged, NoSuchEntry, NoSuchRecording

HISTORY_TIMEOUT_S = 30.0
EXPORT_TIMEOUT_S = 24 * 3600.0
"""For some gigabytes to a browser far away."""
LISTENING_TIMEOUT_S = 3600.0
"""For one answer with audio: a browser takes it in as fast as it is heard."""


@dataclass(frozen=True)
class Days:
    """Local days of a zone, from the first to the last."""

    first: date
    last: date


@dataclass(frozen=True)
class Recording:
    """A part of a recording's file.

    Attributes:
        total_bytes: how long the whole file is.
        pieces: of the part.
    """

    total_bytes: int
    pieces: AsyncIterator[bytes]


@dataclass(frozen=True)
class Export:
    """A journal as a file.

    Attributes:
        entries: how many will be in it.
        pieces: of the file.
    """

    entries: int
    pieces: AsyncIterator[bytes]


class Journal:
    """
    Args:
        channel: to the journal, without a token of its own.
        signer: makes the portal's tokens for the journal.
    """

    def __init__(self, channel: grpc.aio.Channel, signer: TokenSigner) -> None:
        self._signer = signer
        self._entries = JournalServiceStub(channel)
        self._archive = ArchiveServiceStub(channel)
        self._finding = FindingServiceStub(channel)
        self._revisions = RevisionsServiceStub(channel)

    async def browse(
        self, person_id: UUID, zone: str, days: Days | None, *, page_token: str, page_size: int
    ) -> finding.BrowseEntriesResponse:
        """Entries with what they are called, the newest first.

        Args:
            person_id: whose.
            zone: by which days are told.
            days: of which; None: of all.
            page_token: of the page before; empty: the newest.
            page_size: 1 to 100.

        Raises:
            InvalidInput: page_token: no page was told by it.
            Unavailable: the journal does not answer.
        """
        request = finding.BrowseEntriesRequest(
            person_id=str(person_id), time_zone=zone, page_token=page_token, page_size=page_size
        )
        if days is not None:
            request.from_day, request.to_day = days.first.isoformat(), days.last.isoformat()
        with answers_or(JOURNAL_AWAY):
            return await self._finding.BrowseEntries(request, metadata=self._for(person_id))

    async def calendar(self, person_id: UUID, zone: str, days: Days) -> finding.GetCalendarResponse:
        """On which of these days the person reflected, and how many in a row.

        Raises:
            Unavailable: the journal does not answer.
        """
        request = finding.GetCalendarRequest(
            person_id=str(person_id), time_zone=zone, from_day=days.first.isoformat(), to_day=days.last.isoformat()
        )
        with answers_or(JOURNAL_AWAY):
            return await self._finding.GetCalendar(request, metadata=self._for(person_id))

    async def search(self, person_id: UUID, query: str, page_token: str) -> finding.SearchEntriesResponse:
        """
        Raises:
            InvalidInput: query: it cannot be looked for; page_token: no page was told by it.
            Unavailable: the journal does not answer.
        """
        request = finding.SearchEntriesRequest(person_id=str(person_id), query=query, page_token=page_token)
        with answers_or(JOURNAL_AWAY):
            return await self._finding.SearchEntries(request, metadata=self._for(person_id))

    async def entry(self, person_id: UUID, entry_id: UUID) -> pb.ReadEntryResponse:
        """An entry with its words.

        Raises:
            NoSuchEntry: the person has none of this id.
            EntryDamaged: it cannot be opened.
            Unavailable: the journal does not answer.
        """
        request = pb.ReadEntryRequest(person_id=str(person_id), entry_id=str(entry_id))
        with _answers_about(NoSuchEntry):
            return await self._entries.ReadEntry(request, metadata=self._for(person_id))

    @asynccontextmanager
    async def recording(
        self, person_id: UUID, entry_id: UUID, offset: int = 0, length: int = 0
    ) -> AsyncIterator[Recording]:
        """A part of an entry's recording as a WAV file, while the block runs: piece by piece, as fast as they are taken.

        Args:
            person_id: whose.
            entry_id: which.
            offset: from which byte on.
            length: how many bytes; 0: all from there on. What lies beyond the end is not there.

        Raises:
            NoSuchRecording: the person has no entry of this id, or its recording was removed.
            EntryDamaged: it cannot be opened. What came before has been given.
            Unavailable: the journal does not answer.
        """
        request = pb.ReadAudioRequest(person_id=str(person_id), entry_id=str(entry_id), offset=offset, length=length)
        call = self._entries.ReadAudio(request, metadata=self._for(person_id), timeout=LISTENING_TIMEOUT_S)
        answers = aiter(call)
        try:
            with _answers_about(NoSuchRecording):
                first = await anext(answers)
            yield Recording(first.total_bytes, _chunks(answers))
        finally:
            call.cancel()

    async def revisions(self, person_id: UUID, entry_id: UUID) -> AsyncGenerator[Revision]:
        """Every version of what is told of an entry, the newest first, as far as they are taken.

        Raises:
            NoSuchEntry: the person has none of this id.
            EntryDamaged: one cannot be opened.
            Unavailable: the journal does not answer.
        """
        request = ListRevisionsRequest(person_id=str(person_id), entry_id=str(entry_id))
        call = self._revisions.ListRevisions(request, metadata=self._for(person_id), timeout=HISTORY_TIMEOUT_S)
        try:
            with _answers_about(NoSuchEntry):
                async for answer in call:
                    yield answer.revision
        finally:
            call.cancel()

    async def delete_entry(self, person_id: UUID, entry_id: UUID) -> None:
        """Deletes an entry with its recording, for good.

        Raises:
            NoSuchEntry: the person has none of this id.
            Unavailable: the journal does not answer.
        """
        request = pb.DeleteEntryRequest(person_id=str(person_id), entry_id=str(entry_id))
        with _answers_about(NoSuchEntry):
            await self._entries.DeleteEntry(request, metadata=self._for(person_id))

    async def edit(self, person_id: UUID, request: EditEntryRequest) -> Revision:
        """Makes the next revision of an entry. Returns it.

        Raises:
            InvalidInput: by the name of the request's field.
            Conflict: the entry has a newer revision than the one that was edited.
            NoSuchEntry: the person has none of this id.
            EntryDamaged: it cannot be opened.
            Unavailable: the journal does not answer.
        """
        with _answers_about(NoSuchEntry):
            answer = await self._revisions.EditEntry(request, metadata=self._for(person_id))
        return answer.revision

    @asynccontextmanager
    async def export(self, person_id: UUID, zone: str) -> AsyncIterator[Export]:
        """All that is kept of a person as a ZIP file, while the block runs: piece by piece, as fast as they are taken.

        Args:
            person_id: whose.
            zone: by its clocks days are named in it.

        Raises:
            Unavailable: the journal does not answer. What came before has been given, and has no end.
        """
        request = archive.ExportJournalRequest(person_id=str(person_id), time_zone=zone)
        call = self._archive.ExportJournal(request, metadata=self._for(person_id), timeout=EXPORT_TIMEOUT_S)
        answers = aiter(call)
        try:
            with answers_or(JOURNAL_AWAY):
                first = await anext(answers)
            yield Export(first.progress.entries_total, _file_pieces(answers))
        finally:
            call.cancel()

    def _for(self, person_id: UUID) -> tuple[tuple[str, str], ...]:
        return call_metadata(self._signer.for_person(person_id))


async def _chunks(answers: AsyncIterator[pb.ReadAudioResponse]) -> AsyncIterator[bytes]:
    with _answers_about(NoSuchRecording):
        async for answer in answers:
            yield answer.chunk


async def _file_pieces(answers: AsyncIterator[archive.ExportJournalResponse]) -> AsyncIterator[bytes]:
    with answers_or(JOURNAL_AWAY):
        async for answer in answers:
            if answer.HasField("chunk"):
                yield answer.chunk


@contextmanager
def _answers_about(missing: type[NoSuchEntry | NoSuchRecording]) -> Iterator[None]:
    """As `answers_or`, where it is asked for something of one entry: what it tells of that is an operator's."""
    try:
        with answers_or(JOURNAL_AWAY):
            yield
    except NotFound:
        raise missing from None
    except DataLoss:
        raise EntryDamaged from None
