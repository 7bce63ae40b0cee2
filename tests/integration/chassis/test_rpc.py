import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from chassis.errors import Conflict, InvalidInput, NotFound, Unavailable
from chassis.rpc import open_channel, serving_grpc
from daybook.journal.v1 import journal_pb2 as pb
from daybook.journal.v1.journal_pb2_grpc import (
    JournalServiceServicer,
    JournalServiceStub,
    add_JournalServiceServicer_to_server,
)

NAME = "daybook.journal.v1.JournalService"


class Journal(JournalServiceServicer):
    """Answers each method as the test wants it, or raises."""

    def __init__(self) -> None:
        self.raises: Exception | None = None

    async def ReadEntry(self, request, context):
        if self.raises is not None:
            raise self.raises
        return pb.ReadEntryResponse(summary=pb.EntrySummary(entry_id=request.entry_id))

    async def ReadAudio(self, request, context):
        yield pb.ReadAudioResponse(chunk=b"one")
        if self.raises is not None:
            raise self.raises
        yield pb.ReadAudioResponse(chunk=b"two")

    async def AppendAudio(self, request_iterator, context):
        async for request in request_iterator:
            yield pb.AppendAudioResponse(position=pb.TrackPosition(next_sequence=request.sequence + 1))


@pytest.fixture
async def journal():
    return Journal()


@pytest.fixture
async def channel(journal):
    services = {NAME: lambda server: add_JournalServiceServicer_to_server(journal, server)}
    async with (
        serving_grpc(services, host="127.0.0.1", port=0) as port,
        open_channel(f"127.0.0.1:{port}") as channel,
    ):
        yield channel


async def test_every_kind_of_call_passes(channel):
    stub = JournalServiceStub(channel)
    assert (await stub.ReadEntry(pb.ReadEntryRequest(entry_id="e"))).summary.entry_id == "e"
    assert [response.chunk async for response in stub.ReadAudio(pb.ReadAudioRequest())] == [b"one", b"two"]
    stream = stub.AppendAudio(iter([pb.AppendAudioRequest(sequence=7)]))
    assert [response.position.next_sequence async for response in stream] == [8]


@pytest.mark.parametrize(
    ("raised", "code", "details"),
    [
        (InvalidInput("entry_id", "give a UUID"), grpc.StatusCode.INVALID_ARGUMENT, "entry_id: give a UUID"),
        (NotFound("no such entry"), grpc.StatusCode.NOT_FOUND, "no such entry"),
        (Conflict("finished"), grpc.StatusCode.FAILED_PRECONDITION, "finished"),
        (Unavailable("later"), grpc.StatusCode.UNAVAILABLE, "later"),
        (
            RuntimeError("the words of a person"),
            grpc.StatusCode.INTERNAL,
            "The service failed; its log says where. Try again later.",
        ),
    ],
)
async def test_errors_become_codes_and_a_strangers_text_stays_inside(journal, channel, raised, code, details):
    journal.raises = raised
    with pytest.raises(grpc.aio.AioRpcError) as once:
        await JournalServiceStub(channel).ReadEntry(pb.ReadEntryRequest())
    assert (once.value.code(), once.value.details()) == (code, details)
    with pytest.raises(grpc.aio.AioRpcError) as streamed:
        [response async for response in JournalServiceStub(channel).ReadAudio(pb.ReadAudioRequest())]
    assert (streamed.value.code(), streamed.value.details()) == (code, details)


async def test_health_tells_that_the_service_serves(channel):
    answer = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(service=NAME))
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


async def test_a_call_without_an_answer_ends_at_its_deadline():
    async with open_channel("127.0.0.1:1") as channel:
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await JournalServiceStub(channel).ReadEntry(pb.ReadEntryRequest())
    assert failed.value.code() in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}
