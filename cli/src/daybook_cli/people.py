"""`daybook person`: who is called. Everything is asked of window-scheduler by gRPC."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, TypeVar

import grpc
import typer
from rich.console import Console
from rich.table import Table

from daybook.scheduler.v1 import scheduler_pb2 as pb
from daybook.scheduler.v1.scheduler_pb2_grpc import PeopleServiceStub
from daybook_cli.errors import CommandError
from daybook_cli.observations import SCHEDULER
from daybook_cli.surroundings import ask

people = typer.Typer(no_args_is_help=True, help="Who is called.")
console = Console(highlight=False)
notes = Console(highlight=False, stderr=True, soft_wrap=True)

CONSENT_WORDING = "cli-1"

ResultT = TypeVar("ResultT")

Hours = typer.Option(help="When they may be called, e.g. 07:00-22:00, local; `default`: the operator's hours")
Programme = typer.Option(help="What they are asked: evening_review, free or gratitude")
Consented = typer.Option(
    "--consent", help="The person agreed to be called by an automated voice; without it nobody is called"
)


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
    programme: Annotated[str, Programme] = "evening_review",
    hours: Annotated[str | None, Hours] = None,
    consent: Annotated[bool, Consented] = False,
) -> None:
    """Add a person."""
    request = pb.CreatePersonRequest(
        name=name,
        name_pronunciation=pronunciation,
        phone_number=phone,
        time_zone=zone,
        locale=locale,
        consent=_consent_now() if consent else None,
        calling_hours=_hours(hours),
        programme=programme,
    )
    person = ask_scheduler(lambda channel: PeopleServiceStub(channel).CreatePerson(request)).person
    console.print(person.person_id)
    _tell_opt_out(person)


@people.command("list")
def list_people() -> None:
    """All people, without their numbers."""
    table = Table(box=None)
    for column in ("person", "name", "zone", "hours", "programme", "may be called"):
        table.add_column(column, no_wrap=column == "person", overflow="fold")
    token, more = "", True
    while more:
        page = _page_of_people(token)
        for person in page.people:
            hours, may_be_called = _hours_told(person), _may_be_called(person)
            table.add_row(person.person_id, person.name, person.time_zone, hours, person.programme, may_be_called)
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


def _hours_told(person: pb.Person) -> str:
    if not person.HasField("calling_hours"):
        return "default"
    return f"{person.calling_hours.starts_at}-{person.calling_hours.ends_at}"


def _hours(given: str | None) -> pb.CallingHours | None:
    if given is None:
        return None
    if given == "default":
        return pb.CallingHours()
    starts, _, ends = (part.strip() for part in given.partition("-"))
    if not starts or not ends:
        raise CommandError("--hours is to be a start and an end, e.g. 07:00-22:00, or `default` for the operator's.")
    return pb.CallingHours(starts_at=starts, ends_at=ends)


def _consent_now() -> pb.Consent:
    consent = pb.Consent(wording_version=CONSENT_WORDING, channel="cli")
    consent.given_at.FromDatetime(datetime.now(UTC))
    return consent


@people.command("change")
def change_person(
    person_id: str,
    name: Annotated[str | None, typer.Option()] = None,
    phone: Annotated[str | None, typer.Option()] = None,
    zone: Annotated[str | None, typer.Option()] = None,
    pronunciation: Annotated[str | None, typer.Option()] = None,
    locale: Annotated[str | None, typer.Option()] = None,
    programme: Annotated[str | None, Programme] = None,
    hours: Annotated[str | None, Hours] = None,
    consent: Annotated[bool, Consented] = False,
) -> None:
    """Change what is named; the rest stays."""
    request = pb.UpdatePersonRequest(
        person_id=person_id,
        name=name,
        phone_number=phone,
        time_zone=zone,
        name_pronunciation=pronunciation,
        locale=locale,
        consent=_consent_now() if consent else None,
        calling_hours=_hours(hours),
        programme=programme,
    )
    _tell_opt_out(ask_scheduler(lambda channel: PeopleServiceStub(channel).UpdatePerson(request)).person)


def _tell_opt_out(person: pb.Person) -> None:
    """On standard error, so that the output of `add` is the id alone."""
    if person.HasField("opted_out_at"):
        day = person.opted_out_at.ToDatetime(tzinfo=UTC).date().isoformat()
        notes.print(
            f"Nobody calls this person: they, or their number, opted out on {day}. Once they agree anew: "
            f"daybook person change {person.person_id} --consent"
        )


@people.command("opt-out")
def opt_out(person_id: str) -> None:
    """Never call this person again, from this moment on: calls that wait or ring are withdrawn, and the number is remembered."""
    ask_scheduler(lambda channel: PeopleServiceStub(channel).OptOut(pb.OptOutRequest(person_id=person_id)))


@people.command("delete")
def delete_person(person_id: str) -> None:
    """Delete a person, their windows and their calls. Their journal is deleted by `daybook entry delete-all`."""
    ask_scheduler(lambda channel: PeopleServiceStub(channel).DeletePerson(pb.DeletePersonRequest(person_id=person_id)))
