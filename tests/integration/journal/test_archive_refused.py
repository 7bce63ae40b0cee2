"""An entry comes from an archive as a whole or not at all, and what cannot be right is refused by the name of its field."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from sqlalchemy import text

from chassis.rpc import open_channel, serving_grpc
from daybook.journal.v1 import archive_pb2 as pb
from daybook.journal.v1 import consistency_pb2 as consistency
from daybook.journal.v1 import journal_pb2 as journal
from daybook.journal.v1.archive_pb2_grpc import ArchiveServiceStub
from daybook.journal.v1.consistency_pb2_grpc import ConsistencyServiceStub
from daybook.journal.v1.revisions_pb2 import AUTHOR_PERSON, Correction, Revision
from journal.archive_contract import arrival_of
from journal.archive_service import ArchiveService
from journal.errors import ImportGivenUp, PersonErased
from journal.exports import Exports
from journal.fsck import IMPORT_TAKES
from journal.imports import AT_ONCE, Imports
from journal.objects import open_objects
from journal.records import Segment, Speaker

ID = str(uuid4())
AT = Timestamp(seconds=1_800_000_000)
LATER = Timestamp(seconds=1_800_000_120)
NO_ID = "must be a UUID, as 8-4-4-4-12 hexadecimal digits."
SOON = timedelta(milliseconds=100)
ENTRY = {"entry_id": ID, "started_at": AT, "ended_at": LATER, "outcome": journal.SESSION_OUTCOME_COMPLETED}


def header(person_id=ID, **changed):
    told = pb.ArchivedEntry(**{**ENTRY, **changed})
    return pb.ImportEntryRequest(header=pb.ImportHeader(person_id=person_id, entry=told))


def turn(sequence=0, **changed):
    told = {"sequence": sequence, "speaker": journal.SPEAKER_PERSON, "text": "It was a long day.", **changed}
    return pb.ImportEntryRequest(turn=journal.Turn(**told))


def revision(number=1, **changed):
    return pb.ImportEntryRequest(
        revision=Revision(**{"number": number, "author": AUTHOR_PERSON, "made_at": AT, "title": "A day", **changed})
    )


def audio(starts_at_ms=0, content=b"\x01" * 8000, track=journal.SPEAKER_PERSON):
    return pb.ImportEntryRequest(audio=pb.ArchivedAudio(track=track, starts_at_ms=starts_at_ms, audio=content))


BAD_STREAMS = [
    ([], "header: must come first"),
    ([turn()], "header: must come first"),
    ([header(person_id="me")], f"header.person_id: {NO_ID}"),
    ([header(entry_id="x")], f"header.entry.entry_id: {NO_ID}"),
    ([header(imported_from="x")], f"header.entry.imported_from: {NO_ID}"),
    ([header(started_at=None)], "header.entry.started_at: must be set"),
    ([header(ended_at=Timestamp(seconds=1))], "header.entry.ended_at: must not be before header.entry.started_at."),
    ([header(outcome=journal.SESSION_OUTCOME_UNSPECIFIED)], "outcome: must say how the session ends"),
    ([header(outcome=journal.SESSION_OUTCOME_VOICEMAIL)], "header.entry.outcome: must not be VOICEMAIL"),
    ([header(), header()], "header: must come once"),
    ([header(), pb.ImportEntryRequest()], "part: must be a turn, a revision or audio."),
    ([header(), turn(1)], "turn.sequence: must count the turns from 0"),
    ([header(), turn(text=" ")], "turn.text: must hold what was said"),
    ([header(), revision(), turn()], "turn: must come before all revisions and all audio."),
    ([header(), audio(), turn()], "turn: must come before all revisions and all audio."),
    ([header(), audio(), revision()], "revision: must come before all audio."),
    ([header(), revision(0)], "revision.number: must be 1 or more"),
    ([header(), revision(1), revision(2)], "revision.number: must be 1 or more, and below"),
    ([header(), revision(author=0)], "revision.author: must be DAYBOOK or PERSON."),
    ([header(), revision(author=7)], "revision.author: must be DAYBOOK or PERSON."),
    ([header(), revision(made_at=None)], "revision.made_at: must be set"),
    ([header(), revision(title="a\nb")], "revision.title: must be one line of at most 200 characters"),
    (
        [header(), revision(corrections=[Correction(text="a")])],
        "revision.corrections[0].sequence: must be that of a turn",
    ),
    ([header(), audio(track=0)], "audio.track: must be PERSON or DAYBOOK."),
    ([header(), audio(content=b"")], "audio.audio: has 0 bytes"),
    ([header(), audio(content=bytes(8001))], "audio.audio: has 8001 bytes"),
    ([header(), audio(86_400_001)], "audio.starts_at_ms: must be at most 86400000"),
    ([header(), audio(), audio(999)], "audio.starts_at_ms: must not be before the end of the piece before it"),
]


@pytest.fixture
def stub(served):
    return ArchiveServiceStub(served.channel)


@pytest.fixture
def check(served):
    """Mends what is wrong with objects, and tells of which recordings."""

    async def checked():
        found = ConsistencyServiceStub(served.channel).CheckObjects(consistency.CheckObjectsRequest(mend=True))
        return [fault.record_id async for page in found for fault in page.faults]

    return checked


async def rows(served, table):
    async with served.database.transaction() as connection:
        return (await connection.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one()


async def test_each_kind_of_stream_that_cannot_be_right_is_refused_with_its_sentence(served, stub, refused):
    for stream, sentence in BAD_STREAMS:
        with refused(grpc.StatusCode.INVALID_ARGUMENT, sentence):
            await stub.ImportEntry(iter(stream))
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "header: must come first"):
        await stub.FindImported(pb.FindImportedRequest())
    assert [await rows(served, table) for table in ("sessions", "entries", "imports")] == [0, 0, 0]
    assert served.objects() == []
    answer = await stub.ImportEntry(iter([header(), turn(), revision(9), revision(4), audio(), audio(1500)]))
    assert not answer.already_kept
    assert await rows(served, "revisions") == 2


async def test_what_is_refused_late_takes_back_what_came_before(served, stub, refused):
    pieces = [audio(second * 1000) for second in range(40)]
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "audio.starts_at_ms"):
        await stub.ImportEntry(iter([header(), turn(), *pieces, audio()]))
    assert served.objects() == []
    assert await rows(served, "imports") == 0
    found = await stub.FindImported(pb.FindImportedRequest(header=header().header))
    assert not found.entry_id
    kept = await stub.ImportEntry(iter([header(), turn(), *pieces]))
    assert not kept.already_kept
    found = await stub.FindImported(pb.FindImportedRequest(header=header().header))
    assert found.entry_id == kept.entry_id
    assert (await stub.ImportEntry(iter([header(), turn(), *pieces * 20]))).already_kept


@pytest.fixture
def interrupted(served, clock):
    """Keeps an entry of 17 segments; something else happens once 16 of them are objects."""
    imports = Imports(served.database, served.keyring, open_objects(served.folder.as_uri()), clock, made=served.made)

    async def keep(meanwhile):
        async def parts():
            yield turn().turn
            for second in range(AT_ONCE):
                yield Segment(Speaker.PERSON, second, second * 1000, b"\x01" * 8000)
            assert len(served.objects()) == AT_ONCE
            await meanwhile()
            yield Segment(Speaker.PERSON, AT_ONCE, AT_ONCE * 1000, b"\x01" * 8000)

        return await imports.keep(arrival_of(header()), parts())

    return keep


async def test_fsck_lets_an_import_be_that_is_under_way(served, check, interrupted):
    async def look():
        assert await check() == []

    _, already_kept = await interrupted(look)
    assert (already_kept, len(served.objects()), await rows(served, "entries")) == (False, AT_ONCE + 1, 1)
    assert await check() == []


async def test_an_import_that_fsck_gave_up_keeps_nothing(served, stub, check, clock, interrupted):
    async def look_an_hour_later():
        clock.advance(IMPORT_TAKES + timedelta(seconds=1))
        assert len(await check()) == 1

    with pytest.raises(ImportGivenUp):
        await interrupted(look_an_hour_later)
    assert [await rows(served, table) for table in ("sessions", "entries", "imports")] == [0, 0, 0]
    assert len(await check()) == 1  # what came after
    assert served.objects() == []
    assert not (await stub.ImportEntry(iter([header(), turn()]))).already_kept


async def test_an_import_whose_person_is_deleted_meanwhile_keeps_nothing(served, interrupted):
    async def delete():
        await served.stub.DeletePerson(journal.DeletePersonRequest(person_id=ID))

    with pytest.raises(PersonErased):
        await interrupted(delete)
    assert [await rows(served, table) for table in ("sessions", "entries", "imports")] == [0, 0, 0]
    assert served.objects() == []


async def test_a_stream_that_breaks_leaves_nothing(served, interrupted):
    class Broken(Exception):
        pass

    async def break_off():
        raise Broken

    with pytest.raises(Broken):
        await interrupted(break_off)
    assert await rows(served, "imports") == 0
    assert served.objects() == []


async def test_a_stream_whose_next_message_does_not_come_is_given_up(served, clock, refused):
    imports = Imports(served.database, served.keyring, open_objects(served.folder.as_uri()), clock, made=served.made)
    impatient = ArchiveService(Exports(served.database, served.entries, served.revisions, clock), imports, SOON)
    never = asyncio.Event()

    async def stalling():
        yield header()
        for second in range(AT_ONCE + 1):
            yield audio(second * 1000)
        await never.wait()

    async with (
        serving_grpc({impatient.FULL_NAME: impatient.add_to}, host="127.0.0.1", port=0) as port,
        open_channel(f"127.0.0.1:{port}") as channel,
    ):
        with refused(grpc.StatusCode.UNAVAILABLE, "took too long and was given up"):
            await ArchiveServiceStub(channel).ImportEntry(stalling())
    assert await rows(served, "imports") == 0
    assert served.objects() == []
