"""The whole of Daybook as OS processes, with the world outside played by the emulators: one stack a test run, for tests/e2e
and tests/faults. Its people speak in wordcode, so that every word that was lost or repeated on the way shows.
"""

import asyncio
import itertools
import os
import shutil
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import grpc
import httpx2
import pytest
import pytest_asyncio
from google.protobuf.message import Message
from journal_access import Tokens, open_channel_of_all, secrets_of
from nats.aio.msg import Msg

from chassis.events import CALL_DIALED, CALL_FINISHED, CALL_PROGRESSED, CALL_SCHEDULED, CALL_WITHDRAWN
from chassis.nats_access import connect_nats
from chassis.rpc import open_channel
from daybook.events.v1.events_pb2 import CallFinished, CallScheduled
from daybook.journal.v1 import journal_pb2 as journal
from daybook.journal.v1.journal_pb2_grpc import JournalServiceStub
from daybook.scheduler.v1 import scheduler_pb2 as scheduler
from daybook.scheduler.v1.scheduler_pb2_grpc import PeopleServiceStub, WindowsServiceStub
from daybook_cli.demo import window_open_now, zone_at_day
from daybook_cli.embedded import free_port
from daybook_cli.home import Home
from daybook_cli.outside import Outside
from daybook_cli.running import running_stack
from daybook_cli.stack import WANTED_PORTS, Stack
from daybook_cli.supervisor import Supervisor
from daybook_cli.tuning import Tuning

TIME_FACTOR = 10.0
EVENT_WITHIN_S = 180.0
MOST_UNKEPT = 0.1
"""Of what the carrier sends on a stream: after the last word it sends on until it has hung up, ten times as fast as life."""
EVENTS = {
    event.subject: event.message
    for event in (CALL_SCHEDULED, CALL_WITHDRAWN, CALL_DIALED, CALL_PROGRESSED, CALL_FINISHED)
}

_numbers = itertools.count(2025552000)


@dataclass(frozen=True)
class Person:
    person_id: str
    phone_number: str
    name: str
    time_zone: str


def assert_as_long_as(call: Mapping[str, Any], recording_ms: float) -> None:
    """Whether a recording is as long as the call, of one stream, that the carrier tells of."""
    [stream] = call["streamed"]
    assert (1 - MOST_UNKEPT) * stream["sent_ms"] <= recording_ms <= stream["sent_ms"]


class WholeDaybook:
    """A running Daybook, as a test wants to use it."""

    def __init__(self, stack: Stack, supervisor: Supervisor) -> None:
        self.stack = stack
        self.supervisor = supervisor
        self.scheduler = open_channel(stack.scheduler_target)
        self.journal_channel = open_channel_of_all(stack.journal_target, Tokens(secrets_of(stack.home)))
        self.journal = JournalServiceStub(self.journal_channel)
        self.emulator = httpx2.AsyncClient(base_url=stack.parties.carrier_url, timeout=10, trust_env=False)
        self.heard: list[Message] = []
        self.ends: list[str] = []
        self._news = asyncio.Condition()

    async def hear(self, message: Msg) -> None:
        async with self._news:
            self.heard.append(EVENTS[message.subject].FromString(message.data))
            self._news.notify_all()

    async def event(self, wanted: Callable[[Message], bool]) -> Message:
        """The first event, past or to come, that is wanted."""
        async with asyncio.timeout(EVENT_WITHIN_S), self._news:
            await self._news.wait_for(lambda: any(wanted(message) for message in self.heard))
        return next(message for message in self.heard if wanted(message))

    async def person(
        self, persona: str, *, name: str = "Quentin", opens_in: timedelta = timedelta(0), **overrides: object
    ) -> Person:
        """As `somebody`, with a window that is open now, or opens later."""
        person = await self.somebody(persona, name=name, **overrides)
        now = datetime.now(UTC)
        times = window_open_now(now + opens_in, ZoneInfo(person.time_zone))
        await WindowsServiceStub(self.scheduler).CreateWindow(
            scheduler.CreateWindowRequest(person_id=person.person_id, times=times)
        )
        return person

    async def somebody(self, persona: str, *, name: str = "Quentin", **overrides: object) -> Person:
        """A new person without a window, where it is day now, who behaves like that persona when rung."""
        number = f"+1{next(_numbers)}"
        answer = await self.emulator.put(
            f"/emulator/personas/{number}", json={"persona": persona, "overrides": overrides}
        )
        answer.raise_for_status()
        now = datetime.now(UTC)
        request = scheduler.CreatePersonRequest(
            name=name,
            phone_number=number,
            time_zone=zone_at_day(now).key,
            locale="en-US",
            consent=scheduler.Consent(wording_version="test-1", channel="test"),
        )
        request.consent.given_at.FromDatetime(now)
        person = (await PeopleServiceStub(self.scheduler).CreatePerson(request)).person
        return Person(person.person_id, number, name, person.time_zone)

    async def tick(self, name: str = "tick") -> None:
        _, argv, environment = self.stack.tick()
        await self.supervisor.run(name, argv, environment)

    async def finished(self, person: Person) -> CallFinished:
        message = await self.event(lambda it: isinstance(it, CallFinished) and it.person_id == person.person_id)
        assert isinstance(message, CallFinished)
        return message

    async def rung(self, person: Person) -> CallFinished:
        """Calls a person by a tick and waits for the end of it."""
        await self.tick()
        return await self.finished(person)

    async def entry(self, person: Person) -> journal.ReadEntryResponse:
        """The one entry of a person."""
        listed = await self.journal.ListEntries(journal.ListEntriesRequest(person_id=person.person_id))
        [summary] = listed.entries
        return await self.journal.ReadEntry(
            journal.ReadEntryRequest(person_id=person.person_id, entry_id=summary.entry_id)
        )

    async def described(self, person: Person) -> journal.ReadEntryResponse:
        """The one entry of a person, once it is described: nothing changes it from then on."""
        entry = await self.entry(person)

        async def is_described() -> bool:
            nonlocal entry
            entry = await self.entry(person)
            return entry.HasField("revision")

        await until(is_described)
        return entry

    async def recording(self, person: Person, entry_id: str) -> bytes:
        request = journal.ReadAudioRequest(person_id=person.person_id, entry_id=entry_id)
        return b"".join([response.chunk async for response in self.journal.ReadAudio(request)])

    async def carrier_calls(self, person: Person) -> list[dict[str, object]]:
        """What the emulated carrier knows of the calls to a person, the emulator's own words and clock included."""
        answer = (await self.emulator.get("/emulator/calls")).json()
        return [call for call in answer["calls"] if call["to"] == person.phone_number]

    async def posts_at_the_carrier(self) -> int:
        """How many requests to place a call have arrived, whatever became of them."""
        return int((await self.emulator.get("/emulator/calls")).json()["create_requests"])

    async def fault(self, **fault: object) -> None:
        (await self.emulator.post("/emulator/faults", json=fault)).raise_for_status()

    def kill(self, process: str) -> None:
        """kill -9. The supervisor starts it again, as Kubernetes would."""
        os.kill(self.supervisor.pids[process], signal.SIGKILL)

    async def ready(self, process: str) -> None:
        """Waits until a process answers again."""
        [description] = [it for it in (*self.stack.services(), *self.stack.emulators()) if it.name == process]
        await until(description.ready)

    async def close(self) -> None:
        await self.scheduler.close()
        await self.journal_channel.close()
        await self.emulator.aclose()


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Waits for what can only be seen by looking: a row, a file, the answer of a health endpoint."""
    async with asyncio.timeout(EVENT_WITHIN_S):
        while not await holds():  # noqa: ASYNC110 - see above
            await asyncio.sleep(0.02)


async def until_spoken(daybook: WholeDaybook, person: Person) -> None:
    """Waits until the journal has kept something that the person said."""
    scheduled = await daybook.event(lambda it: isinstance(it, CallScheduled) and it.person_id == person.person_id)
    request = journal.ReadSessionRequest(person_id=person.person_id, call_id=scheduled.call_id)

    async def spoken() -> bool:
        try:
            session = await daybook.journal.ReadSession(request)
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.NOT_FOUND:
                return False  # it has not begun
            raise
        return any(turn.speaker == journal.SPEAKER_PERSON for turn in session.turns)

    await until(spoken)


def said(entry: journal.ReadEntryResponse, speaker: journal.Speaker.ValueType) -> str:
    return " ".join(turn.text for turn in entry.turns if turn.speaker == speaker)


def assert_every_word_is_kept(entry: journal.ReadEntryResponse, call: Mapping[str, Any]) -> None:
    """All that the person said is in the entry, in its order. To what they say after Daybook's last words nobody listens: the
    line is closed then, and the carrier hangs up a moment later; a slow machine leaves them the time to begin once more.
    """
    assert_kept_until(call["heard"][-1]["end_ms"], entry, call)


def assert_kept_until(over_ms: int, entry: journal.ReadEntryResponse, call: Mapping[str, Any]) -> None:
    """What the person began to say before that moment is in the entry, and nothing that they did not say."""
    kept = said(entry, journal.SPEAKER_PERSON)
    listened_to = [utterance["text"] for utterance in call["said"] if utterance["start_ms"] < over_ms]
    assert kept.startswith(" ".join(listened_to)), (kept, call)
    assert call["said_words"].startswith(kept), (kept, call)


SCRIPTED = Tuning(
    time_factor=TIME_FACTOR,
    voices="wordcode",
    settings={
        "DAYBOOK_CALLS_PER_SECOND": "50",
        "DAYBOOK_SWEEP_PERIOD_S": "1",
        "DAYBOOK_RETRY_SCALE": "0.01",
        "DAYBOOK_CARRIER_TIMEOUT_S": "2",
        "DAYBOOK_RECONCILE_AFTER_S": "4",
        "DAYBOOK_CALL_QUIET_S": "5",
        "DAYBOOK_REFLECTION_GRACE_S": "5",
        "DAYBOOK_SESSION_GRACE_S": "2",
    },
)
"""Every word is carried in band, and nothing takes long."""


def ports_of_its_own() -> dict[str, int]:
    """In place of those that people look for, which another Daybook may take before this one listens there."""
    return {name: free_port() for name in WANTED_PORTS}


@asynccontextmanager
async def running_daybook(tuning: Tuning, logs: Path) -> AsyncIterator[WholeDaybook]:
    """A whole Daybook of its own, whose logs are left in a folder: who looks for the cause of a failure finds them there."""
    # not below pytest's own folder, which another run of pytest closes to PostgreSQL's user
    with TemporaryDirectory(prefix="daybook-whole-") as folder:
        outside = Outside(twilio=False, google=False, gemini=False, openid=False)
        stack = Stack(Home(Path(folder) / "home"), {}, outside, tuning, ports=ports_of_its_own())
        async with AsyncExitStack() as closing:
            closing.callback(lambda: shutil.copytree(stack.home.logs, logs, dirs_exist_ok=True))
            supervisor = await closing.enter_async_context(running_stack(stack, lambda _step: None))
            whole = WholeDaybook(stack, supervisor)
            keeping = asyncio.create_task(supervisor.keep(whole.ends.append))
            closing.push_async_callback(whole.close)
            listener = await connect_nats(stack.nats_access("toolbox"), name="test")
            await listener.subscribe("call.>", cb=whole.hear)
            await listener.flush()
            yield whole
            await listener.close()
            keeping.cancel()
            await asyncio.wait([keeping])


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def daybook(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[WholeDaybook]:
    async with running_daybook(SCRIPTED, tmp_path_factory.mktemp("logs")) as whole:
        yield whole
