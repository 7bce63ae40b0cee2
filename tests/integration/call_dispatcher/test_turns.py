"""The carrier's rate, shared by all dispatchers, and whose turn is next."""

import asyncio
from datetime import timedelta
from itertools import pairwise

from call_dispatcher.rate import LATE_AT_MOST, spacing_of
from call_dispatcher.store import locked_call
from daybook.scheduler.v1.scheduler_pb2 import DIAL_REFUSAL_OPTED_OUT, AuthorizeDialResponse


async def next_slot_at(house):
    return (await house.rows("SELECT next_slot_at FROM carrier_rate"))[0].next_slot_at


async def test_dispatchers_share_one_rate_and_no_slot_is_had_twice(open_house):
    houses = [await open_house(calls_per_second=200) for _ in range(3)]
    for _ in range(30):
        await houses[0].schedule()

    turns = []

    async def take_all(house):
        while len(turns) < 30:
            taken = await house.turns.take(3)
            turns.extend(taken.turns)
            if taken.slot_in is not None:
                await asyncio.sleep(taken.slot_in.total_seconds())

    await asyncio.gather(*(take_all(house) for house in houses))
    slots = sorted(turn.slot.at for turn in turns)
    assert len({turn.due.call_id for turn in turns}) == len(turns) == 30
    assert min(after - before for before, after in pairwise(slots)) >= timedelta(milliseconds=5)


async def test_the_slots_go_by_deadline(open_house):
    house = await open_house(calls_per_second=1000)
    calls = [await house.schedule(closes_in=timedelta(minutes=minutes)) for minutes in (50, 10, 30, 20, 40)]
    taken = await house.turns.take(5)
    assert [turn.due.call_id for turn in taken.turns] == [calls[n].call_id for n in (1, 3, 2, 4, 0)]
    assert [turn.slot.at for turn in taken.turns] == sorted(turn.slot.at for turn in taken.turns)


async def test_what_comes_in_with_an_earlier_deadline_has_the_next_slot(open_house):
    house = await open_house(calls_per_second=2)
    [first, second] = [await house.schedule(closes_in=timedelta(minutes=minutes)) for minutes in (20, 30)]
    taken = await house.turns.take(8)
    assert [turn.due.call_id for turn in taken.turns] == [first.call_id]
    taken = await house.turns.take(8)
    assert taken.turns == ()
    urgent = await house.schedule(closes_in=timedelta(minutes=1))
    await asyncio.sleep(taken.slot_in.total_seconds())
    taken = await house.turns.take(8)
    assert [turn.due.call_id for turn in taken.turns] == [urgent.call_id]
    assert second.call_id not in {turn.due.call_id for turn in taken.turns}


async def test_where_nothing_is_due_no_slot_is_taken(open_house):
    house = await open_house(calls_per_second=1)
    before = await next_slot_at(house)
    assert (await house.turns.take(8)).turns == ()
    assert await next_slot_at(house) == before


async def test_a_slot_given_back_is_the_next_one(open_house):
    house = await open_house(calls_per_second=1)
    await house.schedule()
    [turn] = (await house.turns.take(1)).turns
    await house.turns.give_back(turn.slot)
    assert await next_slot_at(house) == turn.slot.at


async def test_a_slot_given_back_after_the_next_was_taken_is_gone(open_house):
    house = await open_house(calls_per_second=100)
    for _ in range(2):
        await house.schedule()
    first, second = (await house.turns.take(2)).turns
    await house.turns.give_back(first.slot)
    assert await next_slot_at(house) == second.slot.at + spacing_of(100)


async def test_a_refused_call_leaves_its_slot_to_the_next(open_house, site, scheduler):
    house = await open_house(calls_per_second=1)
    for _ in range(2):
        await house.schedule()
    scheduler.refusals.append(AuthorizeDialResponse(refusal=DIAL_REFUSAL_OPTED_OUT))
    await house.dial()
    assert len(site.posts) == 1


async def test_a_slot_that_only_refused_calls_had_is_given_back(open_house, site, scheduler):
    house = await open_house(calls_per_second=0.01)
    await house.schedule()
    scheduler.refusals.append(AuthorizeDialResponse(refusal=DIAL_REFUSAL_OPTED_OUT))
    await house.dial()
    [rate] = await house.rows("SELECT next_slot_at < clock_timestamp() AS open FROM carrier_rate")
    assert rate.open


async def test_a_call_whose_slot_went_by_while_the_scheduler_was_asked_has_another(open_house, site):
    house = await open_house(calls_per_second=20)
    call = await house.schedule()
    async with house.asking():
        first = await next_slot_at(house)
        await asyncio.sleep(LATE_AT_MOST.total_seconds() * 2)
    assert len(site.posts) == 1
    assert await house.state(call) == "active"
    assert await next_slot_at(house) >= first + spacing_of(20)


async def test_a_call_whose_slot_went_by_while_its_attempt_was_stored_has_another(open_house, site, scheduler):
    house = await open_house(calls_per_second=20)
    call = await house.schedule()
    scheduler.may_answer.clear()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(house.dial())
        await scheduler.question.wait()
        first = await next_slot_at(house)
        async with house.database.transaction() as other:
            await locked_call(other, call.call_id)
            scheduler.may_answer.set()
            await asyncio.sleep(LATE_AT_MOST.total_seconds() * 2)
        assert site.posts == []
    assert len(site.posts) == 1
    assert await house.state(call) == "active"
    assert await next_slot_at(house) >= first + spacing_of(20)


async def test_a_turn_that_nothing_became_of_comes_again(open_house, site):
    house = await open_house()
    await house.schedule()
    assert len((await house.turns.take(8)).turns) == 1
    assert (await house.turns.take(8)).turns == ()
    await house.later(seconds=20)
    assert len(site.posts) == 1
