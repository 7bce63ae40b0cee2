import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import nats
import pytest

from chassis.consumer import Received
from chassis.events import CALL_FINISHED, DEAD_LETTERS_STREAM
from chassis.time_zones import INSTALLED
from daybook.events.v1 import events_pb2 as events
from daybook.scheduler.v1 import scheduler_pb2 as pb
from window_scheduler.call_endings import CallEndings
from window_scheduler.tick import schedule

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


@pytest.fixture
async def call(api, database, clock):
    person = await api.person()
    await api.window(person)
    await schedule(database, clock, INSTALLED, period=timedelta(minutes=5))
    [scheduled] = await api.calls_of(person)
    return scheduled


@pytest.fixture
async def hear(bus, database, sealer, clock):
    """Publishes an ending, and returns once the running service has dealt with it."""
    endings, dealt_with, stop = (
        CallEndings(database, sealer, clock, news=asyncio.Event()),
        asyncio.Queue(),
        asyncio.Event(),
    )

    async def handle(received: Received[events.CallFinished]):
        try:
            await endings.handle(received)
        finally:
            dealt_with.put_nowait(received)

    async def publish(ending: events.CallFinished, event_id: str | None = None):
        await bus.publish(CALL_FINISHED, ending, event_id=event_id or str(uuid4()))
        await dealt_with.get()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(bus.consume(CALL_FINISHED, durable="window-scheduler", handler=handle, stop=stop))
        yield publish
        stop.set()


def ending(call, outcome, at=NOW + timedelta(minutes=10)):
    message = events.CallFinished(call_id=call.call_id, person_id=call.person_id, outcome=outcome, reason="said_so")
    message.finished_at.FromDatetime(at)
    return message


async def as_listed(api, call):
    [found] = (await api.calls.ListCalls(pb.ListCallsRequest(person_id=call.person_id))).calls
    return found


async def test_how_a_call_ended_is_kept_and_it_is_not_dialed_again(api, call, hear):
    await hear(ending(call, events.CALL_OUTCOME_REFLECTED))
    found = await as_listed(api, call)
    assert (found.outcome, found.reason) == ("CALL_OUTCOME_REFLECTED", "said_so")
    assert found.finished_at.ToDatetime(tzinfo=UTC) == NOW + timedelta(minutes=10)
    assert (await api.may_dial(call)).refusal == pb.DIAL_REFUSAL_CALL_FINISHED


async def test_news_that_comes_again_changes_nothing(api, call, hear):
    await hear(ending(call, events.CALL_OUTCOME_REFLECTED))
    first = await as_listed(api, call)
    await hear(ending(call, events.CALL_OUTCOME_REFLECTED))
    await hear(ending(call, events.CALL_OUTCOME_MISSED, at=NOW + timedelta(hours=2)))
    assert await as_listed(api, call) == first


async def test_who_asked_in_a_call_not_to_be_called_has_opted_out(api, call, hear, clock):
    await hear(ending(call, events.CALL_OUTCOME_OPTED_OUT))
    person = (await api.people.GetPerson(pb.GetPersonRequest(person_id=call.person_id))).person
    assert person.opted_out_at.ToDatetime(tzinfo=UTC) == NOW + timedelta(minutes=10)


async def test_an_opt_out_heard_twice_does_not_undo_a_new_consent(api, call, hear, clock):
    await hear(ending(call, events.CALL_OUTCOME_OPTED_OUT))
    clock.advance(timedelta(hours=1))
    request = pb.UpdatePersonRequest(
        person_id=call.person_id, consent=pb.Consent(wording_version="v2", channel="portal")
    )
    request.consent.given_at.FromDatetime(clock.now())
    await api.people.UpdatePerson(request)
    await hear(ending(call, events.CALL_OUTCOME_OPTED_OUT))
    person = (await api.people.GetPerson(pb.GetPersonRequest(person_id=call.person_id))).person
    assert not person.HasField("opted_out_at")


async def test_news_of_someone_who_is_gone_is_let_go(api, call, hear):
    await api.people.DeletePerson(pb.DeletePersonRequest(person_id=call.person_id))
    await hear(ending(call, events.CALL_OUTCOME_REFLECTED))


@pytest.mark.parametrize(
    "changes", [{"call_id": "nobody"}, {"outcome": events.CALL_OUTCOME_UNSPECIFIED}, {"outcome": 99}]
)
async def test_news_that_cannot_be_right_is_put_aside_and_the_next_is_heard(api, call, hear, nats_url, changes):
    wrong = ending(call, events.CALL_OUTCOME_REFLECTED)
    wrong.MergeFrom(events.CallFinished(**changes))
    if "outcome" in changes:
        wrong.outcome = changes["outcome"]
    await hear(wrong)
    await hear(ending(call, events.CALL_OUTCOME_BUSY))
    assert (await as_listed(api, call)).outcome == "CALL_OUTCOME_BUSY"
    client = await nats.connect(nats_url)
    subscription = await client.jetstream().pull_subscribe("deadletter.>", stream=DEAD_LETTERS_STREAM)
    [aside] = await subscription.fetch(1, timeout=20)
    await client.close()
    assert aside.headers["daybook-reason"].startswith(("call_id: ", "outcome: "))
