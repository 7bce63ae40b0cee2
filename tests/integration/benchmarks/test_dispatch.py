"""The dispatch benchmark in small: what it measures is there to be measured."""

import os

import httpx2
import pytest

from benchmarks.contestants import NotMeasurable
from benchmarks.dispatch.__main__ import WARM_UP_CALLS, measure_backlog, measure_poll, measure_waits
from benchmarks.dispatch.house import running_dispatcher, surroundings
from benchmarks.servers import Server


@pytest.fixture
async def around(postgres_url, nats_url):
    here = os.getpid()
    async with surroundings(postgres_url, Server(postgres_url, here), Server(nats_url, here)) as opened:
        yield opened


async def test_calls_come_to_the_carrier_as_they_are_announced(around):
    waits = await measure_waits(around, 10, a_second=40)
    assert waits.calls == 10
    assert 0 < waits.p50_ms <= waits.p99_ms <= waits.longest_ms
    assert waits.cpu_ms_a_call > 0
    assert around.carrier.posts == len(around.carrier.received) == WARM_UP_CALLS + 10


async def test_a_backlog_is_placed_call_by_call(around):
    backlog = await measure_backlog(around, 40)
    assert backlog.announced == 40
    assert 0 < backlog.calls <= 36
    assert backlog.cpu_s["dispatcher"] > 0
    assert around.carrier.posts == len(around.carrier.received) == 40


async def test_a_poll_places_what_was_put_into_its_table(around):
    waits = await measure_poll(around, 5, a_second=40, period_s=0.1)
    assert waits.calls == around.carrier.posts == 5


async def test_what_is_no_call_is_refused_by_the_carrier(around):
    async with httpx2.AsyncClient() as client:
        answer = await client.post(around.carrier.url, data={"To": "+15005550006"})
    assert answer.status_code == httpx2.codes.BAD_REQUEST
    assert around.carrier.posts == 0


async def test_a_dispatcher_that_does_not_start_is_told_with_what_it_said(postgres_url, around):
    nowhere = Server("nats://127.0.0.1:1", os.getpid())
    async with surroundings(postgres_url, around.postgres, nowhere) as without_nats:
        with pytest.raises(NotMeasurable, match="NATS does not answer"):
            async with running_dispatcher(without_nats):
                pass
