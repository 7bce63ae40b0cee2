"""`daybook entry`: read what is kept. Everything is asked of the journal by gRPC, which alone can decrypt it."""

from pathlib import Path
from typing import Annotated

import grpc
import typer
from rich.console import Console
from rich.table import Table

from daybook.journal.v1 import journal_pb2 as pb
from daybook.journal.v1.journal_pb2_grpc import JournalServiceStub
from daybook_cli.entry_archive import export_entries, import_entries
from daybook_cli.entry_lines import about, turns_as_they_should_read
from daybook_cli.observations import JOURNAL
from daybook_cli.receipt_lines import as_json, told
from daybook_cli.story import SPEAKERS
from daybook_cli.surroundings import ask, ask_journal_of

entries = typer.Typer(no_args_is_help=True, help="What is kept.")
console = Console(highlight=False)

AUDIO_TIMEOUT_S = 300

entries.command("export")(export_entries)
entries.command("import")(import_entries)


@entries.command("list")
def list_entries(person_id: str) -> None:
    """A person's entries, the newest first."""
    table = Table(box=None)
    for column in ("entry", "began (UTC)", "turns", "recording", "ended as"):
        table.add_column(column, no_wrap=column == "entry")
    token, more = "", True
    while more:
        page = _page(person_id, token)
        for entry in page.entries:
            outcome = pb.SessionOutcome.Name(entry.outcome).removeprefix("SESSION_OUTCOME_").lower()
            outcome += ", cut off" if entry.cut_off else ""
            recording = "removed" if entry.HasField("audio_removed_at") else f"{entry.recording_ms / 1000:.0f} s"
            outcome += ", imported" if entry.imported else ""
            began = f"{entry.started_at.ToDatetime():%Y-%m-%d %H:%M}"
            table.add_row(entry.entry_id, began, str(entry.turns), recording, outcome)
        token = page.next_page_token
        more = bool(token)
    console.print(table)


def _page(person_id: str, token: str) -> pb.ListEntriesResponse:
    request = pb.ListEntriesRequest(person_id=person_id, page_token=token)
    return ask(JOURNAL, lambda channel: JournalServiceStub(channel).ListEntries(request))


@entries.command("read")
def read_entry(person_id: str, entry_id: str) -> None:
    """What one entry is called and says in short, and its turns."""
    request = pb.ReadEntryRequest(person_id=person_id, entry_id=entry_id)
    entry = ask_journal_of(person_id, lambda channel: JournalServiceStub(channel).ReadEntry(request))
    for name, words in about(entry.revision):
        console.print(f"{name}: {words}", markup=False)
    for turn, words in turns_as_they_should_read(entry):
        console.print(f"{SPEAKERS.get(turn.speaker, '?')}: {words}", markup=False)


@entries.command("audio")
def read_audio(
    person_id: str,
    entry_id: str,
    out: Annotated[Path, typer.Option(help="The WAV file to write, unencrypted")],
) -> None:
    """Write an entry's recording as a WAV file: left the person, right Daybook."""
    request = pb.ReadAudioRequest(person_id=person_id, entry_id=entry_id)

    async def write(channel: grpc.aio.Channel) -> None:
        with out.open("wb") as file:
            async for response in JournalServiceStub(channel).ReadAudio(request, timeout=AUDIO_TIMEOUT_S):
                file.write(response.chunk)

    ask_journal_of(person_id, write)


@entries.command("delete")
def delete_entry(person_id: str, entry_id: str) -> None:
    """Delete one entry and its recording."""
    request = pb.DeleteEntryRequest(person_id=person_id, entry_id=entry_id)
    ask_journal_of(person_id, lambda channel: JournalServiceStub(channel).DeleteEntry(request))


@entries.command("delete-all")
def delete_all(
    person_id: str,
    receipt: Annotated[Path | None, typer.Option(help="The file to write the receipt to, as JSON.")] = None,
) -> None:
    """Destroy a person's key, and with it everything that it kept secret. Typed again, it tells the same receipt."""
    request = pb.DeletePersonRequest(person_id=person_id)
    deleted = ask(JOURNAL, lambda channel: JournalServiceStub(channel).DeletePerson(request)).receipt
    if receipt is not None:
        receipt.write_text(as_json(deleted))
    for line in told(deleted):
        console.print(line, markup=False)
