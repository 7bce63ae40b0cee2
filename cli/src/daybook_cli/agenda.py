"""`daybook agenda`: when a person will be called next and why then, or their windows as a calendar."""

import json
from pathlib import Path
from typing import Annotated

import typer
from google.protobuf.json_format import MessageToDict
from rich.console import Console
from rich.table import Table

from daybook.scheduler.v1 import scheduler_pb2 as pb
from daybook.scheduler.v1.scheduler_pb2_grpc import WindowsServiceStub
from daybook_cli.agenda_story import agenda_lines, headline
from daybook_cli.errors import CommandError
from daybook_cli.people import ask_scheduler

DAYS = 14

console = Console(highlight=False)


def agenda(
    person_id: str,
    days: Annotated[int, typer.Option(min=1, max=366, help="From today on, where the person is.")] = DAYS,
    for_programs: Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")] = False,
    ical: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write their windows as iCalendar instead; - is the terminal.")
    ] = None,
) -> None:
    """When a person will be called on the days to come, and why then; what a clock change does to it."""
    if ical is not None:
        _export(person_id, ical)
        return
    request = pb.GetAgendaRequest(person_id=person_id, days=days)
    told = ask_scheduler(lambda channel: WindowsServiceStub(channel).GetAgenda(request))
    if for_programs:
        print(json.dumps(MessageToDict(told, preserving_proto_field_name=True), indent=2))
        return
    console.print(headline(told, days), style="bold", markup=False)
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(overflow="fold")
    for line in agenda_lines(told):
        table.add_row(line.day, line.times, line.sentence, style="bold" if line.is_next else None)
    console.print(table)


def _export(person_id: str, file: str) -> None:
    request = pb.ExportCalendarRequest(person_id=person_id)
    calendar = ask_scheduler(lambda channel: WindowsServiceStub(channel).ExportCalendar(request)).calendar
    if file == "-":
        print(calendar.decode(), end="")
        return
    try:
        Path(file).write_bytes(calendar)
    except OSError as error:
        raise CommandError(
            f"{file} cannot be written: {error.strerror}. Name another file, or - for the terminal."
        ) from None
    console.print(f"Written to {file}.", markup=False)
