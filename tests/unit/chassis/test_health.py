"""Readiness, and what Prometheus is told of it: what fails or hangs is not usable, and holds nobody up."""

import asyncio
from datetime import timedelta

import httpx2
import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from chassis.database import open_database
from chassis.errors import Unavailable
from chassis.health import failing, health_app, watch


async def usable():
    return None


async def broken():
    raise Unavailable("PostgreSQL does not answer.")


async def hanging():
    await asyncio.Event().wait()


class Deaf:
    """It hangs, and does not let itself be interrupted."""

    def __init__(self):
        self.go_on = asyncio.Event()
        self.over = asyncio.Event()

    async def check(self):
        try:
            await asyncio.Event().wait()
        finally:
            await self.go_on.wait()
            self.over.set()
            raise Unavailable("too late")


async def test_each_failing_part_is_told_by_its_name_and_the_type_of_its_error():
    found = await failing({"database": broken, "nats": usable, "key": hanging}, within_s=0.05)
    assert found == {"database": "Unavailable", "key": "TimeoutError"}


async def test_a_part_that_does_not_even_let_go_is_not_waited_for():
    deaf = Deaf()
    assert await failing({"database": deaf.check}, within_s=0.05) == {"database": "TimeoutError"}
    deaf.go_on.set()
    await deaf.over.wait()


async def test_a_hung_database_is_one_that_is_away():
    async def say_nothing(_reader, writer):
        await hung_up.wait()
        writer.close()

    hung_up = asyncio.Event()
    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with open_database(f"postgresql://nobody@127.0.0.1:{port}/none", schema="none") as database:
            assert await failing({"database": database.check}, within_s=0.2) == {"database": "TimeoutError"}
            hung_up.set()


@pytest.mark.parametrize(
    ("check", "status", "body"),
    [
        (usable, 200, {"status": "ready"}),
        (broken, 503, {"status": "not ready", "failing": {"part": "Unavailable"}}),
        (hanging, 503, {"status": "not ready", "failing": {"part": "TimeoutError"}}),
    ],
)
async def test_readiness_answers_whatever_the_part_does(check, status, body):
    transport = httpx2.ASGITransport(app=health_app({"part": check}))
    async with httpx2.AsyncClient(transport=transport, base_url="http://probe") as probe:
        answer = await probe.get("/readyz")
        assert (answer.status_code, answer.json()) == (status, body)
        assert (await probe.get("/healthz")).status_code == 200


def up(name):
    return REGISTRY.get_sample_value("daybook_dependency_up", {"dependency": name})


async def test_prometheus_is_told_when_a_part_goes_and_when_it_is_back():
    stop, seen = asyncio.Event(), []

    async def goes_and_comes_back():
        seen.append(up("part"))
        match len(seen):
            case 2:
                raise Unavailable("PostgreSQL does not answer.")
            case 4:
                stop.set()

    with capture_logs() as logs:
        await watch({"part": goes_and_comes_back, "other": broken}, stop, every=timedelta(milliseconds=1))
    assert seen == [None, 1, 0, 1]
    assert up("other") == 0
    told = [(entry["event"], entry["dependency"]) for entry in logs]
    assert told == [("dependency.down", "other"), ("dependency.down", "part"), ("dependency.up", "part")]
