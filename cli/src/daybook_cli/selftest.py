"""`daybook selftest`: one call from end to end with a synthetic person, who is deleted again whatever comes of it.

It is what `helm test` runs, and asks no more of Daybook than anybody may: everything goes by gRPC.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import grpc
import typer
from rich.console import Console

from chassis.clock import SystemClock
from daybook.events.v1.events_pb2 import CALL_OUTCOME_REFLECTED, CallOutcome
from daybook.journal.v1 import journal_pb2 as journal
from daybook.journal.v1.journal_pb2_grpc import JournalServiceStub
from daybook.scheduler.v1 import scheduler_pb2 as scheduler
from daybook.scheduler.v1.scheduler_pb2_grpc import CallsServiceStub, PeopleServiceStub
from daybook_cli.day_story import Parts, day_story, verdict
from daybook_cli.demo import EMULATED_PHONE, Demo, add_demo_person
from daybook_cli.errors import CommandError, NeedsLocal
from daybook_cli.explain import gather_parts
from daybook_cli.interruptible import until_interrupted
from daybook_cli.observations import JOURNAL, SCHEDULER, Place
from daybook_cli.surroundings import Surroundings, find_surroundings, refusal
from daybook_cli.wording import outcome_told

WITHIN_S = 900.0
LOOK_EVERY_S = 1.0
KEPT_WITHIN_S = 60.0
"""From the end of a call to its entry, which a journal that was away for a moment makes a little later."""

REFLECTED = CallOutcome.Name(CALL_OUTCOME_REFLECTED)

console = Console(highlight=False)


def selftest(
    emulated_carrier: Annotated[
        bool, typer.Option("--emulated-carrier", help="The carrier is an emulator, and nobody's telephone rings.")
    ] = False,
    within: Annotated[float, typer.Option(help="Seconds until the call is to be over and its entry kept.")] = WITHIN_S,
) -> None:
    """Make one call from end to end with a synthetic person, and delete them again. Exit status 0 where its entry was kept."""
    surroundings = find_surroundings()
    if not emulated_carrier or any(kind == "real" for kind in surroundings.outside.values()):
        raise CommandError(
            "The selftest rings a synthetic number, and must not ring a telephone. Where the carrier is the emulator, say so by "
            "--emulated-carrier; with the real one there is no selftest."
        )
    if not until_interrupted(_tested(surroundings, within)):
        raise CommandError("Interrupted before the call was over.")


async def _tested(surroundings: Surroundings, within_s: float) -> None:
    async with surroundings.channel(SCHEDULER) as channel, surroundings.channel(JOURNAL) as journal_channel:
        try:
            async with _synthetic_person(channel, journal_channel) as demo:
                try:
                    async with asyncio.timeout(within_s):
                        await _call_made(surroundings, channel, journal_channel, demo)
                except TimeoutError:
                    parts = await gather_parts(surroundings, demo.person_id, "")
                    raise CommandError(f"Not within {within_s:.0f} s. {_so_far(parts)}") from None
        except grpc.aio.AioRpcError as error:
            raise CommandError(refusal("A service", error)) from None


@asynccontextmanager
async def _synthetic_person(channel: grpc.aio.Channel, journal_channel: grpc.aio.Channel) -> AsyncIterator[Demo]:
    """Somebody whose window is open now, and who is gone when the block ends, with all that was kept of them."""
    demo = await add_demo_person(channel, phone=EMULATED_PHONE, now=SystemClock().now(), by="selftest")
    console.print(f"Added {demo.person_id}, who may be called now.")
    try:
        yield demo
    finally:
        # whatever went wrong before, each is tried
        with contextlib.suppress(grpc.aio.AioRpcError):
            await JournalServiceStub(journal_channel).DeletePerson(
                journal.DeletePersonRequest(person_id=demo.person_id)
            )
        await PeopleServiceStub(channel).DeletePerson(scheduler.DeletePersonRequest(person_id=demo.person_id))
        console.print("Deleted them again.")


async def _call_made(
    surroundings: Surroundings, channel: grpc.aio.Channel, journal_channel: grpc.aio.Channel, demo: Demo
) -> None:
    began = time.monotonic()
    if surroundings.place is Place.LOCAL:
        await _tick_here(surroundings)
    else:
        console.print("Waiting for the tick.")
    call = await _ended_call(channel, demo.person_id)
    console.print(
        f"The call ended after {time.monotonic() - began:.0f} s: {outcome_told(call.outcome)} ({call.reason})."
    )
    if call.outcome != REFLECTED:
        parts = await gather_parts(surroundings, demo.person_id, call.local_day)
        raise CommandError(f"The synthetic person reflects to the end, and the call did not. {_so_far(parts)}")
    entry = await _kept_entry(journal_channel, demo.person_id)
    console.print(
        f"The journal kept {entry.turns} turns and {entry.recording_ms / 1000:.0f} s of recording. All is well."
    )


async def _tick_here(surroundings: Surroundings) -> None:
    try:
        from daybook_cli.local_commands import run_tick  # noqa: PLC0415 - in a cluster its packages are not there
    except ModuleNotFoundError as error:
        raise NeedsLocal(error.name or "local") from None
    if surroundings.running is not None:
        await run_tick(surroundings.running)


async def _ended_call(channel: grpc.aio.Channel, person_id: str) -> scheduler.ScheduledCall:
    request = scheduler.ListCallsRequest(person_id=person_id, page_size=1)
    told = False
    while True:
        for call in (await CallsServiceStub(channel).ListCalls(request)).calls:
            if not told:
                console.print(f"The tick scheduled call {call.call_id}.")
                told = True
            if call.HasField("finished_at"):
                return call
        await asyncio.sleep(LOOK_EVERY_S)


async def _kept_entry(channel: grpc.aio.Channel, person_id: str) -> journal.EntrySummary:
    request = journal.ListEntriesRequest(person_id=person_id, page_size=1)
    try:
        async with asyncio.timeout(KEPT_WITHIN_S):
            while True:
                for entry in (await JournalServiceStub(channel).ListEntries(request)).entries:
                    return entry
                await asyncio.sleep(LOOK_EVERY_S)
    except TimeoutError:
        raise CommandError(
            f"The call ended well, and the journal has no entry of it after {KEPT_WITHIN_S:.0f} s. `daybook doctor` says why."
        ) from None


def _so_far(parts: Parts) -> str:
    """What is known of the call, in a line each."""
    story = day_story(parts, now=SystemClock().now())
    return "\n".join([verdict(parts), *(f"  {each.by}: {each.sentence}" for each in story)])
