"""`daybook journal fsck`: whether what the journal keeps belongs together. The journal compares; here it is asked and told."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated

import grpc
import typer
from rich.console import Console

from daybook.journal.v1 import consistency_pb2 as pb
from daybook.journal.v1.consistency_pb2_grpc import ConsistencyServiceStub
from daybook_cli.errors import CommandError
from daybook_cli.fault_lines import as_json, left, line, summary
from daybook_cli.observations import JOURNAL
from daybook_cli.surroundings import find_surroundings, refusal

if TYPE_CHECKING:
    from daybook.journal.v1.consistency_pb2_grpc import ConsistencyServiceAsyncStub

PAGE_TIMEOUT_S = 600
OBJECTS_TIMEOUT_S = 3600

journal = typer.Typer(no_args_is_help=True, help="The journal as a whole.")
console = Console(highlight=False)


@journal.callback()
def whole() -> None:
    """The journal as a whole."""


@journal.command("fsck")
def fsck(
    deep: Annotated[
        bool, typer.Option(help="Open every segment of audio, instead of looking whether it is there.")
    ] = False,
    mend: Annotated[bool, typer.Option(help="Mend what nothing is lost by.")] = False,
    for_programs: Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")] = False,
) -> None:
    """Compare rows, objects and keys of all sessions that have ended. 0: all is well, or is now; 1: something is left."""
    faults, sessions, objects = asyncio.run(_check(deep=deep, mend=mend, told_at_once=not for_programs))
    if for_programs:
        print(json.dumps(as_json(faults, sessions=sessions, objects=objects), indent=2))
    else:
        console.print(summary(faults, sessions=sessions, objects=objects), markup=False)
    if what_to_do := left(faults):
        raise CommandError(what_to_do)


async def _check(*, deep: bool, mend: bool, told_at_once: bool) -> tuple[list[pb.Fault], int, int]:
    """
    Raises:
        CommandError: the journal does not answer, or refuses.
    """
    faults, sessions, objects = list[pb.Fault](), 0, 0
    async with find_surroundings().channel(JOURNAL) as channel:
        stub: ConsistencyServiceAsyncStub = ConsistencyServiceStub(channel)
        try:
            async for page in _pages(stub, deep=deep, mend=mend):
                if isinstance(page, pb.CheckSessionsResponse):
                    sessions += page.sessions
                    objects += page.objects
                faults += page.faults
                for fault in page.faults if told_at_once else ():
                    console.print(line(fault), markup=False)
        except grpc.aio.AioRpcError as error:
            raise CommandError(refusal(JOURNAL, error)) from None
    return faults, sessions, objects


async def _pages(
    stub: "ConsistencyServiceAsyncStub", *, deep: bool, mend: bool
) -> AsyncIterator[pb.CheckSessionsResponse | pb.CheckObjectsResponse]:
    request = pb.CheckSessionsRequest(deep=deep, mend=mend)
    while True:
        page = await stub.CheckSessions(request, timeout=PAGE_TIMEOUT_S)
        yield page
        if not page.next_after_session_id:
            break
        request.after_session_id = page.next_after_session_id
    async for found in stub.CheckObjects(pb.CheckObjectsRequest(mend=mend), timeout=OBJECTS_TIMEOUT_S):
        yield found
