"""Who wants no more calls gets none, through the real services: what waits is over at once, and the number stays known."""

from datetime import UTC, datetime, timedelta

import pytest
from whole_daybook import WholeDaybook, until

from daybook.events.v1 import events_pb2 as events
from daybook.scheduler.v1 import scheduler_pb2 as scheduler
from daybook.scheduler.v1.scheduler_pb2_grpc import CallsServiceStub, PeopleServiceStub, WindowsServiceStub
from daybook_cli.demo import window_open_now, zone_at_day

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]


async def test_a_call_that_waits_for_its_window_is_over_as_soon_as_its_person_opts_out(daybook: WholeDaybook):
    person = await daybook.person("talks_and_completes", opens_in=timedelta(minutes=4))
    await daybook.tick()
    scheduled = await daybook.event(
        lambda it: isinstance(it, events.CallScheduled) and it.person_id == person.person_id
    )
    assert isinstance(scheduled, events.CallScheduled)
    await PeopleServiceStub(daybook.scheduler).OptOut(scheduler.OptOutRequest(person_id=person.person_id))
    ended = await daybook.finished(person)
    assert (ended.outcome, ended.reason, ended.attempts) == (events.CALL_OUTCOME_REFUSED, "opted_out", 0)
    assert ended.finished_at.ToDatetime() < scheduled.not_before.ToDatetime()
    assert await daybook.carrier_calls(person) == []


async def test_who_opted_out_in_a_call_is_not_called_when_they_are_deleted_and_added_anew(daybook: WholeDaybook):
    person = await daybook.person("presses_9")
    assert (await daybook.rung(person)).outcome == events.CALL_OUTCOME_OPTED_OUT
    people, calls = PeopleServiceStub(daybook.scheduler), CallsServiceStub(daybook.scheduler)

    async def opted_out() -> bool:
        stored = await people.GetPerson(scheduler.GetPersonRequest(person_id=person.person_id))
        return stored.person.HasField("opted_out_at")

    await until(opted_out)
    await people.DeletePerson(scheduler.DeletePersonRequest(person_id=person.person_id))
    now = datetime.now(UTC)
    zone = zone_at_day(now)
    request = scheduler.CreatePersonRequest(
        name=person.name,
        phone_number=person.phone_number,
        time_zone=zone.key,
        consent=scheduler.Consent(wording_version="test-1", channel="test"),
    )
    request.consent.given_at.FromDatetime(now - timedelta(days=1))
    anew = (await people.CreatePerson(request)).person
    assert anew.HasField("opted_out_at")
    await WindowsServiceStub(daybook.scheduler).CreateWindow(
        scheduler.CreateWindowRequest(person_id=anew.person_id, times=window_open_now(now, zone))
    )
    await daybook.tick()
    listed = await calls.ListCalls(scheduler.ListCallsRequest(person_id=anew.person_id))
    assert list(listed.calls) == []
    assert len(await daybook.carrier_calls(person)) == 1
