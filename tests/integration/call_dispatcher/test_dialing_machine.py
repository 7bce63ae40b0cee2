"""Promises 2 to 4 over whatever may happen to calls, in any order: answers of the carrier, crashes of the dialer, the sweep and
the intake at any await, two dialers at once, callbacks of which none, some or all come, late, twice and out of order, outages.

After each step the carrier's own count says that nobody was dialed twice, and no attempt that it took is recorded as one that it
did not take. In the end all is mended and time passes: each call has ended, once, and each attempt as the carrier says.
"""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta

import asyncpg
import pytest
from carrier_in_doubt import (
    ANSWERS,
    STORY,
    UNANSWERED,
    CarrierInDoubt,
    Plan,
    Processes,
    doubled,
    event,
    party,
    pause_is_over,
    reflection,
    status,
    telling,
    wrongs,
)
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from interleaving import WHERE_THEY_ARE_KILLED, in_turns, machine_settings, steppable

from daybook.scheduler.v1 import scheduler_pb2

PICKED_UP = (status("INITIATED", 0), status("RINGING", 1), status("IN_PROGRESS", 2))
STORIES = [
    STORY,
    (*STORY[:4], party("HUMAN"), STORY[4]),
    (*PICKED_UP, reflection("STARTED"), reflection("CUT_SHORT"), status("COMPLETED", 3)),
    (*PICKED_UP, reflection("OPTED_OUT"), status("COMPLETED", 3)),
    (*PICKED_UP, status("COMPLETED", 3), party("MACHINE")),
    (*PICKED_UP, status("COMPLETED", 3)),
    (status("INITIATED", 0), status("RINGING", 1), status("BUSY", 2)),
    (status("INITIATED", 0), status("RINGING", 1), status("NO_ANSWER", 2)),
    (status("INITIATED", 0), status("FAILED", 1)),
]
QUICK_ANSWERS = [answer for answer in ANSWERS.values() if answer.status != UNANSWERED]
"""All but those that are waited for."""

plans = st.builds(
    lambda answer, story, told: Plan(answer, story, before=story[:told]),
    st.sampled_from(QUICK_ANSWERS),
    st.sampled_from(STORIES),
    st.integers(0, 6),
)
steps = st.integers(1, 90)
NOT_TAKEN = {"rejected", "not_placed", "turned_away"}


class AnyDialing(RuleBasedStateMachine):
    """Calls, what happens to them, and to those who dial them."""

    def __init__(self, world: "World") -> None:
        super().__init__()
        self.world = world
        self.act(world.begin_anew())

    def act(self, coroutine: Coroutine[object, object, object]) -> None:
        self.world.run(pause_is_over(self.world.house))
        self.world.run(coroutine)
        self.world.run(self.world.look())

    @rule(person=st.integers(0, 1), minutes=st.sampled_from([30, 2, 10]), plan=plans)
    def is_scheduled(self, person, minutes, plan):
        self.act(self.world.schedule(person, minutes, plan))

    @initialize(plan=plans)
    def begins(self, plan):
        self.is_scheduled_and_dialed(plan)

    @rule(plan=plans)
    def is_scheduled_and_dialed(self, plan):
        self.is_scheduled(0, 30, plan)
        self.act(self.world.house.dial())

    @rule(plan=plans, steps=steps)
    def is_scheduled_and_its_dialer_is_killed(self, plan, steps):
        self.is_scheduled(1, 30, plan)
        self.dialer_is_killed(steps)

    @rule(steps=steps)
    def dialer_is_killed(self, steps):
        self.act(self.world.processes.run(lambda house: house.dial(), steps=steps))

    @rule(steps=steps)
    def sweep_is_killed(self, steps):
        self.act(self.world.processes.run(lambda house: house.sweep.sweep(), steps=steps))

    @rule(turns=st.lists(st.integers(1, 30), min_size=1, max_size=6), sweeping=st.booleans())
    def two_at_once(self, turns, sweeping):
        self.act(self.world.two_at_once(turns, sweeping=sweeping))

    @rule(seconds=st.sampled_from([30, 15, 60, 120, 600]))
    def goes_on(self, seconds):
        self.act(self.world.house.later(seconds=seconds))

    @rule(seconds=st.sampled_from([30, 5, 60]), part=st.sampled_from(["site", "scheduler"]))
    def goes_on_in_an_outage(self, seconds, part):
        self.act(self.world.later_without(part, seconds))

    @rule(which=st.integers(0, 9), by=st.integers(1, 6))
    def call_goes_on(self, which, by):
        placed = self.placed(which)
        if placed is not None:
            self.world.carrier.goes_on(placed, min(placed.passed + by, len(placed.plan.story)))

    @rule(which=st.integers(0, 9), told=st.integers(0, 9))
    def is_told(self, which, told):
        placed = self.placed(which)
        if placed is not None and placed.passed:
            self.act(self.world.carrier.tell(placed, placed.plan.story[told % placed.passed]))

    @rule(which=st.integers(0, 9), told=st.integers(0, 9), steps=steps)
    def intake_is_killed(self, which, told, steps):
        placed = self.placed(which)
        if placed is not None and placed.passed:
            self.act(self.world.intake_is_killed(placed, placed.plan.story[told % placed.passed], steps))

    def placed(self, which):
        """One of the calls that the carrier has. That it has any is no precondition: who is killed may have placed one or not."""
        placed = self.world.carrier.placed
        return placed[-1 - which % len(placed)] if placed else None

    @rule(rule=st.sampled_from(["QUIET_HOURS", "WINDOW_CLOSED", "OPTED_OUT"]))
    def scheduler_refuses(self, rule):
        self.act(self.world.refuse_next(rule))

    def teardown(self):
        self.world.run(self.world.mend_and_see())


class World:
    """One dispatcher that lives, on a carrier in doubt; driven from another thread."""

    def __init__(self, house, url, control, loop) -> None:
        self.house = house
        self._url = url
        self._control = control
        self._loop = loop

    def run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    async def begin_anew(self) -> None:
        await self._control.execute(
            "DELETE FROM outbox; DELETE FROM decisions; DELETE FROM attempts; DELETE FROM calls"
        )
        house = self.house
        house.clock.advance(timedelta(days=1))
        house.site.calls.clear()
        house.scheduler.refusals.clear()
        self.carrier = CarrierInDoubt(house.site, telling(house))
        self.carrier.nobody_waits.set()
        self.processes = Processes(house, self.carrier, self._url, self._control)
        self.call_ids = []

    async def schedule(self, person, minutes, plan) -> None:
        call = await self.house.schedule(
            closes_in=timedelta(minutes=minutes), person_id=f"00000000-0000-4000-8000-00000000000{person}"
        )
        self.carrier.plan(call.call_id, plan)
        self.call_ids.append(call.call_id)

    async def two_at_once(self, turns, *, sweeping) -> None:
        other = self.house.replica(self.house.database)
        both = [self.house.dial(), other.sweep.sweep() if sweeping else other.dial()]
        for failed in await in_turns(both, turns):
            if isinstance(failed, BaseException):
                raise failed
        other.carrier.close()

    async def later_without(self, part, seconds) -> None:
        """Time passes while the carrier answers no question, or window-scheduler none."""
        part = {"site": self.house.site, "scheduler": self.house.scheduler}[part]
        part.down = True
        await self.house.later(seconds=seconds)
        part.down = False

    async def intake_is_killed(self, placed, told, steps) -> None:
        """And the bus hands it over again."""
        await self.processes.run(lambda house: telling(house)(event(placed, told)), steps=steps)
        await self.carrier.tell(placed, told)

    async def refuse_next(self, rule) -> None:
        answer = scheduler_pb2.AuthorizeDialResponse(refusal=scheduler_pb2.DialRefusal.Value(f"DIAL_REFUSAL_{rule}"))
        if rule == "QUIET_HOURS":
            answer.retry_at.FromDatetime(self.house.clock.now() + timedelta(minutes=3))
        self.house.scheduler.refusals.append(answer)

    async def look(self) -> None:
        assert list(doubled(self.carrier)) == []
        states = {row.attempt_id: row.state for row in await self.house.rows("SELECT attempt_id, state FROM attempts")}
        taken_for_not = [each.attempt_id for each in self.carrier.placed if states[each.attempt_id] in NOT_TAKEN]
        assert taken_for_not == []

    async def mend_and_see(self) -> None:
        """All that is still told of calls is told, and time passes until all calls must have ended."""
        house = self.house
        house.scheduler.refusals.clear()
        for _ in range(40):
            await self.carrier.end_calls()
            await pause_is_over(house)
            await house.later(minutes=2)
            await self.look()
            if not await house.rows("SELECT 1 FROM calls WHERE state <> 'finished'"):
                break
        await self.carrier.end_calls()
        await house.later(minutes=10)
        await house.later(minutes=10)
        assert await wrongs(house, self.carrier, self.call_ids) == []


pytestmark = WHERE_THEY_ARE_KILLED


@pytest.fixture
async def in_the_world(house, database_url):
    """Runs a machine in a thread of its own, and the world on the loop of the test."""
    loop = asyncio.get_running_loop()
    loop.set_task_factory(steppable)
    control = await asyncpg.connect(database_url, server_settings={"search_path": "call_dispatcher"})
    world = World(house, database_url, control, loop)

    async def run(examples, steps, *, derandomize=False):
        await asyncio.to_thread(
            run_state_machine_as_test,
            lambda: AnyDialing(world),
            settings=machine_settings(examples, steps, derandomize=derandomize),
        )

    yield run
    await control.close()


@pytest.mark.timeout(600)
async def test_whatever_happens_nobody_is_dialed_twice_and_each_call_ends_once(in_the_world):
    # the same each time: what others a longer run draws, it is there to find
    await in_the_world(examples=8, steps=20, derandomize=True)


@pytest.mark.endurance
@pytest.mark.timeout(6 * 3600)
async def test_whatever_happens_at_length(in_the_world):
    await in_the_world(examples=2000, steps=50)
