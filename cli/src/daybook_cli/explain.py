"""`daybook explain`: why a person was or was not called on a day, joined from what three services know."""

import asyncio
import json
from typing import Annotated
from zoneinfo import ZoneInfo

import grpc
import typer
from rich.console import Console
from rich.table import Table

from chassis.clock import SystemClock
from daybook.dispatcher.v1 import dispatcher_pb2 as dispatcher
from daybook.dispatcher.v1.dispatcher_pb2_grpc import DialsServiceStub
from daybook.journal.v1 import journal_pb2 as journal
from daybook.journal.v1.journal_pb2_grpc import JournalServiceStub
from daybook.scheduler.v1 import scheduler_pb2 as scheduler
from daybook.scheduler.v1.scheduler_pb2_grpc import CallsServiceStub
from daybook_cli.day_story import Moment, Parts, as_json, day_story, verdict
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
    console.print(_table(moments, told.time_zone if told.local_time else "UTC"))


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
    if not told.HasField("call"):
        return Parts(told, dispatcher.Dial(), journal.EntrySummary())
    async with asyncio.TaskGroup() as asking:
        dial = asking.create_task(_dial(surroundings, person_id, told.call.call_id))
        entry = asking.create_task(_entry(surroundings, person_id, told.call))
    return Parts(told, dial.result(), entry.result())


async def _dial(surroundings: Surroundings, person_id: str, call_id: str) -> dispatcher.Dial | None:
    request = dispatcher.ListDialsRequest(person_id=person_id, page_size=DAYS_LOOKED_BACK)
    async with surroundings.channel(DISPATCHER) as channel:
        try:
            dials = (await DialsServiceStub(channel).ListDials(request)).dials
        except grpc.aio.AioRpcError as error:
            if error.code() in AWAY:
                return None
            raise CommandError(refusal(DISPATCHER, error)) from None
    return next((dial for dial in dials if dial.call_id == call_id), dispatcher.Dial())


async def _entry(
    surroundings: Surroundings, person_id: str, call: scheduler.ScheduledCall
) -> journal.EntrySummary | None:
    """The entry of a call, without its words. Entries come the newest first: it is none of those before the call's window."""
    request = journal.ListEntriesRequest(person_id=person_id)
    async with surroundings.channel(JOURNAL) as channel:
        stub = JournalServiceStub(channel)
        try:
            while True:
                page = await stub.ListEntries(request)
                for entry in page.entries:
                    if entry.call_id == call.call_id:
                        return entry
                    if entry.started_at.ToNanoseconds() < call.not_before.ToNanoseconds():
                        return journal.EntrySummary()
                if not page.next_page_token:
                    return journal.EntrySummary()
                request.page_token = page.next_page_token
        except grpc.aio.AioRpcError as error:
            if error.code() in AWAY:
                return None
            raise CommandError(refusal(JOURNAL, error)) from None


def _table(moments: list[Moment], time_zone: str) -> Table:
    zone = ZoneInfo(time_zone)
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(overflow="fold")
    for each in moments:
        at = "" if each.at is None else f"{each.at.astimezone(zone):%Y-%m-%d %H:%M:%S}"
        table.add_row(at, each.by, each.sentence.replace("[", r"\["))
    return table
