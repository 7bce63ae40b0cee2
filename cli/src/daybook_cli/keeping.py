"""`daybook keeping`: how a person's journal is kept, and for how long."""

from typing import Annotated

import typer
from rich.console import Console

from daybook.journal.v1 import keeping_pb2 as pb
from daybook.journal.v1.keeping_pb2_grpc import KeepingServiceStub
from daybook_cli.keeping_lines import told
from daybook_cli.observations import JOURNAL
from daybook_cli.surroundings import ask

keeping = typer.Typer(no_args_is_help=True, help="How a person's journal is kept.")
console = Console(highlight=False)

DAYS = typer.Option(min=0, max=36_500, help="Days of 24 hours since the end of a session; 0: for ever.")


@keeping.command("show")
def show_keeping(person_id: str) -> None:
    """How long a person's recordings and entries are kept, and whether a model describes these."""
    _tell(_keeping(person_id))


@keeping.command("set")
def set_keeping(
    person_id: str,
    audio_days: Annotated[int | None, DAYS] = None,
    entry_days: Annotated[int | None, DAYS] = None,
    descriptions: Annotated[bool | None, typer.Option(help="Title and summary, made by a model.")] = None,
) -> None:
    """Set what is named; the rest stays. What is beyond a limit is removed when retention runs next, and cannot be had again."""
    changed = _keeping(person_id)
    if audio_days is not None:
        changed.audio_days = audio_days
    if entry_days is not None:
        changed.entry_days = entry_days
    if descriptions is not None:
        changed.without_descriptions = not descriptions
    request = pb.SetKeepingRequest(person_id=person_id, keeping=changed)
    ask(JOURNAL, lambda channel: KeepingServiceStub(channel).SetKeeping(request))
    _tell(changed)


def _keeping(person_id: str) -> pb.Keeping:
    request = pb.GetKeepingRequest(person_id=person_id)
    return ask(JOURNAL, lambda channel: KeepingServiceStub(channel).GetKeeping(request)).keeping


def _tell(keeping: pb.Keeping) -> None:
    for line in told(keeping):
        console.print(line, markup=False)
