"""`daybook explain`: why a person was or was not called on a day, joined from what three services know."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Annotated

import grpc
import typer
from rich.console import Console
from rich.table import Table

from chassis.clock import SystemClock
from chassis.time_zones import zone_or_utc
from daybook.dispatcher.v1 import dispatcher_pb2 as dispatcher
from daybook.dispatcher.v1.dispatcher_pb2_grpc import DialsServiceStub
from daybook.journal.v1 import journal_pb2 as journal
from daybook.journal.v1.journal_pb2_grpc import JournalServiceStub
from daybook.scheduler.v1 import scheduler_pb2 as scheduler
from daybook.scheduler.v1.scheduler_pb2_grpc import CallsServiceStub
from daybook_cli.call_story import CallParts, Moment
from daybook_cli.day_story import Parts, as_json, day_story, verdict, zone_of
from daybook_cli.errors import CommandError
from daybook_cli.observations import DISPATCHER, JOURNAL, SCHEDULER
from daybook_cli.surroundings import Surroundings, find_surroundings, refusal

DAYS_LOOKED_BACK = 100
AWAY = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED})

console = Console(highlight=False)


def explain(
    person_id: str,
    day: Annotated[str, typer.Option(help="YYYY-MM-DD, as the person counts; today where none is named.")] = "",
    for_programs: Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")] = False,
) -> None:
    """Why a person was called on a day, or not: which window, which rule, which attempts, and what was kept."""
    parts = asyncio.run(gather_parts(find_surroundings(), person_id, day))
    moments = day_story(parts, now=SystemClock().now())
    told = parts.day
    if for_programs:
        head = {"person_id": person_id, "local_day": told.local_day, "time_zone": told.time_zone}
        print(json.dumps({**head, "verdict": verdict(parts), "story": as_json(moments)}, indent=2))
        return
    now = f", where it is {told.local_time} now" if told.local_time else ""
    console.print(f"{told.local_day} in {told.time_zone}{now}. {verdict(parts)}", style="bold", markup=False)
    console.print(_table(moments, zone_of(told)))


async def gather_parts(surroundings: Surroundings, person_id: str, day: str) -> Parts:
    """What each of the three says of a day. One that is away leaves its part out, but for window-scheduler.

    Raises:
        CommandError: there is no such person or day, or window-scheduler is away.
    """
    async with surroundings.channel(SCHEDULER) as channel:
        try:
            told = await CallsServiceStub(channel).ExplainDay(
                scheduler.ExplainDayRequest(person_id=person_id, local_day=day)
            )
        except grpc.aio.AioRpcError as error:
            raise CommandError(refusal(SCHEDULER, error)) from None
    calls = [*([told.call] if told.HasField("call") else []), *(test.call for test in told.test_calls)]
    if not calls:
        return Parts(told, dispatcher.Dial(), journal.EntrySummary())
    async with asyncio.TaskGroup() as asking:
        dialing = asking.create_task(_dials(surroundings, person_id))
        keeping = asking.create_task(_entries(surroundings, person_id, calls))
    dials, entries = dialing.result(), keeping.result()

    def dial_of(call: scheduler.ScheduledCall) -> dispatcher.Dial | None:
        return None if dials is None else dials.get(call.call_id, dispatcher.Dial())

    def entry_of(call: scheduler.ScheduledCall) -> journal.EntrySummary | None:
        return None if entries is None else entries.get(call.call_id, journal.EntrySummary())

    tests = [
        CallParts(test.call, test.authorizations, dial_of(test.call), entry_of(test.call)) for test in told.test_calls
    ]
    return Parts(told, dial_of(told.call), entry_of(told.call), tests)


async def _dials(surroundings: Surroundings, person_id: str) -> Mapping[str, dispatcher.Dial] | None:
    """What was decided and tried of late for a person's calls, by their ids."""
    request = dispatcher.ListDialsRequest(person_id=person_id, page_size=DAYS_LOOKED_BACK)
    async with surroundings.channel(DISPATCHER) as channel:
        try:
            return {dial.call_id: dial for dial in (await DialsServiceStub(channel).ListDials(request)).dials}
        except grpc.aio.AioRpcError as error:
            if error.code() in AWAY:
                return None
            raise CommandError(refusal(DISPATCHER, error)) from None


async def _entries(
    surroundings: Surroundings, person_id: str, calls: Sequence[scheduler.ScheduledCall]
) -> Mapping[str, journal.EntrySummary] | None:
    """The entries of calls, by the calls' ids, without their words. The newest come first: none is from before the calls."""
    request = journal.ListEntriesRequest(person_id=person_id)
    sought = {call.call_id for call in calls}
    first_ns = min(call.not_before.ToNanoseconds() for call in calls)
    found: dict[str, journal.EntrySummary] = {}
    async with surroundings.channel(JOURNAL) as channel:
        stub = JournalServiceStub(channel)
        try:
            while True:
                page = await stub.ListEntries(request)
                for entry in page.entries:
                    if entry.call_id in sought:
                        found[entry.call_id] = entry
                    elif entry.started_at.ToNanoseconds() < first_ns:
                        return found
                if not page.next_page_token or len(found) == len(sought):
                    return found
                request.page_token = page.next_page_token
        except grpc.aio.AioRpcError as error:
            if error.code() in AWAY:
                return None
            raise CommandError(refusal(JOURNAL, error)) from None


def _table(moments: list[Moment], time_zone: str) -> Table:
    zone = zone_or_utc(time_zone)
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(overflow="fold")
    for each in moments:
        at = "" if each.at is None else f"{each.at.astimezone(zone):%Y-%m-%d %H:%M:%S}"
        table.add_row(at, each.by, each.sentence.replace("[", r"\["))
    return table
