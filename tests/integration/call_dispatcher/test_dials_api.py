"""What operators are told of the dials: a person's calls with all that was tried and decided, and how the queue stands."""

from dataclasses import replace
from datetime import UTC, timedelta
from uuid import uuid4

import grpc
import pytest

from call_dispatcher.attempts import AttemptState, CarrierReported, Party, PartyAnswered, Reflection, ReflectionReported
from call_dispatcher.dials import Policy
from call_dispatcher.dials_api import DialsApi
from chassis.rpc import open_channel, serving_grpc
from daybook.dispatcher.v1 import dispatcher_pb2 as pb
from daybook.dispatcher.v1.dispatcher_pb2_grpc import DialsServiceStub, add_DialsServiceServicer_to_server
from daybook.scheduler.v1 import scheduler_pb2

SID = "CA" + "0" * 32


@pytest.fixture
async def asked(house):
    api = DialsApi(house.database, house.clock, Policy(calls_per_second=2.0, orchestrator="enhanced"))
    services = {"daybook.dispatcher.v1.DialsService": lambda server: add_DialsServiceServicer_to_server(api, server)}
    async with (
        serving_grpc(services, host="127.0.0.1", port=0) as port,
        open_channel(f"127.0.0.1:{port}") as channel,
    ):
        yield DialsServiceStub(channel)


async def dials_of(asked, call):
    return (await asked.ListDials(pb.ListDialsRequest(person_id=call.person_id))).dials


async def test_a_reflected_call_is_told_with_its_attempt_and_its_end(house, asked):
    call = await house.schedule()
    await house.dial()
    await house.hear(
        call,
        CarrierReported(SID, AttemptState.IN_PROGRESS, 2),
        PartyAnswered(SID, Party.HUMAN),
        ReflectionReported(SID, Reflection.COMPLETED),
        CarrierReported(SID, AttemptState.COMPLETED, 3),
    )
    [dial] = await dials_of(asked, call)
    assert (dial.call_id, dial.state, dial.outcome) == (call.call_id, "finished", "reflected")
    [attempt] = dial.attempts
    assert (attempt.number, attempt.state, attempt.carrier_call_id) == (1, "completed", SID)
    assert (attempt.answered_by, attempt.reflection, attempt.fault) == ("human", "completed", "")
    assert attempt.submitted_at.ToDatetime(tzinfo=house.clock.now().tzinfo) == house.clock.now()
    [decision] = dial.decisions
    assert (decision.decision, decision.reason) == ("finished_reflected", "reflection_completed")


async def test_a_call_that_was_moved_is_told_with_its_new_times_and_the_decision(house, asked):
    call = await house.schedule()
    opens = call.not_before + timedelta(hours=3)
    await house.announce(replace(call, not_before=opens, not_after=opens + timedelta(hours=1), revision=1))
    [dial] = await dials_of(asked, call)
    assert (dial.state, dial.not_before.ToDatetime(tzinfo=UTC)) == ("pending", opens)
    [decision] = dial.decisions
    assert (decision.decision, decision.reason, decision.attempt_number) == ("moved", "before_any_dial", 0)


async def test_the_newest_call_comes_first_and_a_page_bounds_them(house, asked):
    first = await house.schedule()
    house.clock.advance(timedelta(days=1))
    second = await house.schedule(person_id=first.person_id)
    assert [dial.call_id for dial in await dials_of(asked, first)] == [second.call_id, first.call_id]
    page = await asked.ListDials(pb.ListDialsRequest(person_id=first.person_id, page_size=1))
    assert [dial.call_id for dial in page.dials] == [second.call_id]


async def test_who_was_never_announced_has_no_dials(asked):
    assert (await asked.ListDials(pb.ListDialsRequest(person_id=str(uuid4())))).dials == []


@pytest.mark.parametrize("request_", [pb.ListDialsRequest(person_id="Quentin"), pb.ListDialsRequest(page_size=101)])
async def test_what_cannot_be_asked_is_refused(asked, request_):
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await asked.ListDials(request_)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "Quentin" not in str(refused.value.details())


async def test_a_rule_that_puts_a_call_off_is_told(house, asked, scheduler):
    answer = scheduler_pb2.AuthorizeDialResponse(refusal=scheduler_pb2.DIAL_REFUSAL_QUIET_HOURS)
    answer.retry_at.FromDatetime(house.clock.now() + timedelta(minutes=10))
    scheduler.refusals.append(answer)
    call = await house.schedule()
    await house.dial()
    [dial] = await dials_of(asked, call)
    assert (dial.state, [(it.decision, it.reason) for it in dial.decisions]) == (
        "pending",
        [("postponed", "quiet_hours")],
    )
    overview = await asked.GetOverview(pb.GetOverviewRequest())
    assert [(it.reason, it.calls) for it in overview.postponements] == [("quiet_hours", 1)]
    assert (overview.pending, overview.due, overview.HasField("oldest_due_at")) == (1, 0, False)


async def test_the_queue_tells_what_is_due_and_since_when(house, asked):
    await house.schedule()
    since = house.clock.now()
    house.clock.advance(timedelta(minutes=5))
    overview = await asked.GetOverview(pb.GetOverviewRequest())
    assert (overview.pending, overview.due, overview.live, overview.calls_per_second) == (1, 1, 0, 2.0)
    assert overview.oldest_due_at.ToDatetime(tzinfo=since.tzinfo) == since


async def test_a_refusal_of_the_carrier_is_told_with_whose_fault_it_is(house, asked, site):
    site.will_answer(400, code=21210, message="the caller id is not verified", status=400)
    await house.schedule()
    await house.dial()
    overview = await asked.GetOverview(pb.GetOverviewRequest())
    [failure] = overview.failures
    assert (failure.state, failure.fault, failure.error_code, failure.attempts) == ("rejected", "operator", 21210, 1)
    assert overview.dialed_last_minute == 1


async def test_an_unknown_outcome_is_told_with_its_age_and_yesterday_is_not(house, asked, site):
    call = await house.schedule()
    attempt = await house.begun(call)
    overview = await asked.GetOverview(pb.GetOverviewRequest())
    assert (overview.live, overview.unknown) == (1, 1)
    assert overview.oldest_unknown_at.ToDatetime(tzinfo=attempt.submitted_at.tzinfo) == attempt.submitted_at
    ended = await house.schedule(closes_in=timedelta(minutes=1))
    await house.later(minutes=2)
    assert await house.state(ended) == "finished"
    overview = await asked.GetOverview(pb.GetOverviewRequest())
    assert ("missed", "window_closed") in {(it.outcome, it.reason) for it in overview.endings}
    house.clock.advance(timedelta(days=2))
    assert not (await asked.GetOverview(pb.GetOverviewRequest())).endings
