"""`daybook deadletter`: the events that a service could not handle. They are read from NATS, and sent again there."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from chassis.dead_letter import DeadLetter
from chassis.dead_letters import DeadLetters, open_dead_letters
from chassis.errors import DaybookError
from chassis.nats_access import NatsAccess
from chassis.nats_permissions import CONSUMERS
from daybook_cli.deadletter_lines import as_json, listed, no_such_subject, row, told, unreadable, would_be_lost
from daybook_cli.errors import CommandError
from daybook_cli.surroundings import find_surroundings
from daybook_cli.wording import counted

SHOWN = 50
HIGHEST = 2**63 - 1

dead_letters = typer.Typer(no_args_is_help=True, help="Events that could not be handled, put aside with their reason.")
console = Console(highlight=False)

ResultT = TypeVar("ResultT")

Sequence = typer.Argument(
    metavar="SEQUENCE", min=1, max=HIGHEST, help="Its number, as `daybook deadletter list` tells it."
)
Sequences = typer.Argument(
    metavar="SEQUENCE...", min=1, max=HIGHEST, help="Their numbers, as `daybook deadletter list` tells them."
)
Subject = typer.Option(help="Only those of a subject, e.g. call.scheduled.")


@dead_letters.command("list")
def list_letters(
    subject: Annotated[str | None, Subject] = None,
    after: Annotated[int, typer.Option(min=0, max=HIGHEST, help="Only those of a higher number.")] = 0,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = SHOWN,
    for_programs: Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")] = False,
) -> None:
    """What was put aside, by whom, and why; the oldest first."""

    async def read(letters: DeadLetters) -> tuple[list[DeadLetter], int]:
        there_are = await _count(letters, subject)
        found: list[DeadLetter] = []
        async for letter in letters.letters(after=after, subject=subject):
            found.append(letter)
            if len(found) > limit:
                break
        return found, there_are

    found, there_are = _ask(find_surroundings().nats, read)
    shown = found[:limit]
    if for_programs:
        print(json.dumps({"dead_letters": there_are, "shown": [as_json(letter) for letter in shown]}, indent=2))
        return
    if not shown:
        console.print(f"There are no dead letters{' after that one' if there_are else ''}.")
        return
    table = Table(box=None)
    for column in ("number", "put aside (UTC)", "of", "refused by", "tries", "why"):
        table.add_column(column, no_wrap=column in {"number", "put aside (UTC)"}, overflow="fold")
    for each in map(row, shown):
        cells = (each.sequence, each.put_aside, each.subject, each.refused_by, each.tries, each.reason)
        table.add_row(*(cell.replace("[", r"\[") for cell in cells))
    console.print(table)
    console.print(listed(shown, there_are, more=len(found) > limit), markup=False)


@dead_letters.command("show")
def show_letter(sequence: Annotated[int, Sequence]) -> None:
    """One of them: its headers, and what it holds (ids, times and outcomes)."""
    letter = _ask(find_surroundings().nats, lambda letters: letters.read(sequence))
    heard_by = [durable for durable, event in CONSUMERS.items() if event.subject == letter.subject]
    for line in told(letter, heard_by):
        console.print(line, markup=False, soft_wrap=True)


@dead_letters.command("retry")
def retry_letters(
    sequences: Annotated[list[int] | None, Sequences] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that there are now.")] = False,
    subject: Annotated[str | None, Subject] = None,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Also what cannot be decoded, and so is refused again.")
    ] = False,
) -> None:
    """Send them again, once their cause is mended. One that fails again comes back with its new reason.

    Every service that hears its subject gets it, also one that has handled it already: that changes nothing.
    """
    if bool(sequences) == everything:
        raise CommandError("Name the numbers that `daybook deadletter list` tells, or --all: one of both.")
    if subject is not None and not everything:
        raise CommandError("--subject goes with --all: a number names one letter, whatever its subject is.")

    async def retry(letters: DeadLetters) -> list[str]:
        # read before the first goes: one that fails again comes back behind these, and is not for this time
        chosen = await (_named(letters, sequences) if sequences else _all(letters, subject))
        refused: list[str] = []
        for letter in chosen:
            if not anyway and (why := unreadable(letter)):
                refused.append(f"{letter.sequence} was not sent, since it would be refused again. {why}")
                continue
            await letters.retry(letter)
            console.print(f"{letter.sequence} was sent again on {letter.subject}.", markup=False)
        return refused

    refused = _ask(_operator(), retry)
    if refused:
        raise CommandError(
            "\n".join([*refused, "`daybook deadletter show` tells more; drop it, or send it with --anyway."])
        )


@dead_letters.command("drop")
def drop_letters(
    sequences: Annotated[list[int], Sequences],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask first.")] = False,
) -> None:
    """Delete them for good, and say what is lost by it."""
    access = _operator()
    chosen = _ask(access, lambda letters: _named(letters, sequences))
    for line in would_be_lost(chosen):
        console.print(line, markup=False)
    if not yes:
        typer.confirm(f"Delete {counted(len(chosen), 'dead letter')} for good?", abort=True)

    async def drop(letters: DeadLetters) -> None:
        for letter in chosen:
            await letters.drop(letter)

    _ask(access, drop)
    console.print(f"Deleted: {counted(len(chosen), 'dead letter')}.")


def _ask(access: NatsAccess, question: Callable[[DeadLetters], Awaitable[ResultT]]) -> ResultT:
    """Asks the stream of dead letters.

    Raises:
        CommandError: NATS is away, does not let us, or has no such letter.
    """

    async def asking() -> ResultT:
        async with open_dead_letters(access, name="daybook deadletter") as letters:
            return await question(letters)

    try:
        return asyncio.run(asking())
    except DaybookError as error:
        raise CommandError(str(error)) from None


def _operator() -> NatsAccess:
    """NATS, as who may change something there.

    Raises:
        CommandError: that is not for us.
    """
    access = find_surroundings().nats_operator
    if access is None:
        raise CommandError(
            "DAYBOOK_NATS_OPERATOR_PASSWORD is not set: NATS' user operator alone may send dead letters again and drop them. "
            "Put its password, under `operator`, into the Secret that nats.existingSecret names (docs/operating.md)."
        )
    return access


async def _named(letters: DeadLetters, sequences: Iterable[int]) -> list[DeadLetter]:
    """The letters of some numbers: all of them are there, or none is taken."""
    return [await letters.read(sequence) for sequence in dict.fromkeys(sequences)]


async def _all(letters: DeadLetters, subject: str | None) -> list[DeadLetter]:
    await _count(letters, subject)
    return [letter async for letter in letters.letters(subject=subject)]


async def _count(letters: DeadLetters, subject: str | None) -> int:
    """How many there are, of a subject or in all.

    Raises:
        CommandError: there are some, and none of that subject.
    """
    by_subject = await letters.count()
    if subject is None or not by_subject:
        return sum(by_subject.values())
    if subject not in by_subject:
        raise CommandError(no_such_subject(subject, by_subject))
    return by_subject[subject]
