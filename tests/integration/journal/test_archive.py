"""A journal goes out as one ZIP file, and comes into another one as it was."""

import asyncio
import io
import json
import zipfile
from datetime import timedelta
from uuid import uuid4

import grpc
import pytest
from google.protobuf.json_format import Parse
from prometheus_client import REGISTRY
from sqlalchemy import text

from daybook.journal.v1 import archive_pb2 as pb
from daybook.journal.v1 import journal_pb2 as journal
from daybook.journal.v1.archive_pb2_grpc import ArchiveServiceStub
from daybook.journal.v1.keeping_pb2 import Keeping, SetKeepingRequest
from daybook.journal.v1.keeping_pb2_grpc import KeepingServiceStub
from daybook.journal.v1.revisions_pb2 import Revision
from journal.objects import open_objects
from journal.retention import Retention
from journal_archive.archive_file import ArchiveFile

TO_THE_END = "daybook_journal_journals_exported_total"
VIENNA = "Europe/Vienna"
INVALID = grpc.StatusCode.INVALID_ARGUMENT
WORDS = ("It was a long day.", "# Not *a* heading\n<b>nor bold</b>", "Я втомився.")
NOT_THE_SAME = ("entry_id", "person_id", "call_id", "imported_from")


@pytest.fixture
def exported(served):
    """A person's journal, as a ZIP file that is open, and the last of what was told of the progress."""

    async def export(person_id, time_zone=VIENNA):
        request = pb.ExportJournalRequest(person_id=person_id, time_zone=time_zone)
        content, progress = io.BytesIO(), []
        async for response in ArchiveServiceStub(served.channel).ExportJournal(request):
            content.write(response.chunk)
            if response.HasField("progress"):
                progress.append(response.progress)
        return zipfile.ZipFile(content), progress

    return export


@pytest.fixture
def imported(served, tmp_path):
    """Imports a ZIP file as a person's, as the command line does."""

    async def take(archive, person_id):
        path = tmp_path / "archive.zip"
        path.write_bytes(archive.fp.getvalue())
        with ArchiveFile(path) as file:
            stub = ArchiveServiceStub(served.channel)
            return [
                await stub.ImportEntry(iter(list(file.messages(listed, person_id)))) for listed in file.manifest.entries
            ]

    return take


def manifest(archive):
    return Parse(archive.read("journal.json"), pb.Manifest())


def files_of(archive, listed):
    return {file.name: archive.read(f"{listed.folder}/{file.name}") for file in listed.files}


def without_ids(document):
    told = json.loads(document)
    return {**told, "entry": {field: value for field, value in told["entry"].items() if field not in NOT_THE_SAME}}


async def spoken_at_length(served):
    """An entry with both tracks, pauses, an odd end, and two revisions."""
    conversation = await served.begun()
    for sequence, words in enumerate(WORDS):
        await conversation.say(sequence, words, journal.SPEAKER_DAYBOOK if sequence == 1 else journal.SPEAKER_PERSON)
    await conversation.record(
        conversation.segment(0, b"\x01" * 8000, starts_at_ms=250),
        conversation.segment(1, b"\xff" * 8000, starts_at_ms=1500),
        conversation.segment(2, b"\x03" * 37, starts_at_ms=65_000),
        conversation.segment(0, b"\x02" * 801, track=journal.SPEAKER_DAYBOOK, starts_at_ms=30_001),
        conversation.segment(1, b"\xff" * 901, track=journal.SPEAKER_DAYBOOK, starts_at_ms=66_000),
    )
    entry = (await conversation.finish()).entry
    await served.edit(conversation, entry, title="First")
    await served.edit(conversation, entry, based_on=1, title="The blue: kitchen?", tags=["home"], mood="tired")
    return conversation, entry


async def test_all_that_is_kept_is_in_the_file_and_can_be_read_without_daybook(served, exported):
    conversation, entry = await spoken_at_length(served)
    archive, progress = await exported(conversation.person_id)
    assert archive.testzip() is None
    listed = manifest(archive)
    assert (listed.format_version, listed.person_id, listed.time_zone) == (1, conversation.person_id, VIENNA)
    [folder] = listed.entries
    assert (folder.entry_id, folder.folder) == (entry.entry_id, "entries/2026-11-24 0900 The blue kitchen")
    files = files_of(archive, folder)
    assert sorted(files) == ["entry.json", "entry.md", "recording.wav", "revisions.jsonl"]
    assert files["recording.wav"] == await conversation.hear(entry.entry_id)
    document = Parse(files["entry.json"], pb.EntryDocument())
    assert list(document.turns) == list((await conversation.read(entry.entry_id)).turns)
    history = [Parse(line, Revision()) for line in files["revisions.jsonl"].splitlines()]
    assert history == await served.history(conversation, entry)
    told = files["entry.md"].decode()
    assert told.index("# The blue: kitchen?") < told.index("It was a long day.") < told.index("Я втомився.")
    assert "09:00 to 09:02 (CET)" in told
    assert "Entries: 1." in archive.read("README.md").decode()
    assert [(each.entries_done, each.entries_total) for each in progress] == [(0, 1), (1, 1)]


async def test_a_journal_that_was_imported_is_exported_as_it_was(served, exported, imported, clock):
    conversation, entry = await spoken_at_length(served)
    before, _ = await exported(conversation.person_id)
    clock.advance(timedelta(days=400))
    someone = str(uuid4())
    [answer] = await imported(before, someone)
    assert not answer.already_kept
    after, _ = await exported(someone)
    [was], [now] = manifest(before).entries, manifest(after).entries
    assert (now.entry_id, now.folder) == (answer.entry_id, was.folder)
    files, again = files_of(before, was), files_of(after, now)
    assert again["recording.wav"] == files["recording.wav"]
    assert again["revisions.jsonl"] == files["revisions.jsonl"]
    assert without_ids(again["entry.json"]) == without_ids(files["entry.json"])
    assert Parse(again["entry.json"], pb.EntryDocument()).entry.imported_from == entry.entry_id
    [listed] = (await served.stub.ListEntries(journal.ListEntriesRequest(person_id=someone))).entries
    assert (listed.imported, listed.started_at, listed.recording_ms) == (True, entry.started_at, entry.recording_ms)
    assert not entry.imported


async def test_to_import_again_changes_nothing_nor_does_it_where_the_entry_was_made(served, exported, imported):
    conversation, entry = await served.spoken()
    archive, _ = await exported(conversation.person_id)
    someone = str(uuid4())
    [first], [second] = await imported(archive, someone), await imported(archive, someone)
    assert (first.already_kept, second.already_kept, first.entry_id) == (False, True, second.entry_id)
    [at_home] = await imported(archive, conversation.person_id)
    assert (at_home.already_kept, at_home.entry_id) == (True, entry.entry_id)
    there_and_back, _ = await exported(someone)
    [back] = await imported(there_and_back, conversation.person_id)
    assert (back.already_kept, back.entry_id) == (True, entry.entry_id)
    [elsewhere] = await imported(archive, str(uuid4()))
    assert elsewhere.entry_id not in {entry.entry_id, first.entry_id}
    assert len(served.objects()) == 3


async def test_imports_of_the_same_entry_side_by_side_keep_it_once(served, exported, imported):
    conversation, _ = await served.spoken()
    archive, _ = await exported(conversation.person_id)
    someone = str(uuid4())
    answers = [answer for [answer] in await asyncio.gather(*(imported(archive, someone) for _ in range(3)))]
    assert sorted(answer.already_kept for answer in answers) == [False, True, True]
    assert len({answer.entry_id for answer in answers}) == 1
    assert len(served.objects()) == 2


async def test_nobody_has_an_empty_journal(served, exported):
    archive, [progress] = await exported(str(uuid4()))
    assert archive.namelist() == ["README.md", "journal.json"]
    assert (progress.entries_done, progress.entries_total) == (0, 0)


async def test_what_does_not_open_is_named_and_the_rest_is_there(served, exported):
    conversation, unreadable = await served.spoken("It was a long day.")
    for _ in range(2):
        await served.spoken("It was a short day.", person_id=conversation.person_id)
    async with served.database.transaction() as connection:
        await connection.execute(
            text("UPDATE turns SET sealed = set_byte(sealed, 30, 1) WHERE session_id = :session_id"),
            {"session_id": conversation.session_id},
        )
        found = await connection.execute(
            text("SELECT recording_id, entry_id FROM recordings JOIN entries USING (session_id)")
        )
        entry_of = {str(row.recording_id): str(row.entry_id) for row in found}
    holes = next(path for path in served.objects() if entry_of[path.parts[-3]] != unreadable.entry_id)
    holes.unlink()
    archive, [*_, progress] = await exported(conversation.person_id)
    listed = manifest(archive)
    assert [(each.entry_id, each.reason.kind) for each in listed.unreadable] == [(unreadable.entry_id, "turn")]
    damaged = {each.entry_id: [part.kind for part in each.damaged] for each in listed.entries}
    assert sorted(damaged.values()) == [[], ["audio.person"]]
    with_holes = next(each for each in listed.entries if each.damaged)
    assert with_holes.entry_id == entry_of[holes.parts[-3]]
    files = files_of(archive, with_holes)
    assert files["recording.wav"][58:] == b"\xff" * 16_000
    assert "Parts of this entry do not open" in files["entry.md"].decode()
    assert (progress.entries_done, progress.unreadable, progress.incomplete) == (3, 1, 1)


async def test_an_entry_without_audio_has_no_recording_and_is_imported(served, exported, imported):
    conversation = await served.begun()
    await conversation.say(0, "It was a long day.")
    await conversation.finish()
    archive, _ = await exported(conversation.person_id)
    [listed] = manifest(archive).entries
    assert [file.name for file in listed.files] == ["entry.json", "entry.md"]
    [answer] = await imported(archive, str(uuid4()))
    assert not answer.already_kept


async def test_an_entry_whose_recording_was_removed_is_exported_and_imported_without(served, exported, imported, clock):
    conversation, _ = await served.spoken()
    keeping = Keeping(audio_days=1)
    await KeepingServiceStub(served.channel).SetKeeping(
        SetKeepingRequest(person_id=conversation.person_id, keeping=keeping)
    )
    clock.advance(timedelta(days=2))
    await Retention(served.database, served.keyring, open_objects(served.folder.as_uri()), clock).run()
    archive, [*_, progress] = await exported(conversation.person_id)
    [listed] = manifest(archive).entries
    assert ([file.name for file in listed.files], progress.incomplete) == (["entry.json", "entry.md"], 0)
    [answer] = await imported(archive, str(uuid4()))
    assert not answer.already_kept


async def test_an_hour_is_sent_in_small_pieces_and_who_goes_away_ends_it(served):
    conversation = await served.begun()
    await conversation.say(0, "It was a long day.")
    await conversation.record(*(conversation.segment(second, bytes([second]) * 8000) for second in range(120)))
    await conversation.record(conversation.segment(120, b"\x01", starts_at_ms=3_600_000))
    await conversation.finish()
    request = pb.ExportJournalRequest(person_id=conversation.person_id, time_zone=VIENNA)
    stub = ArchiveServiceStub(served.channel)
    before = REGISTRY.get_sample_value(TO_THE_END)
    sizes = [len(response.chunk) async for response in stub.ExportJournal(request)]
    assert max(sizes) < 256 * 1024
    call = stub.ExportJournal(request)
    await call.read()
    call.cancel()
    again = [len(response.chunk) async for response in stub.ExportJournal(request)]
    assert sum(again) == sum(sizes)
    assert REGISTRY.get_sample_value(TO_THE_END) == before + 2


async def test_days_are_those_of_a_place(exported, refused):
    with refused(INVALID, "time_zone: is to be the IANA name of a place"):
        await exported(str(uuid4()), "Middle/Earth")
    with refused(INVALID, "person_id: must be a UUID"):
        await exported("me")


async def test_a_person_who_was_deleted_imports_nothing(served, exported, imported, refused):
    conversation, _ = await served.spoken()
    archive, _ = await exported(conversation.person_id)
    await served.stub.DeletePerson(journal.DeletePersonRequest(person_id=conversation.person_id))
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "was deleted from the journal"):
        await imported(archive, conversation.person_id)
    assert served.objects() == []
