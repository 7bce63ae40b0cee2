"""`daybook keys`: how the journal's key-encryption keys stand, and how one takes another's place."""

import asyncio
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import grpc
import typer
from google.protobuf.json_format import MessageToDict
from rich.console import Console
from rich.table import Table

from daybook.journal.v1 import keys_pb2 as pb
from daybook.journal.v1.keys_pb2_grpc import KeysServiceStub
from daybook_cli.errors import CommandError
from daybook_cli.interruptible import until_interrupted
from daybook_cli.key_lines import progress, standing, still_under_others
from daybook_cli.observations import JOURNAL
from daybook_cli.surroundings import ask, find_surroundings, refusal
from daybook_cli.wording import counted

if TYPE_CHECKING:
    from daybook.journal.v1.keys_pb2_grpc import KeysServiceAsyncStub

REWRAP_TIMEOUT_S = 30
TRIES = 60
"""How often it is asked again, a second apart, while the journal does not answer: one pod goes, another comes."""
AWAY = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED})

keys = typer.Typer(no_args_is_help=True, help="The journal's key-encryption keys.")
console = Console(highlight=False)


@keys.command("status")
def key_status(
    for_programs: Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")] = False,
) -> None:
    """Which key-encryption keys there are, how many persons' keys each wraps, and which may be removed."""
    found = ask(JOURNAL, lambda channel: KeysServiceStub(channel).GetKeys(pb.GetKeysRequest())).keys
    if for_programs:
        told = [
            MessageToDict(key, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
            for key in found
        ]
        # a count is a text in JSON's form of protobuf
        print(json.dumps({"keys": [{**each, "persons": int(each["persons"])} for each in told]}, indent=2))
        return
    table = Table(box=None)
    for column in ("key", "id", "wraps the keys of", ""):
        table.add_column(column, no_wrap=column != "", overflow="fold")
    for key in found:
        table.add_row(key.name.replace("[", r"\[") or "?", key.kek_id, counted(key.persons, "person"), standing(key))
    console.print(table)


@keys.command("rotate")
def rotate() -> None:
    """Wrap all persons' keys anew under the active key, while the journal serves. Cut off, it goes on when it is typed again."""
    if not until_interrupted(_rotate()):
        raise CommandError("Interrupted. What was wrapped anew stays so; `daybook keys rotate` does the rest.")


async def _rotate() -> None:
    """
    Raises:
        CommandError: the journal is away or refuses, or some keys are left under another key.
    """
    async with find_surroundings().channel(JOURNAL) as channel:
        stub = KeysServiceStub(channel)
        before = await _standings(stub)
        [active] = [key for key in before if key.active]
        there_are = sum(key.persons for key in before if not key.active)
        done, damaged = 0, list[str]()
        request = pb.RewrapKeysRequest(active_kek_id=active.kek_id)
        while True:
            rewrapped = await _asked_again(stub, request)
            told, done = done, done + rewrapped.rewrapped
            damaged += rewrapped.damaged_person_ids
            if line := progress(told, done, there_are):
                console.print(line)
            if not rewrapped.HasField("next_after"):
                break
            request.after.CopyFrom(rewrapped.next_after)
        after = await _standings(stub)
    console.print(f"{counted(done, 'key')} wrapped anew under {active.name} ({active.kek_id}).", markup=False)
    if left := still_under_others(after, damaged):
        raise CommandError(left)
    for key in after:
        if key.removable:
            console.print(
                f"{key.name} ({key.kek_id}) may be removed: nothing needs it but older backups.", markup=False
            )


async def _standings(stub: "KeysServiceAsyncStub") -> Sequence[pb.KeyEncryptionKey]:
    try:
        return (await stub.GetKeys(pb.GetKeysRequest())).keys
    except grpc.aio.AioRpcError as error:
        raise CommandError(refusal(JOURNAL, error)) from None


async def _asked_again(stub: "KeysServiceAsyncStub", request: pb.RewrapKeysRequest) -> pb.RewrapKeysResponse:
    """What the journal answers, also where a pod of it goes meanwhile: to ask twice changes nothing."""
    for tries_left in reversed(range(TRIES)):
        try:
            return await stub.RewrapKeys(request, timeout=REWRAP_TIMEOUT_S)
        except grpc.aio.AioRpcError as error:
            if error.code() not in AWAY:
                raise CommandError(refusal(JOURNAL, error)) from None
            if not tries_left:
                break
        await asyncio.sleep(1)
    raise CommandError(
        "The journal does not answer any more. What was wrapped anew stays so; `daybook keys rotate` does the rest. "
        "`daybook doctor` says why."
    )
