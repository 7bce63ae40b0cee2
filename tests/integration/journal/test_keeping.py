"""A person's settings of their journal: asked, set, and gone with the person."""

from uuid import uuid4

import grpc
import pytest

from daybook.journal.v1 import journal_pb2 as journal
from daybook.journal.v1 import keeping_pb2 as pb
from daybook.journal.v1.keeping_pb2_grpc import KeepingServiceStub
from journal import keeping_store
from journal.records import Keeping

FAILED_PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
INVALID_ARGUMENT = grpc.StatusCode.INVALID_ARGUMENT


@pytest.fixture
def stub(served):
    return KeepingServiceStub(served.channel)


async def keeping_of(stub, person_id):
    return (await stub.GetKeeping(pb.GetKeepingRequest(person_id=person_id))).keeping


def set_to(person_id, **keeping):
    return pb.SetKeepingRequest(person_id=person_id, keeping=pb.Keeping(**keeping))


async def test_all_of_somebody_who_never_set_it_is_kept_for_ever_and_described(served, stub):
    conversation, _ = await served.spoken()
    assert await keeping_of(stub, conversation.person_id) == pb.Keeping()
    async with served.database.transaction() as connection:
        assert await keeping_store.keeping(connection, uuid4()) == Keeping(0, 0, descriptions=True)


async def test_it_is_set_whole_also_before_the_first_call(served, stub):
    first, second = (str(uuid4()) for _ in range(2))
    await stub.SetKeeping(set_to(first, audio_days=30, entry_days=36_500, without_descriptions=True))
    await stub.SetKeeping(set_to(second, audio_days=7))
    assert await keeping_of(stub, first) == pb.Keeping(audio_days=30, entry_days=36_500, without_descriptions=True)
    assert await keeping_of(stub, second) == pb.Keeping(audio_days=7)
    await stub.SetKeeping(set_to(first, entry_days=1))
    assert await keeping_of(stub, first) == pb.Keeping(entry_days=1)
    await served.spoken(person_id=first)


async def test_it_goes_with_the_person_and_cannot_be_set_any_more(served, stub, refused):
    person_id = str(uuid4())
    await stub.SetKeeping(set_to(person_id, audio_days=30))
    await served.stub.DeletePerson(journal.DeletePersonRequest(person_id=person_id))
    assert await keeping_of(stub, person_id) == pb.Keeping()
    with refused(FAILED_PRECONDITION, f"The person {person_id} was deleted from the journal"):
        await stub.SetKeeping(set_to(person_id, audio_days=30))


async def test_what_cannot_be_right_is_refused_with_its_sentence(stub, refused):
    person_id = str(uuid4())
    with refused(INVALID_ARGUMENT, "person_id: must be a UUID"):
        await stub.GetKeeping(pb.GetKeepingRequest(person_id="Quentin"))
    with refused(INVALID_ARGUMENT, "keeping: must be set"):
        await stub.SetKeeping(pb.SetKeepingRequest(person_id=person_id))
    for field in ("audio_days", "entry_days"):
        with refused(INVALID_ARGUMENT, f"keeping.{field}: must be 1 to 36500 days, or 0 for ever."):
            await stub.SetKeeping(set_to(person_id, **{field: 36_501}))
