"""What is known of a person's day, gathered from those who know a part of it each. A part that does not answer is missing."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import TypeVar
from uuid import UUID

import structlog

from chassis.errors import Unavailable
from daybook.dispatcher.v1 import dispatcher_pb2 as dispatcher
from daybook.journal.v1 import finding_pb2 as journal
from daybook.scheduler.v1 import scheduler_pb2 as scheduler
from portal.call_story import MAKE_ENTRIES, CallParts
from portal.day_story import DayParts, zone_of
from portal.dispatcher import Dispatcher
from portal.kept_calls import KeptCalls
from portal.scheduler import Scheduler

log = structlog.get_logger()

Heard = Callable[[str], Mapping[str, dispatcher.Attempt]]
"""What was heard on the bus of the attempts of a call, by their ids."""
AnswerT = TypeVar("AnswerT")


class Days:
    def __init__(self, scheduler: Scheduler, dispatcher: Dispatcher, kept: KeptCalls, heard: Heard) -> None:
        self._scheduler = scheduler
        self._dispatcher = dispatcher
        self._kept = kept
        self._heard = heard

    async def parts(self, person_id: UUID, day: date | None) -> DayParts:
        """
        Args:
            person_id: whose.
            day: None: today, where they are.

        Raises:
            PersonDeleted: they were.
            Unavailable: window-scheduler does not answer; without the others there is something to tell.
        """
        explained = await self._scheduler.explain(person_id, day)
        calls = ([explained.call] if explained.HasField("call") else []) + [each.call for each in explained.test_calls]
        dials: Mapping[str, dispatcher.Dial] | None = {}
        entries: Mapping[str, journal.BrowsedEntry] | None = {}
        if calls:
            dials, entries = await asyncio.gather(
                _or_none(self._dispatcher.dials(person_id)), _or_none(self._entries(person_id, explained, calls))
            )

        def parts_of(call: scheduler.ScheduledCall) -> CallParts:
            return CallParts(
                call=call,
                dial=None if dials is None else dials.get(call.call_id, dispatcher.Dial()),
                entry=None if entries is None else entries.get(call.call_id, journal.BrowsedEntry()),
                heard=self._heard(call.call_id),
            )

        return DayParts(
            day=explained,
            call=parts_of(explained.call) if explained.HasField("call") else None,
            others=[parts_of(each.call) for each in explained.test_calls],
        )

    async def _entries(
        self, person_id: UUID, explained: scheduler.ExplainDayResponse, calls: list[scheduler.ScheduledCall]
    ) -> Mapping[str, journal.BrowsedEntry]:
        """The journal notes who asked it: it is asked where there is something to find."""
        if not any(call.outcome in MAKE_ENTRIES for call in calls):
            return {}
        return await self._kept.entries(person_id, date.fromisoformat(explained.local_day), zone_of(explained))


async def _or_none(answer: Awaitable[AnswerT]) -> AnswerT | None:
    try:
        return await answer
    except Unavailable as error:
        log.warning("day.part_missing", reason=str(error))
        return None
