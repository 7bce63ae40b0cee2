from uuid import uuid4

import grpc
from sqlalchemy import text

from daybook.journal.v1 import journal_pb2 as pb

NOT_FOUND = grpc.StatusCode.NOT_FOUND
CONFLICT = grpc.StatusCode.FAILED_PRECONDITION
TABLES_OF_A_PERSON = ("sessions", "turns", "recordings", "entries")


async def rows(served, table):
    async with served.database.transaction() as connection:
        return (await connection.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one()


async def test_entries_are_listed_page_by_page_and_by_person(served):
    person_id = str(uuid4())
    kept = [(await served.spoken(person_id=person_id))[1].entry_id for _ in range(5)]
    await served.spoken()
    sizes, listed, token = [], [], ""
    while True:
        page = await served.stub.ListEntries(pb.ListEntriesRequest(person_id=person_id, page_size=2, page_token=token))
        sizes.append(len(page.entries))
        listed += [entry.entry_id for entry in page.entries]
        token = page.next_page_token
        if not token:
            break
    assert sizes == [2, 2, 1]
    assert sorted(listed) == sorted(kept)


async def test_a_person_without_entries_has_an_empty_list(served):
    page = await served.stub.ListEntries(pb.ListEntriesRequest(person_id=str(uuid4())))
    assert (list(page.entries), page.next_page_token) == ([], "")


async def test_an_entry_of_another_person_is_as_unknown_as_one_that_never_was(served, refused):
    _, entry = await served.spoken()
    stranger = str(uuid4())
    for entry_id in (entry.entry_id, str(uuid4())):
        sentence = f"The person has no entry {entry_id}. ListEntries gives the ids of theirs."
        with refused(NOT_FOUND, sentence):
            await served.stub.ReadEntry(pb.ReadEntryRequest(person_id=stranger, entry_id=entry_id))
        with refused(NOT_FOUND, sentence):
            await served.stub.DeleteEntry(pb.DeleteEntryRequest(person_id=stranger, entry_id=entry_id))


async def test_a_deleted_entry_is_gone_with_its_rows_and_objects_and_no_other(served, refused):
    conversation, entry = await served.spoken()
    other, other_entry = await served.spoken(person_id=conversation.person_id)
    request = pb.DeleteEntryRequest(person_id=conversation.person_id, entry_id=entry.entry_id)
    await served.stub.DeleteEntry(request)
    with refused(NOT_FOUND, "The person has no entry"):
        await conversation.read(entry.entry_id)
    with refused(NOT_FOUND, "The person has no entry"):
        await served.stub.DeleteEntry(request)
    assert [await rows(served, table) for table in TABLES_OF_A_PERSON] == [1, 1, 1, 1]
    assert len(served.objects()) == 1
    assert len((await other.read(other_entry.entry_id)).turns) == 1


async def test_a_deleted_person_leaves_no_key_no_row_and_no_object(served, refused):
    conversation, _ = await served.spoken()
    await served.spoken(person_id=conversation.person_id)
    running = await served.begun(conversation.person_id)
    await running.record(running.segment(0))
    other, other_entry = await served.spoken()

    request = pb.DeletePersonRequest(person_id=conversation.person_id)
    deleted = await served.stub.DeletePerson(request)

    assert (deleted.entries, deleted.recordings) == (2, 3)
    assert [await rows(served, table) for table in TABLES_OF_A_PERSON] == [1, 1, 1, 1]
    assert len(served.objects()) == 1
    assert await rows(served, "person_keys WHERE wrapped IS NOT NULL") == 1
    assert len((await other.read(other_entry.entry_id)).turns) == 1
    again = await served.stub.DeletePerson(request)
    assert (again.entries, again.recordings) == (0, 0)


async def test_nothing_more_is_kept_for_a_deleted_person(served, refused):
    running = await served.begun()
    await served.stub.DeletePerson(pb.DeletePersonRequest(person_id=running.person_id))
    with refused(NOT_FOUND, "There is no session"):
        await running.say(0, "It was a long day.")
    with refused(CONFLICT, f"The person {running.person_id} was deleted from the journal"):
        await running.start()


async def test_a_person_who_never_spoke_can_be_deleted(served, refused):
    conversation = served.conversation()
    deleted = await served.stub.DeletePerson(pb.DeletePersonRequest(person_id=conversation.person_id))
    assert (deleted.entries, deleted.recordings) == (0, 0)
    with refused(CONFLICT, "was deleted from the journal"):
        await conversation.start()
