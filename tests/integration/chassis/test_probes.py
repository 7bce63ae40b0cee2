import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from chassis.errors import Unavailable
from chassis.probes import serving_probes

SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING


class Part:
    def __init__(self) -> None:
        self.answers = True
        self.asked = 0

    async def check(self) -> None:
        self.asked += 1
        if not self.answers:
            raise Unavailable("it does not answer")


@pytest.fixture
def part():
    return Part()


@pytest.fixture
async def probe(part):
    async with (
        serving_probes({"part": part.check}, host="127.0.0.1", port=0) as port,
        grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel,
    ):
        stub = health_pb2_grpc.HealthStub(channel)

        async def ask(service):
            return (await stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=10)).status

        yield ask


async def test_readiness_asks_the_parts_each_time(probe, part):
    assert await probe("readiness") == SERVING
    part.answers = False
    assert await probe("readiness") == NOT_SERVING
    part.answers = True
    assert await probe("readiness") == SERVING


async def test_liveness_asks_nobody(probe, part):
    part.answers = False
    assert await probe("liveness") == SERVING
    assert await probe("") == SERVING
    assert part.asked == 0


async def test_another_name_is_told_what_can_be_asked(probe):
    with pytest.raises(grpc.aio.AioRpcError, match="Ask for liveness or readiness"):
        await probe("journal")


async def test_where_nobody_probes_nothing_is_served(part):
    async with serving_probes({"part": part.check}, host="127.0.0.1", port=None) as port:
        assert port is None
