"""What a person writes of an entry: kept version by version, beside the words, which stay as they were said."""

import asyncio
from datetime import UTC, timedelta
from uuid import uuid4

import grpc
import pytest
from sqlalchemy import text

from daybook.journal.v1 import journal_pb2 as journal
from daybook.journal.v1 import revisions_pb2 as pb
from daybook.journal.v1.revisions_pb2_grpc import RevisionsServiceStub

NOT_FOUND = grpc.StatusCode.NOT_FOUND
CONFLICT = grpc.StatusCode.FAILED_PRECONDITION
CONTENT = {
    "title": "A long day",
    "summary": "It was long.\nThen it rained.",
    "tags": ["work", "Rain"],
    "mood": "tired, and glad of it",
    "corrections": [pb.Correction(sequence=0, text="It was a long way.")],
}


async def test_an_entry_that_nobody_described_has_no_revision(served):
    conversation, entry = await served.spoken()
    assert not (await conversation.read(entry.entry_id)).HasField("revision")
    assert await served.history(conversation, entry) == []


async def test_what_a_person_wrote_is_read_with_their_entry_whose_words_stay(served, clock):
    conversation, entry = await served.spoken("It was a long day.")
    edited = await served.edit(conversation, entry, **CONTENT)
    read = await conversation.read(entry.entry_id)
    assert read.revision == edited
    assert (edited.number, edited.author) == (1, pb.AUTHOR_PERSON)
    assert edited.made_at.ToDatetime(tzinfo=UTC) == clock.now()
    assert {name: getattr(edited, name) for name in CONTENT} == CONTENT
    assert [turn.text for turn in read.turns] == ["It was a long day."]


async def test_every_version_is_kept_the_newest_first(served, clock):
    conversation, entry = await served.spoken()
    made = []
    for based_on, title in enumerate(("One", "Two", "Three")):
        clock.advance(timedelta(hours=1))
        made.append(await served.edit(conversation, entry, based_on, title=title))
    assert await served.history(conversation, entry) == made[::-1]
    assert (await conversation.read(entry.entry_id)).revision == made[-1]


async def test_the_same_edit_again_makes_no_second_revision(served, clock):
    conversation, entry = await served.spoken()
    first = await served.edit(conversation, entry, **CONTENT)
    clock.advance(timedelta(minutes=1))
    assert await served.edit(conversation, entry, **CONTENT) == first
    assert await served.history(conversation, entry) == [first]


async def test_an_edit_of_an_older_revision_is_refused(served, refused):
    conversation, entry = await served.spoken()
    with refused(CONFLICT, "The edit is based on revision 1 of the entry, and its newest is 0. Read the entry again"):
        await served.edit(conversation, entry, 1, title="Of nothing")
    await served.edit(conversation, entry, title="One")
    second = await served.edit(conversation, entry, 1, title="Two")
    for based_on in (0, 1):
        with refused(CONFLICT, f"The edit is based on revision {based_on} of the entry, and its newest is 2."):
            await served.edit(conversation, entry, based_on, title="Another")
    assert (await served.history(conversation, entry))[0] == second


async def test_of_many_edits_at_once_one_is_kept(served):
    conversation, entry = await served.spoken()
    edits = [served.edit(conversation, entry, title=f"Edit {number}") for number in range(8)]
    answers = await asyncio.gather(*edits, return_exceptions=True)
    [kept] = [answer for answer in answers if not isinstance(answer, Exception)]
    assert {answer.code() for answer in answers if isinstance(answer, Exception)} == {CONFLICT}
    assert await served.history(conversation, entry) == [kept]


async def test_nobody_else_edits_an_entry_or_reads_its_history(served, refused):
    conversation, entry = await served.spoken()
    await served.edit(conversation, entry, title="Mine")
    stub, stranger = RevisionsServiceStub(served.channel), str(uuid4())
    for entry_id in (entry.entry_id, str(uuid4())):
        with refused(NOT_FOUND, f"The person has no entry {entry_id}."):
            await stub.EditEntry(pb.EditEntryRequest(person_id=stranger, entry_id=entry_id, based_on=1))
        with refused(NOT_FOUND, f"The person has no entry {entry_id}."):
            await anext(aiter(stub.ListRevisions(pb.ListRevisionsRequest(person_id=stranger, entry_id=entry_id))))
    assert len(await served.history(conversation, entry)) == 1


async def test_what_cannot_be_kept_is_refused_and_not_repeated(served, refused):
    conversation, entry = await served.spoken()
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "title: must be one line") as _:
        await served.edit(conversation, entry, title="secret\nwords")
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "corrections[0].sequence: must be that of a turn of the entry"):
        await served.edit(conversation, entry, corrections=[pb.Correction(sequence=1, text="secret words")])
    for stub_call in ("EditEntry", "ListRevisions"):
        request = {"EditEntry": pb.EditEntryRequest, "ListRevisions": pb.ListRevisionsRequest}[stub_call]
        with refused(grpc.StatusCode.INVALID_ARGUMENT, "entry_id: must be a UUID"):
            answer = getattr(RevisionsServiceStub(served.channel), stub_call)(request(person_id=conversation.person_id))
            await (anext(aiter(answer)) if stub_call == "ListRevisions" else answer)
    assert await served.history(conversation, entry) == []


@pytest.mark.parametrize("deed", ["DeleteEntry", "DeletePerson"])
async def test_the_history_is_deleted_with_its_entry_and_its_person(served, refused, deed):
    conversation, entry = await served.spoken()
    await served.edit(conversation, entry, **CONTENT)
    other, other_entry = await served.spoken()
    await served.edit(other, other_entry, title="Another's")
    ids = {"DeleteEntry": {"entry_id": entry.entry_id}, "DeletePerson": {}}[deed]
    await getattr(served.stub, deed)(getattr(journal, f"{deed}Request")(person_id=conversation.person_id, **ids))
    with refused(NOT_FOUND, "The person has no entry"):
        await served.history(conversation, entry)
    with refused(NOT_FOUND, "The person has no entry"):
        await served.edit(conversation, entry, 1, title="Too late")
    async with served.database.transaction() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM revisions"))).scalar_one() == 1
    assert len(await served.history(other, other_entry)) == 1


async def test_a_restarted_journal_reads_what_was_written(serving):
    async with serving() as before:
        conversation, entry = await before.spoken()
        made = await before.edit(conversation, entry, **CONTENT)
    async with serving() as after:
        assert await after.history(conversation, entry) == [made]
