"""`daybook audit`: whether the journal's audit log is whole, and what was asked of a person's records."""

import json
from pathlib import Path
from typing import Annotated

import grpc
import typer
from rich.console import Console
from rich.table import Table

from daybook.journal.v1 import audit_pb2 as pb
from daybook.journal.v1.audit_pb2_grpc import AuditServiceStub
from daybook_cli.audit_lines import fault_told, position_of, position_of_receipt, position_told
from daybook_cli.errors import CommandError
from daybook_cli.observations import JOURNAL
from daybook_cli.surroundings import ask

VERIFY_TIMEOUT_S = 600

audit = typer.Typer(no_args_is_help=True, help="Who asked the journal for what.")
console = Console(highlight=False)


@audit.command("verify")
def verify(
    expect: Annotated[
        list[str] | None,
        typer.Option(
            help="A position that was noted down earlier, as this command tells it: NUMBER:HASH. May be repeated."
        ),
    ] = None,
    receipt: Annotated[
        list[Path] | None, typer.Option(help="A receipt of a deletion, which bears such a position. May be repeated.")
    ] = None,
    for_programs: Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")] = False,
) -> None:
    """Read the audit log from its beginning and follow its chain. Exit status 0 where nothing was changed and nothing is gone."""
    expected = [position_of(each) for each in expect or ()] + [position_of_receipt(each) for each in receipt or ()]
    answer = _verified(pb.VerifyAuditRequest(expected=expected))
    position = position_told(answer.reached) if answer.HasField("reached") else ""
    fault = fault_told(answer)
    if for_programs:
        print(
            json.dumps({"whole": not fault, "records": answer.reached.sequence, "position": position, "fault": fault})
        )
    elif not fault:
        console.print(f"The audit log is whole: {answer.reached.sequence} records.")
        if position:
            console.print(f"Note its end down outside of Daybook, and expect it next time:\n{position}", soft_wrap=True)
    if fault:
        raise CommandError(fault)


def _verified(request: pb.VerifyAuditRequest) -> pb.VerifyAuditResponse:
    async def follow(channel: grpc.aio.Channel) -> pb.VerifyAuditResponse:
        last = pb.VerifyAuditResponse()
        async for answer in AuditServiceStub(channel).VerifyAudit(request, timeout=VERIFY_TIMEOUT_S):
            last = answer
        return last

    return ask(JOURNAL, follow)


@audit.command("list")
def list_accesses(
    person_id: str,
    most: Annotated[int, typer.Option(min=1, max=1000, help="How many at most, the newest first.")] = 50,
) -> None:
    """What was asked of a person's records, by whom, and whether it was refused."""
    request = pb.ListAccessesRequest(person_id=person_id, page_size=most)
    table = Table(box=None)
    for column in ("number", "at (UTC)", "by", "asked for", "record", "refused for"):
        table.add_column(column)
    for access in ask(JOURNAL, lambda channel: AuditServiceStub(channel).ListAccesses(request)).accesses:
        by = (access.caller or "nobody known") + (", for a person" if access.for_person else "")
        at = f"{access.at.ToDatetime():%Y-%m-%d %H:%M:%S}"
        table.add_row(str(access.position.sequence), at, by, access.method, access.record_id, access.refused_for)
    console.print(table)
