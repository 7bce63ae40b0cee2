"""`daybook call-me-now`: one call at once, for a test, and what happens to it step by step.

What happens is asked of the three services that know it, as `daybook explain` does: so it is the same in a cluster, and no word
of what is said is shown.
"""

import asyncio
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from chassis.clock import SystemClock
from chassis.time_zones import zone_or_utc
from daybook.scheduler.v1 import scheduler_pb2 as pb
from daybook.scheduler.v1.scheduler_pb2_grpc import CallsServiceStub
from daybook_cli.call_story import CallParts, Moment
from daybook_cli.call_watch import Known, conclusion, news_of
from daybook_cli.day_story import zone_of
from daybook_cli.errors import CommandError
from daybook_cli.explain import gather_parts
from daybook_cli.interruptible import until_interrupted
from daybook_cli.people import ask_scheduler
from daybook_cli.surroundings import find_surroundings

LOOK_EVERY_S = 1.0

console = Console(highlight=False)


def call_me_now(
    person_id: str,
    in_quiet_hours: Annotated[
        bool, typer.Option("--in-quiet-hours", help="Also in their quiet hours: they agree to be called now.")
    ] = False,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Ask for the call, and do not wait for its end.")] = False,
) -> None:
    """Call a person now, for a test, and tell what happens. Exit status 0 where the call was completed and its entry kept.

    It needs no window, is made within ten minutes, and takes nothing from the day's one call. Without their consent, or after an
    opt-out, there is none.
    """
    request = pb.CallNowRequest(person_id=person_id, in_quiet_hours=in_quiet_hours)
    call = ask_scheduler(lambda channel: CallsServiceStub(channel).CallNow(request)).call
    if no_wait:
        console.print(f"Call {call.call_id} is to be made now. `daybook explain {person_id}` tells what becomes of it.")
        return
    if not until_interrupted(_watched(call)):
        raise CommandError(
            f"Interrupted, and the call goes on. `daybook explain {person_id}` tells what becomes of it."
        )


async def _watched(call: pb.ScheduledCall) -> None:
    """Tells what happens to a call until it has come to something.

    Raises:
        CommandError: it was not completed, or window-scheduler is away.
    """
    surroundings, clock = find_surroundings(), SystemClock()
    told: set[Known] = set()
    while True:
        day = await gather_parts(surroundings, call.person_id, call.local_day)
        parts = next((each for each in day.tests if each.call.call_id == call.call_id), None)
        if parts is None:
            raise CommandError("The call is gone: its person was deleted.")
        for each in news_of(parts, told, zone_of(day.day), now=clock.now()):
            console.print(_line(each, zone_of(day.day)))
        came_to = conclusion(parts, now=clock.now())
        if came_to is None:
            await asyncio.sleep(LOOK_EVERY_S)
            continue
        if not came_to.completed:
            raise CommandError(
                f"{came_to.sentence} `daybook explain {call.person_id}` tells all that is known of the call."
            )
        console.print(f"{came_to.sentence} {_to_read(parts)}", style="bold", markup=False, soft_wrap=True)
        return


def _line(told: Moment, time_zone: str) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True, min_width=8)
    grid.add_column(style="cyan", no_wrap=True, min_width=16)
    grid.add_column(overflow="fold")
    at = "" if told.at is None else f"{told.at.astimezone(zone_or_utc(time_zone)):%H:%M:%S}"
    grid.add_row(at, told.by, told.sentence.replace("[", r"\["))
    return grid


def _to_read(parts: CallParts) -> str:
    entry_id = parts.entry.entry_id if parts.entry else ""
    return f"To read it: `daybook entry read {parts.call.person_id} {entry_id}`."
