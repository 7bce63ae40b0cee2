"""While the carrier refuses the account nobody is dialed, but for one call now and then."""

from datetime import timedelta

import pytest

from call_dispatcher import metrics
from daybook.events.v1 import events_pb2

AUTHENTICATION = {"code": 20003, "message": "authenticate", "status": 401}
NO_NUMBER = {"code": 21211, "message": "no number", "status": 400}


async def refusals(house):
    return (await house.rows("SELECT refusals FROM carrier_rate"))[0].refusals


async def pause_goes_by(house):
    await house.rows("UPDATE carrier_rate SET paused_until = clock_timestamp() RETURNING 1")


async def test_when_the_account_is_refused_nobody_else_is_dialed_and_one_call_shows_when_it_is_taken_again(house, site):
    refused = await house.schedule(closes_in=timedelta(minutes=50))
    site.will_answer(401, **AUTHENTICATION)
    await house.dial()
    others = [await house.schedule() for _ in range(3)]
    await house.dial()
    assert (len(site.posts), await refusals(house)) == (1, 1)

    await pause_goes_by(house)
    site.will_answer(401, **AUTHENTICATION)
    await house.dial()
    assert (len(site.posts), await refusals(house)) == (2, 2)

    await pause_goes_by(house)
    await house.dial()  # taken: one call, and with its answer all that wait
    await house.later(minutes=2)
    assert len(site.posts) == 2 + 4
    assert await refusals(house) == 0
    assert {await house.state(call) for call in [refused, *others]} == {"active"}


async def test_none_of_a_calls_tries_is_used_up(house, site):
    call = await house.schedule()
    for _ in range(5):
        site.will_answer(401, **AUTHENTICATION)
        await house.later(minutes=2)
        await pause_goes_by(house)
    assert await house.state(call) == "pending"
    await house.later(minutes=2)
    assert await house.state(call) == "active"


async def test_several_refused_at_once_are_one_refusal(house, site):
    for _ in range(4):
        await house.schedule()
        site.will_answer(401, **AUTHENTICATION)
    await house.dial()
    assert len(site.posts) == 4
    assert await refusals(house) == 1


@pytest.mark.parametrize("code", [21215, 21219, 21211, 21214])
async def test_a_refusal_that_others_would_not_meet_pauses_nothing(house, site, code):
    for _ in range(2):
        await house.schedule()
    site.will_answer(400, **(NO_NUMBER | {"code": code}))
    await house.dial()
    assert len(site.posts) == 2
    assert await refusals(house) == 0


async def test_a_refusal_for_the_persons_sake_shows_that_the_account_is_taken(house, site):
    await house.schedule()
    site.will_answer(401, **AUTHENTICATION)
    await house.dial()
    await pause_goes_by(house)
    await house.schedule(closes_in=timedelta(minutes=1))
    site.will_answer(400, **NO_NUMBER)
    await house.dial()
    assert await refusals(house) == 0


async def test_what_could_not_be_dialed_for_it_ends_with_the_reason_and_is_told(house, site):
    await house.schedule(closes_in=timedelta(minutes=10))
    site.will_answer(401, **AUTHENTICATION)
    await house.dial()
    waits = await house.schedule(closes_in=timedelta(minutes=5))
    await house.later(minutes=5)
    [finished] = await house.finished()
    assert finished.call_id == waits.call_id
    assert (finished.outcome, finished.reason) == (
        events_pb2.CALL_OUTCOME_MISSED,
        "carrier_account_needs_operator",
    )
    assert metrics.account_refusals._value.get() == 1
