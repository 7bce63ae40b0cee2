"""A process that stands still, a SIGSTOP or a paused machine long, and then goes on as if nothing had been."""

import asyncio
from contextlib import closing

import pytest
from carrier_in_doubt import ANSWERS, CarrierInDoubt, Plan, telling, wrongs
from interleaving import Process, steppable
from starlette.responses import JSONResponse

from call_dispatcher.attempts import AttemptState, CarrierReported, Reflection, ReflectionReported
from chassis.database import DatabaseUnavailable
from daybook.events.v1 import events_pb2 as pb

SID = f"CA{0:032x}"
RATE_TO_BE_HAD = "SELECT 1 FROM carrier_rate FOR UPDATE SKIP LOCKED"


@pytest.fixture
async def carrier(house, site):
    asyncio.get_running_loop().set_task_factory(steppable)
    return CarrierInDoubt(site, telling(house))


async def halts_before_its_post(house, site, call, process, *, steps):
    """Lets it store its attempt and take so many steps more. Returns whether it has not sent its POST by then."""
    posts = len(site.posts)
    stored = 0
    while stored <= steps:
        process.grant(1)
        await process.until_halted()
        stored += bool(await house.rows(f"SELECT 1 FROM attempts WHERE call_id = '{call.call_id}'"))
    return len(site.posts) == posts


async def test_who_stands_still_before_the_post_until_another_attempt_was_made_does_not_send_it(
    house, site, carrier
) -> None:
    calls = []
    halted = True
    while halted:
        call = await house.schedule()
        carrier.plan(call.call_id, Plan.in_order(ANSWERS["201"], "after the answer"))
        other = house.replica(house.database)
        with closing(other.carrier):
            async with Process(other.dial()) as process:
                halted = await halts_before_its_post(house, site, call, process, steps=len(calls))
                if halted:
                    calls.append(call)
                    await house.later(seconds=30)
                    assert (await house.attempt(call, 2)).state is AttemptState.ACCEPTED
                process.grant(None)
                await process.main
        if halted:
            assert (await house.attempt(call, 1)).state is AttemptState.NOT_PLACED
            await carrier.end_calls()
    assert calls
    await carrier.end_calls()
    assert await wrongs(house, carrier, [each.call_id for each in [*calls, call]]) == []
    assert {placed.attempt_id for placed in carrier.placed} == {f"{each.call_id}.2" for each in calls} | {
        f"{call.call_id}.1"
    }


async def test_who_stands_still_with_the_rate_in_hand_keeps_the_others_from_dialing_for_a_moment_alone(house) -> None:
    asyncio.get_running_loop().set_task_factory(steppable)
    await house.schedule()
    other = house.replica(house.database)
    with closing(other.carrier):
        async with Process(other.turns.take(1)) as process:
            while await house.rows(RATE_TO_BE_HAD):
                process.grant(1)
                await process.until_halted()
            # it is woken by nobody but PostgreSQL, which ends its session
            taken = await house.turns.take(1)
            assert len(taken.turns) == 1
            process.grant(None)
            with pytest.raises(DatabaseUnavailable):
                await process.main


async def test_an_answer_that_comes_after_all_that_followed_moves_nothing_back(house, site) -> None:
    call = await house.schedule()
    taken, may_answer = asyncio.Event(), asyncio.Event()

    async def late(_request, form):
        placed = site.place(form)
        taken.set()
        await may_answer.wait()
        return JSONResponse(placed, status_code=201)

    site.script = late
    other = house.replica(house.database)
    with closing(other.carrier):
        dial = asyncio.create_task(other.dial())
        await taken.wait()
        await house.later(seconds=30)
        assert (await house.attempt(call)).state is AttemptState.ACCEPTED
        await house.hear(
            call, ReflectionReported(SID, Reflection.COMPLETED), CarrierReported(SID, AttemptState.COMPLETED, 3)
        )
        before = await house.attempt(call)
        may_answer.set()
        await dial
    assert (await house.attempt(call)).state is before.state
    [finished] = await house.finished()
    assert finished.outcome == pb.CALL_OUTCOME_REFLECTED
    assert len(site.calls) == 1


async def test_an_answer_that_comes_after_somebody_picked_up_moves_nothing_back(house, site) -> None:
    call = await house.schedule()

    async def late(_request, form):
        placed = site.place(form)
        await house.hear(call, CarrierReported(SID, AttemptState.IN_PROGRESS, 2))
        return JSONResponse(placed, status_code=201)

    site.script = late
    await house.dial()
    attempt = await house.attempt(call)
    assert (attempt.state, attempt.last_sequence, attempt.carrier_call_id) == (AttemptState.IN_PROGRESS, 2, SID)
