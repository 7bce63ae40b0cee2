"""Promise 1, with real processes: however often and however many ticks run, a person is called once a day."""

import asyncio

import pytest
from whole_daybook import WholeDaybook

from daybook.events.v1 import events_pb2 as events
from daybook.scheduler.v1 import scheduler_pb2 as scheduler
from daybook.scheduler.v1.scheduler_pb2_grpc import CallsServiceStub

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

AT_ONCE = 8


@pytest.mark.parametrize("ticks", [12, pytest.param(50, marks=pytest.mark.endurance)])
async def test_many_ticks_eight_at_once_make_one_call(daybook: WholeDaybook, ticks: int):
    person = await daybook.person("busy")
    numbers = iter(range(ticks))

    async def tick_on() -> None:
        for number in numbers:
            await daybook.tick(f"tick-{number}")

    async with asyncio.TaskGroup() as tasks:
        for _ in range(AT_ONCE):
            tasks.create_task(tick_on())
    await daybook.finished(person)
    answer = await CallsServiceStub(daybook.scheduler).ListCalls(scheduler.ListCallsRequest(person_id=person.person_id))
    assert len(answer.calls) == 1
    scheduled = [it for it in daybook.heard if isinstance(it, events.CallScheduled)]
    assert sum(it.person_id == person.person_id for it in scheduled) == 1
