"""`daybook person` and `daybook window`: who is called, and when. Everything is asked of window-scheduler by gRPC."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, TypeVar

import grpc
import typer
from rich.console import Console
from rich.table import Table

from daybook.scheduler.v1 import scheduler_pb2 as pb
from daybook.scheduler.v1.scheduler_pb2_grpc import PeopleServiceStub, WindowsServiceStub
from daybook_cli.errors import CommandError
from daybook_cli.observations import SCHEDULER
from daybook_cli.surroundings import ask

people = typer.Typer(no_args_is_help=True, help="Who is called.")
windows = typer.Typer(no_args_is_help=True, help="When a person may be called.")
console = Console(highlight=False)

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CONSENT_WORDING = "cli-1"

ResultT = TypeVar("ResultT")


def ask_scheduler(question: Callable[[grpc.aio.Channel], Awaitable[ResultT]]) -> ResultT:
    """Asks window-scheduler. Raises as `ask`."""
    return ask(SCHEDULER, question)


@people.command("add")
def add_person(
    name: Annotated[str, typer.Option(prompt=True)],
    phone: Annotated[str, typer.Option(prompt=True, help="E.164, e.g. +43 and up to 13 digits")],
    zone: Annotated[str, typer.Option(prompt=True, help="An IANA name, e.g. Europe/Vienna")],
    pronunciation: Annotated[str, typer.Option(help="How the name is spoken, if not as written")] = "",
    locale: Annotated[str, typer.Option()] = "en-US",
    consent: Annotated[
        bool,
        typer.Option(
            "--consent", help="The person agreed to be called by an automated voice; without it nobody is called"
        ),
    ] = False,
) -> None:
    """Add a person."""
    request = pb.CreatePersonRequest(
        name=name, name_pronunciation=pronunciation, phone_number=phone, time_zone=zone, locale=locale
    )
    if consent:
        request.consent.CopyFrom(pb.Consent(wording_version=CONSENT_WORDING, channel="cli"))
        request.consent.given_at.FromDatetime(datetime.now(UTC))
    person = ask_scheduler(lambda channel: PeopleServiceStub(channel).CreatePerson(request)).person
    console.print(person.person_id)


@people.command("list")
def list_people() -> None:
    """All people, without their numbers."""
    table = Table(box=None)
    for column in ("person", "name", "zone", "may be called"):
        table.add_column(column, no_wrap=column == "person")
    token, more = "", True
    while more:
        page = _page_of_people(token)
        for person in page.people:
            table.add_row(person.person_id, person.name, person.time_zone, _may_be_called(person))
        token = page.next_page_token
        more = bool(token)
    console.print(table)


def _page_of_people(token: str) -> pb.ListPeopleResponse:
    request = pb.ListPeopleRequest(page_token=token)
    return ask_scheduler(lambda channel: PeopleServiceStub(channel).ListPeople(request))


def _may_be_called(person: pb.Person) -> str:
    if person.HasField("opted_out_at"):
        return "no, opted out"
    return "yes" if person.HasField("consent") else "no, no consent"


@people.command("change")
def change_person(
    person_id: str,
    name: Annotated[str | None, typer.Option()] = None,
    phone: Annotated[str | None, typer.Option()] = None,
    zone: Annotated[str | None, typer.Option()] = None,
    pronunciation: Annotated[str | None, typer.Option()] = None,
    locale: Annotated[str | None, typer.Option()] = None,
) -> None:
    """Change what is named; the rest stays."""
    request = pb.UpdatePersonRequest(
        person_id=person_id,
        name=name,
        phone_number=phone,
        time_zone=zone,
        name_pronunciation=pronunciation,
        locale=locale,
    )
    ask_scheduler(lambda channel: PeopleServiceStub(channel).UpdatePerson(request))


@people.command("opt-out")
def opt_out(person_id: str) -> None:
    """Never call this person again, from this moment on."""
    ask_scheduler(lambda channel: PeopleServiceStub(channel).OptOut(pb.OptOutRequest(person_id=person_id)))


@people.command("delete")
def delete_person(person_id: str) -> None:
    """Delete a person, their windows and their calls. Their journal is deleted by `daybook entry delete-all`."""
    ask_scheduler(lambda channel: PeopleServiceStub(channel).DeletePerson(pb.DeletePersonRequest(person_id=person_id)))


Starts = Annotated[str, typer.Option("--from", help="HH:MM, the person's local time")]
Ends = Annotated[str, typer.Option("--to", help="HH:MM")]
Days = Annotated[str, typer.Option(help=f"Weekdays, e.g. {','.join(WEEKDAYS[:5])}")]
Date = Annotated[str, typer.Option(help="One date instead, e.g. 2026-11-24")]


def _times(starts: str, ends: str, days: str, date: str) -> pb.WindowTimes:
    if bool(days) == bool(date):
        raise CommandError("Say when: either --days mon,wed or --date 2026-11-24.")
    if date:
        return pb.WindowTimes(starts_at=starts, ends_at=ends, one_off=pb.OneOff(date=date))
    unknown = [day for day in days.split(",") if day not in WEEKDAYS]
    if unknown:
        raise CommandError(f"These are no weekdays: {', '.join(unknown)}. Use {','.join(WEEKDAYS)}.")
    weekdays = [pb.Weekday.ValueType(WEEKDAYS.index(day) + 1) for day in days.split(",")]
    return pb.WindowTimes(starts_at=starts, ends_at=ends, weekly=pb.Weekly(weekdays=weekdays))


@windows.command("add")
def add_window(person_id: str, starts: Starts, ends: Ends, days: Days = "", date: Date = "") -> None:
    """Let a person be called within these times."""
    request = pb.CreateWindowRequest(person_id=person_id, times=_times(starts, ends, days, date))
    window = ask_scheduler(lambda channel: WindowsServiceStub(channel).CreateWindow(request)).window
    console.print(window.window_id)


@windows.command("change")
def change_window(window_id: str, starts: Starts, ends: Ends, days: Days = "", date: Date = "") -> None:
    """Put new times in place of a window's old ones."""
    request = pb.UpdateWindowRequest(window_id=window_id, times=_times(starts, ends, days, date))
    ask_scheduler(lambda channel: WindowsServiceStub(channel).UpdateWindow(request))


@windows.command("list")
def list_windows(person_id: str) -> None:
    """A person's windows, the next to open first."""
    request = pb.ListWindowsRequest(person_id=person_id)
    table = Table(box=None)
    for column in ("window", "days", "from", "to", "opens next (UTC)"):
        table.add_column(column, no_wrap=column == "window")
    for window in ask_scheduler(lambda channel: WindowsServiceStub(channel).ListWindows(request)).windows:
        times = window.times
        days = (
            times.one_off.date
            if times.HasField("one_off")
            else ",".join(WEEKDAYS[day - 1] for day in times.weekly.weekdays)
        )
        opens = (
            f"{window.next_opens_at.ToDatetime():%Y-%m-%d %H:%M}" if window.HasField("next_opens_at") else "never again"
        )
        table.add_row(window.window_id, days, times.starts_at, times.ends_at, opens)
    console.print(table)


@windows.command("delete")
def delete_window(window_id: str) -> None:
    """Delete a window. A call already scheduled from it is not made."""
    ask_scheduler(lambda channel: WindowsServiceStub(channel).DeleteWindow(pb.DeleteWindowRequest(window_id=window_id)))
