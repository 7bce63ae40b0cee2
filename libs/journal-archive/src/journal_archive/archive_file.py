"""A journal's archive, read from its ZIP file: what it lists, and each entry as the messages that a journal takes.

Nothing is unpacked to a disk. A file is read in pieces, of known limits, and its checksum is compared before its messages end: so
what was changed is refused before a journal is told that it has all.
"""

import hashlib
import json
import struct
import unicodedata
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Self, TypeVar
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from google.protobuf.json_format import Parse, ParseError
from google.protobuf.message import Message

from daybook.journal.v1 import archive_pb2 as pb
from daybook.journal.v1.revisions_pb2 import Revision
from journal_archive.archived_audio import NoRecording, pieces
from journal_archive.refusals import ArchiveRefused, EntryRefused, WhyNoArchive, WhyNoEntry

FORMAT_VERSION = 1
MANIFEST = "journal.json"
DOCUMENT, REVISIONS, RECORDING = "entry.json", "revisions.jsonl", "recording.wav"

MOST_FILES = 500_000
LARGEST_TEXT_BYTES = 64 * 1024 * 1024
"""Of journal.json, for a hundred thousand entries, and of entry.json, for days of talk."""
LARGEST_LINE_BYTES = 16 * 1024 * 1024
"""Of revisions.jsonl: a revision has 4 MiB at most, and JSON may need several bytes for one."""
LARGEST_HISTORY_BYTES = 1 << 30
LARGEST_RECORDING_BYTES = 25 * 3600 * 8000 * 2
"""No call lasts longer than a day."""

_ENCRYPTED = 0x1  # APPNOTE.TXT, 4.4.4

MessageT = TypeVar("MessageT", bound=Message)


class ArchiveFile:
    """Use it as a context manager.

    Args:
        source: where the file is, or itself, to be read at any place of it.
        largest_text_bytes: how much of journal.json, and of each entry.json, is read into memory at most.

    Attributes:
        manifest: what its journal.json lists.

    Raises:
        ArchiveRefused: see there.
    """

    def __init__(self, source: Path | IO[bytes], *, largest_text_bytes: int = LARGEST_TEXT_BYTES) -> None:
        self._largest_text_bytes = largest_text_bytes
        name = source if isinstance(source, Path) else "The file"
        try:
            self._zip = ZipFile(source)
        except OSError as error:
            raise ArchiveRefused(
                WhyNoArchive.UNREADABLE, f"{name} cannot be read: {error.strerror or 'it is no file'}."
            ) from None
        except (BadZipFile, struct.error, ValueError, RuntimeError):
            raise ArchiveRefused(
                WhyNoArchive.NO_ZIP_FILE,
                f"{name} is no ZIP file, or only a part of one. Get it anew from where it was exported.",
            ) from None
        try:
            self._members = _members(self._zip.infolist())
            self.manifest = self._manifest()
        except ArchiveRefused:
            self._zip.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()

    def _manifest(self) -> pb.Manifest:
        if MANIFEST not in self._members:
            raise ArchiveRefused(
                WhyNoArchive.NO_LIST,
                f"The ZIP file has no {MANIFEST} at its top. Take the file as the export of a Daybook made it.",
            )
        try:
            content = self._text(MANIFEST)
            version = _version(content)
            if version == FORMAT_VERSION:
                return _parsed(content, pb.Manifest(), MANIFEST)
        except EntryRefused:
            version = 0
        if version > FORMAT_VERSION:
            raise ArchiveRefused(
                WhyNoArchive.LATER_FORMAT,
                f"The archive has the format {version}, and this Daybook reads {FORMAT_VERSION}. Import it by a newer one.",
            )
        raise ArchiveRefused(
            WhyNoArchive.LIST_NOT_AS_WRITTEN,
            f"The archive's {MANIFEST} is not as a Daybook writes it. Export the journal again.",
        )

    def messages(self, listed: pb.ManifestEntry, person_id: str) -> Iterator[pb.ImportEntryRequest]:
        """One entry, to be that person's.

        Raises:
            EntryRefused: it is not as it was written. What came before is not to be kept.
        """
        files = {file.name: file for file in listed.files}
        if DOCUMENT not in files:
            raise EntryRefused(WhyNoEntry.MISSING, f"{MANIFEST} lists no {DOCUMENT} of it")
        content = self._text(f"{listed.folder}/{DOCUMENT}")
        if hashlib.sha256(content).hexdigest() != files[DOCUMENT].sha256:
            raise EntryRefused(
                WhyNoEntry.CHANGED, f"its {DOCUMENT} was changed: its checksum is another than {MANIFEST} says"
            )
        document = _parsed(content, pb.EntryDocument(), DOCUMENT)
        if document.entry.entry_id != listed.entry_id:
            raise EntryRefused(WhyNoEntry.ANOTHER_ENTRY, f"its {DOCUMENT} is of another entry")
        header = pb.ImportHeader(person_id=person_id, entry=document.entry)
        yield pb.ImportEntryRequest(header=header)
        for turn in document.turns:
            yield pb.ImportEntryRequest(turn=turn)
        if REVISIONS in files:
            for revision in self._history(f"{listed.folder}/{REVISIONS}", files[REVISIONS].sha256):
                yield pb.ImportEntryRequest(revision=revision)
        if RECORDING in files:
            for piece in self._audio(f"{listed.folder}/{RECORDING}", files[RECORDING].sha256):
                yield pb.ImportEntryRequest(audio=piece)

    def _history(self, name: str, sha256: str) -> Iterator[Revision]:
        digest = hashlib.sha256()
        member = self._member(name, LARGEST_HISTORY_BYTES)
        with _reading(name), self._zip.open(member) as file:
            while line := file.readline(LARGEST_LINE_BYTES):
                digest.update(line)
                yield _parsed(line, Revision(), REVISIONS)
        if digest.hexdigest() != sha256:
            raise EntryRefused(
                WhyNoEntry.CHANGED, f"its {REVISIONS} was changed: its checksum is another than {MANIFEST} says"
            )

    def _audio(self, name: str, sha256: str) -> Iterator[pb.ArchivedAudio]:
        member = self._member(name, LARGEST_RECORDING_BYTES)
        with _reading(name), self._zip.open(member) as file:
            hashed = _Hashed(file)
            try:
                yield from pieces(hashed)
            except NoRecording:
                raise EntryRefused(
                    WhyNoEntry.NOT_AS_WRITTEN, f"its {RECORDING} is no recording as a Daybook writes it"
                ) from None
            if hashed.sha256 != sha256:
                raise EntryRefused(
                    WhyNoEntry.CHANGED, f"its {RECORDING} was changed: its checksum is another than {MANIFEST} says"
                )

    def _text(self, name: str) -> bytes:
        member = self._member(name, self._largest_text_bytes)
        with _reading(name), self._zip.open(member) as file:
            return file.read(self._largest_text_bytes)

    def _member(self, name: str, largest_bytes: int) -> ZipInfo:
        member = self._members.get(unicodedata.normalize("NFC", name))
        shown = name.rpartition("/")[2]
        if member is None:
            raise EntryRefused(WhyNoEntry.MISSING, f"its {shown} is not in the ZIP file")
        if member.flag_bits & _ENCRYPTED or member.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
            raise EntryRefused(WhyNoEntry.FOREIGN_PACKING, f"its {shown} is encrypted, or packed as no Daybook does")
        if member.file_size > largest_bytes:
            raise EntryRefused(WhyNoEntry.TOO_LARGE, f"its {shown} is larger than any that a Daybook writes")
        return member


class _Hashed:
    """A file whose checksum is made while it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._digest = hashlib.sha256()

    def read(self, size: int, /) -> bytes:
        piece = self._file.read(size)
        self._digest.update(piece)
        return piece

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


def _members(found: list[ZipInfo]) -> dict[str, ZipInfo]:
    """The files by their names; macOS composes letters otherwise where it packs a ZIP file anew.

    Raises:
        ArchiveRefused: there are too many, or one is named as no Daybook does.
    """
    if len(found) > MOST_FILES:
        raise ArchiveRefused(
            WhyNoArchive.TOO_MANY_FILES,
            f"The ZIP file has {len(found)} files in it, and an archive has at most {MOST_FILES}.",
        )
    members: dict[str, ZipInfo] = {}
    for member in found:
        name = unicodedata.normalize("NFC", member.orig_filename)
        if name in members or not _stays_inside(name):
            raise ArchiveRefused(
                WhyNoArchive.FOREIGN_NAMES,
                "The ZIP file has names in it that no Daybook gives: twice the same, or one that leads out of the file. "
                "Do not unpack it, and ask who gave it to you.",
            )
        members[name] = member
    return members


def _stays_inside(name: str) -> bool:
    return not (name.startswith("/") or "\\" in name or "\x00" in name or ":" in name or ".." in name.split("/"))


def _version(content: bytes) -> int:
    """
    Raises:
        EntryRefused: it tells none.
    """
    try:
        return int(json.loads(content)["format_version"])
    except (ValueError, TypeError, KeyError, RecursionError):
        raise EntryRefused(WhyNoEntry.NOT_AS_WRITTEN, f"its {MANIFEST} tells no version") from None


def _parsed(content: bytes, message: MessageT, name: str) -> MessageT:
    """
    Raises:
        EntryRefused: it is no such message in JSON. What it holds is not repeated.
    """
    try:
        return Parse(content, message)
    except (ParseError, ValueError, RecursionError):
        raise EntryRefused(WhyNoEntry.NOT_AS_WRITTEN, f"its {name} is not as a Daybook writes it") from None


@contextmanager
def _reading(name: str) -> Iterator[None]:
    try:
        yield
    except (BadZipFile, zlib.error, struct.error, EOFError, ValueError, RuntimeError, OSError):
        raise EntryRefused(
            WhyNoEntry.DAMAGED, f"its {name.rpartition('/')[2]} does not unpack: the ZIP file was damaged"
        ) from None
