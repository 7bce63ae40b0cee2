"""So many calls at once in a whole Daybook: whenever one is over it is looked at, to the word, and another begins."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from itertools import cycle
from typing import Any

from nats.aio.msg import Msg
from whole_daybook import Person, WholeDaybook, assert_every_word_is_kept, assert_kept_until

from chassis.events import CALL_DIALED, CALL_FINISHED
from chassis.nats_access import connect_nats
from daybook.events.v1 import events_pb2 as events
from daybook.scheduler.v1 import scheduler_pb2 as scheduler
from daybook.scheduler.v1.scheduler_pb2_grpc import CallsServiceStub

HANGS_UP = "hangs_up_mid_sentence"
OUTCOMES = {events.CALL_OUTCOME_REFLECTED, events.CALL_OUTCOME_CUT_SHORT}
"""Where a busy machine has no verdict in time, a call is brought to a close that had come to its end."""


class CallsWithoutEnd:
    """
    Attributes:
        begun, ended: how many calls.
        connected_ms: how long all that ended were connected, in the callers' time.
    """

    def __init__(self, daybook: WholeDaybook) -> None:
        self.begun = 0
        self.ended = 0
        self.connected_ms = 0
        self._daybook = daybook
        self._carrier_ids: dict[str, str] = {}
        self._finished: dict[str, asyncio.Future[events.CallFinished]] = {}

    async def hear(self, message: Msg) -> None:
        if message.subject == CALL_DIALED.subject:
            dialed = events.CallDialed.FromString(message.data)
            self._carrier_ids[dialed.person_id] = dialed.carrier_call_id
            return
        finished = events.CallFinished.FromString(message.data)
        if finished.person_id in self._finished:  # the others are another test's
            self._finished[finished.person_id].set_result(finished)

    async def keep(self, lines: int, people: Iterable[str], *, more: Callable[[], bool], **overrides: object) -> None:
        """Has a call on each line, and another when it is over, as long as there are to be more.

        Args:
            people: the personas that are rung, one after another and then again.
            overrides: what is otherwise with all of them.
        """
        personas = cycle(people)

        async def line() -> None:
            while more():
                await self.ring(next(personas), **overrides)

        async with asyncio.TaskGroup() as tasks:
            for _ in range(lines):
                tasks.create_task(line())

    async def ring(self, persona: str, **overrides: object) -> None:
        """One call, from its beginning to what is kept of it."""
        self.begun += 1
        person = await self._daybook.somebody(persona, **overrides)
        finished = self._finished[person.person_id] = asyncio.get_running_loop().create_future()
        asked = scheduler.CallNowRequest(person_id=person.person_id)
        await CallsServiceStub(self._daybook.scheduler).CallNow(asked)
        outcome = (await finished).outcome
        address = f"/emulator/calls/{self._carrier_ids.pop(person.person_id)}"
        call = (await self._daybook.emulator.get(address)).json()
        await self._look_at(person, persona, outcome, call)
        (await self._daybook.emulator.delete(address)).raise_for_status()
        del self._finished[person.person_id]
        self.ended += 1
        self.connected_ms += call["connected_ms"]

    async def _look_at(self, person: Person, persona: str, outcome: int, call: Mapping[str, Any]) -> None:
        assert outcome in OUTCOMES, call
        assert (call["streams"], call["debugger"]) == (1, []), call
        entry = await self._daybook.entry(person)  # the only one
        assert [turn.sequence for turn in entry.turns] == list(range(len(entry.turns)))
        if persona == HANGS_UP:
            assert_kept_until(call["said"][-1]["start_ms"], entry, call)  # which they break off
        else:
            assert_every_word_is_kept(entry, call)


@asynccontextmanager
async def calls_without_end(daybook: WholeDaybook) -> AsyncIterator[CallsWithoutEnd]:
    calls = CallsWithoutEnd(daybook)
    listener = await connect_nats(daybook.stack.nats_access("toolbox"), name="calls-without-end")
    for event in (CALL_DIALED, CALL_FINISHED):
        await listener.subscribe(event.subject, cb=calls.hear)
    await listener.flush()
    try:
        yield calls
    finally:
        await listener.close()
