"""`daybook run`, which `make run` calls: everything up, one demo call told live, its entry read back, then it stays up."""

import asyncio
import contextlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import grpc
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from chassis.rpc import open_channel
from daybook.events.v1 import events_pb2 as events
from daybook.journal.v1 import journal_pb2 as journal
from daybook.journal.v1.journal_pb2_grpc import JournalServiceStub
from daybook_cli.carrier_words import carrier_words
from daybook_cli.demo import add_demo_person, free_emulated_phone
from daybook_cli.entry_lines import about, turns_as_they_should_read
from daybook_cli.errors import StepFailed
from daybook_cli.portal_link import portal_link
from daybook_cli.running import keep_ticking, running_stack
from daybook_cli.stack import Stack
from daybook_cli.story import SPEAKERS, CallStory, Line, listening
from daybook_cli.supervisor import Supervisor

if TYPE_CHECKING:
    from daybook.journal.v1.journal_pb2_grpc import JournalServiceAsyncStub

DEMO_CALL_WITHIN_S = 1800.0
LOOKED_FOR_EVERY_S, MOST_LOOKS = 0.5, 30
"""How often an entry is looked at until it is described, and how many times."""

STYLES = {"person": "bold cyan", "daybook": "bold green", "verdict": "yellow", "finished": "bold"}


async def run_demo(stack: Stack, console: Console, *, phone: str | None, once: bool, trace: bool) -> None:
    """Starts the stack, makes a demo call, shows it, and keeps ticking until cancelled, or ends after the entry.

    Raises:
        StepFailed: a step failed; it says which, why, and which log has more.
    """
    status = console.status("Starting")
    status.start()
    try:
        async with running_stack(stack, lambda step: status.update(f"{step} …")) as supervisor:
            status.stop()
            _show_start(stack, console)
            try:
                await _call_and_keep(stack, supervisor, console, phone=phone, once=once, trace=trace)
            finally:
                status.update("Stopping …")
                status.start()
    finally:
        status.stop()
        console.print("Stopped.")


async def _call_and_keep(
    stack: Stack, supervisor: Supervisor, console: Console, *, phone: str | None, once: bool, trace: bool
) -> None:
    async with asyncio.TaskGroup() as tasks:
        keeping = [
            tasks.create_task(supervisor.keep(lambda sentence: console.print(sentence, style="red"))),
            tasks.create_task(keep_ticking(stack, supervisor)),
        ]
        try:
            async with asyncio.timeout(DEMO_CALL_WITHIN_S):
                person_id = await _demo_call(stack, supervisor, console, phone=phone, trace=trace)
        except TimeoutError:
            why = f"it had not ended after {DEMO_CALL_WITHIN_S / 60:.0f} minutes."
            raise StepFailed("The demo call", why, stack.home.log("call-dispatcher")) from None
        if once:
            for task in keeping:
                task.cancel()
        else:
            console.print(
                "Daybook stays up: the tick runs every 5 minutes, the sweep every 15 seconds. Ctrl-C stops it.\n"
            )
            try:
                await _show_way_in(stack, person_id, console)
            except StepFailed as failed:  # calls are made all the same
                console.print(str(failed), style="red")
            if stack.parties.carrier_url:
                tasks.create_task(_tell_carrier_words(stack.parties.carrier_url, console))


def _show_start(stack: Stack, console: Console) -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    for party, kind in stack.outside.described().items():
        table.add_row(f"  {party}", f"[dim]{kind}[/dim]")
    console.print("Daybook is up. The world outside:")
    console.print(table)
    console.print(f"The portal: {stack.portal_url}", soft_wrap=True)
    if stack.observatory is not None:
        for name, address in stack.observatory.described().items():
            console.print(f"{name}: {address}", soft_wrap=True)
    console.print(f"Logs: {stack.home.logs}\n")


async def _demo_call(stack: Stack, supervisor: Supervisor, console: Console, *, phone: str | None, trace: bool) -> str:
    """Makes the call, and shows it and its entry. Returns whom it called."""
    async with open_channel(stack.scheduler_target) as scheduler:
        try:
            number = phone or await free_emulated_phone(scheduler)
            demo = await add_demo_person(scheduler, phone=number, now=datetime.now(UTC))
        except grpc.aio.AioRpcError as error:
            raise StepFailed(
                "Adding the demo person", str(error.details()), stack.home.log("window-scheduler")
            ) from None
    async with open_channel(stack.journal_target, token=stack.token_of(demo.person_id)) as journal_channel:
        console.print(
            f"A demo person ({number}) may be called today between {demo.starts_at} and {demo.ends_at} ({demo.time_zone}). "
            "The tick runs."
        )
        story = CallStory(demo.person_id, journal_channel, stack.home.log("voice-gateway"))
        async with listening(story, stack.nats_access("toolbox")):
            await supervisor.run(*stack.tick())
            outcome = await _tell(story, console)
        if trace:
            _show_trace(stack, story.call_id, console)
        if outcome != events.CALL_OUTCOME_REFLECTED or not story.entry_id:
            raise StepFailed(
                "The demo call",
                f"it ended as {events.CallOutcome.Name(outcome)}, without a completed reflection.",
                stack.home.log("voice-gateway"),
            )
        try:
            await _show_entry(journal_channel, demo.person_id, story.entry_id, console)
        except grpc.aio.AioRpcError as error:
            raise StepFailed("Reading the entry", str(error.details()), stack.home.log("journal")) from None
    return demo.person_id


async def _show_way_in(stack: Stack, person_id: str, console: Console) -> None:
    """Names the portal as the last thing, by a link that signs the demo person in."""
    link = await portal_link(stack, person_id)
    console.print("Their windows, their calls and this entry, in the portal:", f"[bold]{link}[/bold]", soft_wrap=True)
    again = f".venv/bin/daybook sign-in-link {person_id}"
    console.print(f"The link signs in once, within ten minutes; another: [bold]{again}[/bold]", soft_wrap=True)


async def _tell(story: CallStory, console: Console) -> events.CallOutcome.ValueType:
    async for line in story.lines():
        console.print(_rendered(line), soft_wrap=False)
        if line.outcome is not None:
            return line.outcome
    raise AssertionError("a story ends with its outcome")


async def _tell_carrier_words(emulator_url: str, console: Console) -> None:
    """What is said in calls to come without a media stream, as in one for signing in: locally nobody else hears the code."""
    async for words in carrier_words(emulator_url, since=datetime.now(UTC)):
        console.print(_rendered(Line("daybook", escape(words.text))), soft_wrap=False)


def _rendered(line: Line) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", width=8)
    grid.add_column(style=STYLES.get(line.kind, "magenta"), width=12)
    grid.add_column(overflow="fold")
    grid.add_row(f"{datetime.now():%H:%M:%S}", line.kind, line.text)  # noqa: DTZ005 - the reader's own wall clock
    return grid


async def _show_entry(channel: grpc.aio.Channel, person_id: str, entry_id: str, console: Console) -> None:
    """Reads the entry back through the journal's own API, the only place where it can be decrypted."""
    stub = JournalServiceStub(channel)
    entry = await _described(channel, person_id, entry_id)
    console.print(
        _rendered(Line("saved", f"{len(entry.turns)} turns and the recording, encrypted, as entry {entry_id}"))
    )
    audio_bytes = 0
    async for response in stub.ReadAudio(journal.ReadAudioRequest(person_id=person_id, entry_id=entry_id), timeout=60):
        audio_bytes += len(response.chunk)
    grid = Table.grid(padding=(0, 2))
    grid.add_column(justify="right", style="dim")
    grid.add_column()
    grid.add_column(overflow="fold")
    for name, told in about(entry.revision):
        grid.add_row("", f"[bold]{name}[/]", escape(told))
    for turn, words in turns_as_they_should_read(entry):
        speaker = SPEAKERS.get(turn.speaker, "?")
        grid.add_row(_clock(turn.starts_at_ms), f"[{STYLES[speaker]}]{speaker}[/]", escape(words))
    length = _clock(entry.summary.recording_ms)
    console.print(
        Panel(
            grid,
            title="The journal entry, decrypted by the journal",
            subtitle=f"recording {length}, {audio_bytes / 1024:.0f} KiB",
        )
    )
    listen = f".venv/bin/daybook entry audio {person_id} {entry_id} --out FILE.wav"
    console.print(f"To listen, while Daybook is up: [bold]{listen}[/bold]\n", soft_wrap=True)


async def _described(channel: grpc.aio.Channel, person_id: str, entry_id: str) -> journal.ReadEntryResponse:
    """The entry once it was described, or as it is where that takes long."""
    stub: JournalServiceAsyncStub = JournalServiceStub(channel)
    entry = journal.ReadEntryResponse()
    for _ in range(MOST_LOOKS):
        entry = await stub.ReadEntry(journal.ReadEntryRequest(person_id=person_id, entry_id=entry_id))
        if entry.HasField("revision"):
            break
        await asyncio.sleep(LOOKED_FOR_EVERY_S)
    return entry


def _clock(milliseconds: int) -> str:
    return f"{milliseconds // 60_000}:{milliseconds // 1000 % 60:02d}"


def _show_trace(stack: Stack, call_id: str, console: Console) -> None:
    """The call's spans of all services, by time: its trace id is its call id without the dashes."""
    trace_id = call_id.replace("-", "")
    spans: list[dict[str, object]] = []
    for log in stack.home.logs.glob("*.log"):
        for line in log.read_text(errors="replace").splitlines():
            if trace_id in line and '"span"' in line:
                with contextlib.suppress(ValueError):
                    spans.append(json.loads(line))
    table = Table(title=f"Trace {trace_id}", box=None)
    for column in ("ms", "took", "service", "span"):
        table.add_column(column, justify="right" if column in {"ms", "took"} else "left")
    spans = [entry for entry in spans if entry.get("event") == "span"]
    spans.sort(key=lambda entry: int(str(entry["start_ns"])))
    first_ns = int(str(spans[0]["start_ns"])) if spans else 0
    for entry in spans:
        since_ms = (int(str(entry["start_ns"])) - first_ns) // 1_000_000
        table.add_row(str(since_ms), f"{entry['duration_ms']}", str(entry["service"]), str(entry["name"]))
    console.print(table)
