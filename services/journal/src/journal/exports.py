"""A person's journal as a ZIP file, made while it is sent: what is held is one entry's turns and some seconds of audio."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog

from chassis.clock import Clock
from chassis.database import Database
from daybook.journal.v1 import archive_pb2 as pb
from journal import archive_names as names
from journal import metrics, store
from journal.archive_form import FORMAT_VERSION, archived, damage, document, line, readme, timestamp, unreadable
from journal.contract import Page
from journal.damage import tell_damage
from journal.entries import Entries, OpenedEntry
from journal.entry_markdown import Markdown, rendered
from journal.errors import AudioRemoved, IntegrityError, NoSuchEntry
from journal.records import Entry, PagePosition, Range
from journal.revisions import Revisions
from journal.wav import HEADER_BYTES
from journal.zip_pieces import ZipPieces

log = structlog.get_logger()

PAGE = 100
LARGEST_REVISION_BYTES = 4 * 1024 * 1024
"""What gRPC takes as one message, and so no revision is larger."""
TEXT_PIECE_BYTES = 128 * 1024
"""How much of a text is deflated at a time: some milliseconds."""


class Exports:
    """
    Args:
        page: how many entries are listed in one go.
    """

    def __init__(
        self, database: Database, entries: Entries, revisions: Revisions, clock: Clock, *, page: int = PAGE
    ) -> None:
        self._database = database
        self._entries = entries
        self._revisions = revisions
        self._clock = clock
        self._page = page

    async def of_person(self, person_id: UUID, zone: ZoneInfo) -> AsyncIterator[bytes | pb.ExportProgress]:
        """The ZIP file in pieces, and in between how far it is.

        An entry that does not open is named in the file, and the rest follows; what is made or deleted meanwhile may be left out.

        Raises:
            KeyUnusable, KmsUnavailable, ObjectStoreUnavailable: the file stays without an end.
        """
        async with self._database.transaction() as connection:
            total = await store.count_entries(connection, person_id)
        log.info("journal.exporting", person_id=str(person_id), entries=total)
        export = _Export(self._entries, self._revisions, person_id, zone, self._clock.now(), total)
        with ZipPieces() as archive:
            yield export.progress
            async for piece in export.text(archive, names.README, readme(export.made_at, zone.key, total)):
                yield piece
            async for entry in self._newest_first(person_id):
                async for piece in export.entry(archive, entry):
                    yield piece
                yield export.progress
            async for piece in export.text(archive, names.MANIFEST, document(export.manifest)):
                yield piece
            yield archive.end()
        metrics.journals_exported.inc()
        done, left_out = export.progress.entries_done, export.progress.unreadable
        log.info("journal.exported", person_id=str(person_id), entries=done, unreadable=left_out)

    async def _newest_first(self, person_id: UUID) -> AsyncIterator[Entry]:
        after: PagePosition | None = None
        while True:
            shown, last = await self._entries.page(person_id, Page(self._page, after))
            for entry in shown:
                yield entry
            if last is None:
                return
            after = PagePosition(last.started_at, last.entry_id)


class _Export:
    """One person's, under way."""

    def __init__(
        self, entries: Entries, revisions: Revisions, person_id: UUID, zone: ZoneInfo, made_at: datetime, total: int
    ) -> None:
        self.made_at = made_at
        self.progress = pb.ExportProgress(entries_total=total)
        self.manifest = pb.Manifest(
            format_version=FORMAT_VERSION,
            person_id=str(person_id),
            made_at=timestamp(made_at),
            time_zone=zone.key,
        )
        self._entries = entries
        self._revisions = revisions
        self._zone = zone
        self._folders = names.Folders()

    async def entry(self, archive: ZipPieces, entry: Entry) -> AsyncIterator[bytes]:
        """The files of one entry."""
        try:
            opened = await self._entries.read(entry.person_id, entry.entry_id)
        except NoSuchEntry:
            pass  # it was deleted meanwhile
        except IntegrityError as error:
            tell_damage(error)
            self.manifest.unreadable.append(unreadable(entry, error))
            self.progress.unreadable += 1
        else:
            async for piece in self._readable(archive, opened):
                yield piece
        self.progress.entries_done += 1

    async def _readable(self, archive: ZipPieces, opened: OpenedEntry) -> AsyncIterator[bytes]:
        entry = opened.entry
        began, ended = self._local(entry.started_at), self._local(entry.ended_at)
        folder = self._folders.folder(began, opened.revision.title if opened.revision else "")
        listed = self.manifest.entries.add(entry_id=str(entry.entry_id), folder=folder)
        written = document(pb.EntryDocument(entry=archived(entry), turns=opened.turns))
        async for piece in self._file(archive, names.DOCUMENT, began, len(written), _cut(written), listed):
            yield piece
        if opened.revision is not None:
            most_bytes = opened.revision.number * LARGEST_REVISION_BYTES
            lines = self._history(entry, listed)
            async for piece in self._file(archive, names.REVISIONS, began, most_bytes, lines, listed):
                yield piece
        async for piece in self._recording(archive, entry, began, listed):
            yield piece
        recording = names.RECORDING if any(file.name == names.RECORDING for file in listed.files) else ""
        page = Markdown(entry, opened.turns, opened.revision, recording, incomplete=bool(listed.damaged))
        told = rendered(page, began, ended).encode()
        async for piece in self._file(archive, names.MARKDOWN, began, len(told), _cut(told), listed):
            yield piece
        self.progress.incomplete += bool(listed.damaged)

    async def _history(self, entry: Entry, listed: pb.ManifestEntry) -> AsyncIterator[bytes]:
        """The revisions of an entry, down to the first that does not open."""
        try:
            async for revision in self._revisions.history(entry.person_id, entry.entry_id):
                yield line(revision)
        except NoSuchEntry:
            return
        except IntegrityError as error:
            tell_damage(error)
            listed.damaged.append(damage(error))

    async def _recording(
        self, archive: ZipPieces, entry: Entry, began: datetime, listed: pb.ManifestEntry
    ) -> AsyncIterator[bytes]:
        """The recording of an entry, with silence for what does not open; none where there is no audio, or its key is damaged."""
        missed = list[IntegrityError]()
        try:
            whole = Range(0, None)
            size_bytes, pieces = await self._entries.audio(entry.person_id, entry.entry_id, whole, miss=missed.append)
            if size_bytes > HEADER_BYTES:
                async for piece in self._file(archive, names.RECORDING, began, size_bytes, pieces, listed):
                    yield piece
        except (NoSuchEntry, AudioRemoved):
            return
        except IntegrityError as error:
            missed.append(error)
        listed.damaged.extend(map(damage, missed))
        if missed and await self._has_audio(entry):
            for each in missed:
                tell_damage(each)

    async def _has_audio(self, entry: Entry) -> bool:
        """Whether a recording is still there: what goes while it is read is not damaged."""
        try:
            await self._entries.audio(entry.person_id, entry.entry_id, Range(0, 0))
        except (NoSuchEntry, AudioRemoved):
            return False
        except IntegrityError:
            return True
        return True

    async def text(self, archive: ZipPieces, name: str, content: bytes) -> AsyncIterator[bytes]:
        """A file beside the entries."""
        made_at, at_the_top = self._local(self.made_at), pb.ManifestEntry()
        async for piece in self._file(archive, name, made_at, len(content), _cut(content), at_the_top):
            yield piece

    async def _file(
        self,
        archive: ZipPieces,
        name: str,
        at: datetime,
        most_bytes: int,
        content: AsyncIterator[bytes],
        listed: pb.ManifestEntry,
    ) -> AsyncIterator[bytes]:
        path = f"{listed.folder}/{name}" if listed.folder else name
        with archive.member(path, at, most_bytes) as member:
            async for piece in content:
                member.write(piece)
                if made := archive.take():
                    yield made
        listed.files.add(name=name, size_bytes=member.size_bytes, sha256=member.sha256)

    def _local(self, at: datetime) -> datetime:
        try:
            return at.astimezone(self._zone)
        except OverflowError:  # the first or the last day that there is
            return at


async def _cut(content: bytes) -> AsyncIterator[bytes]:
    for piece in _pieces(content):
        yield piece


def _pieces(content: bytes) -> Iterator[bytes]:
    for first in range(0, len(content), TEXT_PIECE_BYTES):
        yield content[first : first + TEXT_PIECE_BYTES]
