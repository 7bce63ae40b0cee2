"""Promise 4, exhaustively: each answer of the carrier, a crash at each await of the dial, each order of the callbacks.

For each of these, the carrier's own count says that nobody was dialed twice for one attempt or while another call to them was
under way; no call that it took is recorded as anything but what it was; and the call ended once, as it should have.

A crash is a process whose connections to PostgreSQL are cut after so many steps (`interleaving`). Each of them has a call of
its own, and what they leave is taken up by one that lives on. What a process had asked the carrier for, the carrier does.
"""

import asyncio
from itertools import count, cycle

import asyncpg
import pytest
from carrier_in_doubt import ANSWERS, ORDERS, CarrierInDoubt, Plan, Processes, pause_is_over, telling, wrongs
from interleaving import WHERE_THEY_ARE_KILLED, steppable

from daybook.events.v1 import events_pb2 as pb

pytestmark = WHERE_THEY_ARE_KILLED

ENDLESS = 10**9
"""Steps, for a process that is not killed."""

LEFT_BY = {
    "accepted, then dropped": "submission_unknown",
    "500": "submission_unknown",
    "429": "turned_away",
    "400, the person's": "rejected",
    "400, one more try": "rejected",
    "400, the operator's": "rejected",
    "400, not known": "rejected",
}
"""The answers that `make test` looks at, and the state in which a process that gets them leaves its attempt."""


class Dials:
    """Dials of one call each, by processes that are killed.

    Attributes:
        plans: what the carrier was to do with each call, by the call's id.
        left: the states in which the attempts were found when their processes were dead, or none.
    """

    def __init__(self, house, carrier, processes) -> None:
        self._house = house
        self._carrier = carrier
        self._processes = processes
        self.plans = {}
        self.left = []

    async def dial(self, plan, *, steps: int) -> bool:
        """Dials a call in a process that is killed after so many steps. True where it came to its end before."""
        call = await self._house.schedule()
        self.plans[call.call_id] = plan
        self._carrier.plan(call.call_id, plan)
        ended = await self._processes.run(lambda each: each.dial(), steps=steps)
        rows = await self._house.rows(f"SELECT state FROM attempts WHERE call_id = '{call.call_id}'")
        self.left.append(rows[0].state if rows else None)
        await self._carrier.end_calls()
        return ended

    async def at_each_step(self, plans, *, first: int = 1) -> None:
        """At each of them by one of the plans, in turn; and then each plan without a kill."""
        for steps, plan in zip(count(first), cycle(plans)):
            if await self.dial(plan, steps=steps):
                break
        for plan in plans:
            assert await self.dial(plan, steps=ENDLESS)

    async def first_step_to_store(self, plan, at_most: int = 128) -> int:
        """After how many steps an attempt may be left behind, at the earliest."""
        fewer = 0
        while at_most - fewer > 1:
            steps = (fewer + at_most) // 2
            await self.dial(plan, steps=steps)
            fewer, at_most = (steps, at_most) if self.left[-1] is None else (fewer, steps)
        return at_most - 1  # one less, for what the network did when it was looked for

    async def until_all_are_finished(self) -> None:
        """Time passes, and one that lives on sweeps and dials what is due."""
        for _ in range(200):
            if not await self._house.rows("SELECT 1 FROM calls WHERE state <> 'finished'"):
                return
            await pause_is_over(self._house)
            await self._house.later(seconds=30)
            await self._carrier.end_calls()

    async def assert_all_is_well(self) -> None:
        await self.until_all_are_finished()
        assert await wrongs(self._house, self._carrier, list(self.plans)) == []
        ended = {each.call_id: each.outcome for each in await self._house.finished()}
        unexpected = {
            call_id: outcome for call_id, outcome in ended.items() if outcome not in outcomes_of(self.plans[call_id])
        }
        assert unexpected == {}


def outcomes_of(plan):
    if plan.answer == ANSWERS["400, the person's"]:
        return {pb.CALL_OUTCOME_FAILED}
    told = plan.before or plan.after
    outcome = pb.CALL_OUTCOME_REFLECTED if told else pb.CALL_OUTCOME_ANSWERED_SILENT
    # an attempt that was stored and never sent counts as the first of two
    once_more = {pb.CALL_OUTCOME_FAILED} if plan.answer == ANSWERS["400, one more try"] else set()
    return {outcome} | once_more


@pytest.fixture
async def dials(house, site, database_url):
    asyncio.get_running_loop().set_task_factory(steppable)
    control = await asyncpg.connect(database_url)
    carrier = CarrierInDoubt(site, telling(house))
    yield Dials(house, carrier, Processes(house, carrier, database_url, control))
    await control.close()


def plans_of(answer):
    """In each order; where no call is made that one could tell of, the order is that of the next attempt."""
    orders = ORDERS if ANSWERS[answer].takes else ["after the answer"]
    return [Plan.in_order(ANSWERS[answer], order) for order in orders]


@pytest.mark.timeout(300)
async def test_a_call_that_is_taken_is_made_once_whenever_its_process_dies_and_in_whichever_order_it_is_told_of(
    dials,
) -> None:
    first_order, *others = plans_of("201")
    await dials.at_each_step([first_order])
    assert list(dict.fromkeys(dials.left)) == [None, "submitting", "completed"]
    first = dials.left.index("submitting")
    for plan in others:
        await dials.at_each_step([plan], first=first)
    await dials.assert_all_is_well()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("answer", LEFT_BY)
async def test_whatever_the_carrier_answers_and_whenever_the_process_dies_nobody_is_dialed_twice(dials, answer) -> None:
    """At each await from the one that stores the attempt on: who dies before leaves nothing that an answer could befall."""
    plans = plans_of(answer)
    await dials.at_each_step(plans, first=await dials.first_step_to_store(plans[0]))
    assert {"submitting", LEFT_BY[answer]} <= set(dials.left)
    await dials.assert_all_is_well()


@pytest.mark.endurance
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("answer", ANSWERS)
async def test_each_answer_at_each_await_in_each_order(dials, answer, order) -> None:
    await dials.at_each_step([Plan.in_order(ANSWERS[answer], order)])
    await dials.assert_all_is_well()
