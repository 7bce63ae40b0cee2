"""`daybook entry export` and `daybook entry import`: a journal as one ZIP file, and back.

The journal makes the file, and takes in its entries one by one; here the file is written and read.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import grpc
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from chassis.rpc import Token, call_metadata
from daybook.journal.v1 import archive_pb2 as pb
from daybook.journal.v1.archive_pb2_grpc import ArchiveServiceStub
from daybook.scheduler.v1.scheduler_pb2 import GetPersonRequest
from daybook.scheduler.v1.scheduler_pb2_grpc import PeopleServiceStub
from daybook_cli.archive_lines import exported, imported, lacking, lost_before, refused
from daybook_cli.errors import CommandError
from daybook_cli.interruptible import until_interrupted
from daybook_cli.observations import JOURNAL, SCHEDULER
from daybook_cli.surroundings import ask, find_surroundings, refusal
from journal_archive.archive_file import ArchiveFile
from journal_archive.refusals import ArchiveRefused, EntryRefused, WhyNoEntry

if TYPE_CHECKING:
    from daybook.journal.v1.archive_pb2_grpc import ArchiveServiceAsyncStub

IMPORT_TIMEOUT_S = 3600
"""For one entry: what a journal gives one at most."""

THIS_ENTRY_ALONE = frozenset({grpc.StatusCode.INVALID_ARGUMENT})

console = Console(highlight=False)
notes = Console(highlight=False, stderr=True)


def export_entries(
    person_id: str,
    out: Annotated[Path, typer.Option(help="The ZIP file to write, unencrypted")],
    zone: Annotated[
        str | None, typer.Option(help="By which clocks days are named, e.g. Europe/Vienna; else the person's")
    ] = None,
) -> None:
    """Write everything that is kept of a person as a ZIP file: Markdown, JSON and recordings."""
    request = pb.ExportJournalRequest(person_id=person_id, time_zone=zone or _zone_of(person_id))
    if not until_interrupted(_export(request, out)):
        raise CommandError("Interrupted. Nothing was written; export it again.")


def import_entries(person_id: str, file: Path) -> None:
    """Take in the entries of such a ZIP file, as this person's. Cut off, it goes on when it is typed again."""
    try:
        with ArchiveFile(file) as archive:
            if not until_interrupted(_import(archive, person_id)):
                raise CommandError("Interrupted. What was imported stays; type it again for the rest.")
    except ArchiveRefused as error:
        raise CommandError(str(error)) from None


def _zone_of(person_id: str) -> str:
    request = GetPersonRequest(person_id=person_id)
    return ask(SCHEDULER, lambda channel: PeopleServiceStub(channel).GetPerson(request)).person.time_zone


async def _export(request: pb.ExportJournalRequest, out: Path) -> None:
    """
    Raises:
        CommandError: the journal does not answer, or refuses; or the file cannot be written.
    """
    progress = pb.ExportProgress()
    async with find_surroundings().journal_of(request.person_id) as channel:
        stub: ArchiveServiceAsyncStub = ArchiveServiceStub(channel)
        with _whole_or_not(out) as file, _bar("entries") as (bar, entries):
            try:
                async for response in stub.ExportJournal(request):
                    file.write(response.chunk)
                    if response.HasField("progress"):
                        progress = response.progress
                        bar.update(entries, completed=progress.entries_done, total=progress.entries_total)
            except grpc.aio.AioRpcError as error:
                raise CommandError(refusal(JOURNAL, error)) from None
    console.print(exported(progress))
    if lacks := lacking(progress):
        raise CommandError(lacks)


@contextmanager
def _whole_or_not(out: Path) -> Iterator[IO[bytes]]:
    """A file that its owner alone may read, and that has its name once it is whole.

    Raises:
        CommandError: it cannot be written.
    """
    part = out.with_name(f"{out.name}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            yield file
        part.replace(out)
    except OSError as error:
        raise CommandError(f"{out} cannot be written: {error.strerror}. Name another file, or make room.") from None
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _bar(what: str) -> Iterator[tuple[Progress, TaskID]]:
    with Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=notes) as bar:
        yield bar, bar.add_task(what, total=None)


async def _import(archive: ArchiveFile, person_id: str) -> None:
    """
    Raises:
        CommandError: the journal does not answer, or refuses; or some entries were not taken.
    """
    new, known, not_taken = 0, 0, list[tuple[str, str]]()
    surroundings = find_surroundings()
    token = surroundings.token_of(person_id)
    async with surroundings.journal_of(person_id) as channel:
        stub: ArchiveServiceAsyncStub = ArchiveServiceStub(channel)
        with _bar("entries") as (bar, entries):
            bar.update(entries, total=len(archive.manifest.entries))
            for listed in archive.manifest.entries:
                try:
                    already_kept = await _take(stub, token, archive.messages(listed, person_id))
                except EntryRefused as error:
                    not_taken.append((listed.folder, str(error)))
                else:
                    known += already_kept
                    new += not already_kept
                bar.advance(entries)
    console.print(imported(new, known))
    if lost := lost_before(archive.manifest):
        console.print(lost)
    if not_taken:
        raise CommandError(refused(not_taken))


async def _take(stub: "ArchiveServiceAsyncStub", token: Token, messages: Iterator[pb.ImportEntryRequest]) -> bool:
    """One entry; whether it was there already.

    Raises:
        EntryRefused: by its file, or by the journal.
        CommandError: the journal does not answer, or takes nothing of this person.
    """
    first = next(messages)
    try:
        if (await stub.FindImported(pb.FindImportedRequest(header=first.header))).entry_id:
            return True
        # the stubs ask for an iterator
        call = stub.ImportEntry(timeout=IMPORT_TIMEOUT_S, metadata=call_metadata(token))  # type: ignore[call-arg]
        try:
            for message in chain([first], messages):
                await call.write(message)
        except EntryRefused:
            call.cancel()
            raise
        await call.done_writing()
        return (await call).already_kept
    except grpc.aio.AioRpcError as error:
        if error.code() in THIS_ENTRY_ALONE:
            raise EntryRefused(
                WhyNoEntry.JOURNAL_REFUSES, f"the journal refuses it: {(error.details() or '').rstrip('.')}"
            ) from None
        raise CommandError(f"{refusal(JOURNAL, error)} What was imported stays; type it again for the rest.") from None
