"""`daybook entry search` and `daybook entry calendar`: what is kept, found by words and by day. Both are asked of the journal."""

from datetime import date, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from chassis.errors import InvalidInput
from chassis.time_zones import checked_zone
from daybook.journal.v1 import finding_pb2 as pb
from daybook.journal.v1.finding_pb2_grpc import FindingServiceStub
from daybook.scheduler.v1.scheduler_pb2 import GetPersonRequest
from daybook.scheduler.v1.scheduler_pb2_grpc import PeopleServiceStub
from daybook_cli.errors import CommandError
from daybook_cli.finding_lines import first_day_of, hit_lines, streak_lines, unreadable_line, week_lines
from daybook_cli.observations import JOURNAL, SCHEDULER
from daybook_cli.surroundings import ask, ask_journal_of

console = Console(highlight=False, soft_wrap=True)
notes = Console(highlight=False, stderr=True, soft_wrap=True)

NOTHING_FOUND = "Nothing was found."

Words = typer.Argument(
    metavar="QUERY", help="""Words that must all be there; '"a long walk"', -rain and tag:work are understood"""
)
Zone = typer.Option(help="By which local days, an IANA name; else the person's own zone")
Weeks = typer.Option(min=1, max=520, help="How many weeks to show")


def search_entries(person_id: str, query: Annotated[list[str], Words]) -> None:
    """Search what a person said, and what is told of it, the newest first."""
    token, more, found = "", True, 0
    unreadable = list[str]()
    while more:
        page = _page(person_id, " ".join(query), token)
        for hit in page.hits:
            for line in hit_lines(hit):
                console.print(line)
        found += len(page.hits)
        unreadable += page.unreadable_entry_ids
        token = page.next_page_token
        more = bool(token)
    if not found:
        console.print(NOTHING_FOUND)
    if unreadable:
        notes.print(Text(unreadable_line(unreadable)))


def _page(person_id: str, query: str, token: str) -> pb.SearchEntriesResponse:
    request = pb.SearchEntriesRequest(person_id=person_id, query=query, page_token=token)
    return ask_journal_of(person_id, lambda channel: FindingServiceStub(channel).SearchEntries(request))


def show_calendar(person_id: str, zone: Annotated[str, Zone] = "", weeks: Annotated[int, Weeks] = 12) -> None:
    """On which days a person reflected, and how many in a row. No words are read for it."""
    zone = zone or _zone_of(person_id)
    today = _today(zone)
    first = first_day_of(weeks, today)
    request = pb.GetCalendarRequest(person_id=person_id, time_zone=zone, from_day=first.isoformat())
    calendar = ask(JOURNAL, lambda channel: FindingServiceStub(channel).GetCalendar(request))
    for line in (*week_lines(calendar, first, today), *streak_lines(calendar)):
        console.print(line)


def _today(zone: str) -> date:
    try:
        return datetime.now(checked_zone(zone)).date()
    except InvalidInput as error:
        raise CommandError(f"The zone {error.remedy}") from None


def _zone_of(person_id: str) -> str:
    request = GetPersonRequest(person_id=person_id)
    return ask(SCHEDULER, lambda channel: PeopleServiceStub(channel).GetPerson(request)).person.time_zone
