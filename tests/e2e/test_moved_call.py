"""A call that is pending moves with its person's window, through the real services, and is made once."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from whole_daybook import WholeDaybook

from daybook.events.v1 import events_pb2 as events
from daybook.scheduler.v1 import scheduler_pb2 as scheduler
from daybook.scheduler.v1.scheduler_pb2_grpc import PeopleServiceStub, WindowsServiceStub
from daybook_cli.demo import window_open_now

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]


async def test_a_window_that_is_set_earlier_takes_its_pending_call_along(daybook: WholeDaybook):
    person = await daybook.person("busy", opens_in=timedelta(minutes=4))
    await daybook.tick()
    await daybook.event(lambda it: isinstance(it, events.CallScheduled) and it.person_id == person.person_id)
    assert await daybook.carrier_calls(person) == []
    await set_window_to_now(daybook, person.person_id)
    ended = await daybook.rung(person)
    assert (ended.outcome, ended.revision) == (events.CALL_OUTCOME_BUSY, 1)
    told = [it for it in daybook.heard if isinstance(it, events.CallScheduled) and it.person_id == person.person_id]
    assert [it.revision for it in told] == [0, 1]
    assert len({it.call_id for it in told}) == 1
    assert len(await daybook.carrier_calls(person)) == ended.attempts


async def set_window_to_now(daybook: WholeDaybook, person_id: str) -> None:
    people, windows = PeopleServiceStub(daybook.scheduler), WindowsServiceStub(daybook.scheduler)
    person = (await people.GetPerson(scheduler.GetPersonRequest(person_id=person_id))).person
    [window] = (await windows.ListWindows(scheduler.ListWindowsRequest(person_id=person_id))).windows
    times = window_open_now(datetime.now(UTC), ZoneInfo(person.time_zone))
    await windows.UpdateWindow(scheduler.UpdateWindowRequest(window_id=window.window_id, times=times))
