"""`kill -9` of a gateway in the middle of conversations: another carries them on, and what was said is kept (promise 5).

Two gateways are processes behind one address; the journal is the real one. Each call is at a random moment when the gateway
that holds it is killed. What is measured is in the call's own time.
"""

import asyncio
import base64
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import pytest
import pytest_asyncio
from gateway_processes import Front, a_gateway, serving_front
from journal_access import gate_of, open_channel_of_all
from real_servers import a_database
from service_processes import ServiceProcess
from whole_daybook import until

import journal as journal_service
from chassis.clock import SystemClock
from chassis.database import open_database
from chassis.migrations import upgrade
from chassis.rpc import serving_grpc
from daybook.events.v1 import events_pb2 as events
from daybook.journal.v1 import journal_pb2 as pb
from daybook.journal.v1.journal_pb2_grpc import JournalServiceStub
from daybook.scheduler.v1 import scheduler_pb2 as scheduler
from emulators import wordcode
from journal.entries import Entries
from journal.keyring import Keyring
from journal.keys import find_keys
from journal.mounted_keys import MountedKeys
from journal.objects import open_objects
from journal.recordings import Recordings
from journal.service import JournalService
from journal.sessions import Sessions
from voice_gateway.exchange import Outcome
from voice_gateway.media import BYTES_PER_MS, SILENCE
from voice_gateway.programme_files import programme_for

ENGLISH = programme_for("en-US", "Daybook")
pytestmark = pytest.mark.asyncio(loop_scope="module")

LONGEST_LOSS_MS = 1_000
BACK_WITHIN_MS = 3_000
MOMENTS_MS = (500, 36_000)
"""Within a call with this person, which takes some 42 s."""
SCRIPT = [
    "It was a quiet day. I finished the book that I started in spring.",
    "That is all for today, thank you.",
    "Nothing else. Good night.",
]


@asynccontextmanager
async def serving_journal(database_url: str, folder: Path) -> AsyncIterator[str]:
    """The real one, in this process, so that a kill of a gateway cannot reach it."""
    revisions = Path(journal_service.__file__).parent / "migrations"
    await upgrade(database_url, schema="journal", revisions=revisions)
    keks = folder / "keks"
    keks.mkdir()
    (keks / "kek").write_bytes(base64.b64encode(b"k" * 32))
    clock = SystemClock()
    async with open_database(database_url, schema="journal") as database:
        objects = open_objects((folder / "objects").as_uri())
        keyring = Keyring(database, await find_keys([MountedKeys(keks)]), clock)
        await keyring.recognise()
        recordings = Recordings(database, keyring, objects)
        sessions = Sessions(database, keyring, recordings, clock, grace=timedelta(seconds=15), made=asyncio.Event())
        service = JournalService(sessions, recordings, Entries(database, keyring, recordings, clock))
        register = {service.FULL_NAME: service.add_to}
        gate = gate_of(database, clock)
        async with serving_grpc(register, host="127.0.0.1", port=0, gate=gate) as port:
            yield f"127.0.0.1:{port}"


class Cluster:
    """Two gateways, the first of which is asked as long as it answers."""

    def __init__(self, outside, stub, front: Front, gateways: list[ServiceProcess]) -> None:
        self.outside = outside
        self.stub = stub
        self.front = front
        self.gateways = gateways

    async def kill_first(self) -> None:
        self.gateways[0].kill()
        await self.gateways[0].ended()

    async def start_again(self) -> None:
        """The one that was killed is now asked only where the other does not answer."""
        await self.gateways[0].start()
        self.turn_round()

    def turn_round(self) -> None:
        self.gateways.reverse()
        self.front.ports = [gateway.port for gateway in self.gateways]

    async def session(self, attempt_id: str) -> pb.StartSessionResponse:
        """As the next gateway would find it."""
        request = pb.StartSessionRequest(
            call_id=attempt_id.partition(".")[0], person_id=await self._person_id(attempt_id), attempt_number=1
        )
        request.started_at.GetCurrentTime()
        return await self.stub.StartSession(request)

    async def _person_id(self, attempt_id: str) -> str:
        request = scheduler.GetCallBriefingRequest(call_id=attempt_id.partition(".")[0])
        return (await self.outside.scheduler.GetCallBriefing(request, None)).person_id

    async def aftermath(self, attempt_id: str) -> "Aftermath":
        """What became of a call that is over, seen from the carrier and from the journal."""

        async def over() -> bool:
            return (await self.outside.carrier_knows(attempt_id))["status"] == "completed"

        await until(over)
        carrier = await self.outside.carrier_knows(attempt_id)

        async def finished() -> bool:
            return (await self.session(attempt_id)).finished

        await until(finished)
        session = await self.session(attempt_id)
        person_id = await self._person_id(attempt_id)
        listed = await self.stub.ListEntries(pb.ListEntriesRequest(person_id=person_id))
        [summary] = listed.entries
        entry = await self.stub.ReadEntry(pb.ReadEntryRequest(person_id=person_id, entry_id=summary.entry_id))
        sound = {}
        for track in ("said", "heard"):
            path = f"/emulator/calls/{self.outside.sids[attempt_id]}/{track}.ulaw"
            sound[track] = (await self.outside.carrier.get(path)).content
        return Aftermath(carrier, session, entry, **sound)


@dataclass
class Aftermath:
    """
    Attributes:
        said, heard: the person's sound, and Daybook's, as they were on the line.
    """

    call: dict[str, Any]
    session: pb.StartSessionResponse
    entry: pb.ReadEntryResponse
    said: bytes
    heard: bytes

    @property
    def breaks(self) -> list[tuple[int, int]]:
        """From when until when the line led nowhere, in ms since the call was answered."""
        streams = self.call["streamed"]
        ended = [(broken["ended_ms"], next_one["started_ms"]) for broken, next_one in pairwise(streams)]
        return [(ended_ms, on_again_ms) for ended_ms, on_again_ms in ended if self.words_after(ended_ms)]

    @property
    def lost_ms(self) -> int:
        """How much of what was sent to gateways is not kept."""
        sent_ms = sum(stream["sent_ms"] for stream in self.call["streamed"])
        [kept_ms] = [track.kept_ms for track in self.session.tracks if track.track == pb.SPEAKER_PERSON]
        return sent_ms - kept_ms

    def words_after(self, at_ms: int) -> list[wordcode.HeardWord]:
        """What was heard of Daybook after that, until the end."""
        return [it for it in wordcode.Decoder().feed(self.heard) if it.start_byte >= at_ms * BYTES_PER_MS]

    def told(self) -> str:
        """What happened, for who looks for the cause of a failure."""
        turns = [(turn.purpose or "person", turn.starts_at_ms, turn.ends_at_ms, turn.text) for turn in self.entry.turns]
        return f"call {self.call['sid']}: {self.call['streamed']}, lost {self.lost_ms} ms, kept {turns}"

    def back_after_ms(self) -> int:
        """How long after the break Daybook was heard again."""
        [(broken_ms, _)] = self.breaks
        return self.words_after(broken_ms)[0].start_byte // BYTES_PER_MS - broken_ms

    @property
    def lost(self) -> list[tuple[int, int]]:
        """From when until when what the person said may be lost. When the carrier finds out that a stream broke it has some
        frames in hand that it never sent: they are no audio that a gateway lost, and the words in them are.
        """
        streams = self.call["streamed"]
        sent_until = [
            (broken["started_ms"] + broken["sent_ms"], next_one["started_ms"]) for broken, next_one in pairwise(streams)
        ]
        return [(sent_until_ms - self.lost_ms, on_again_ms) for sent_until_ms, on_again_ms in sent_until]

    def missing_words(self, lost: Sequence[tuple[int, int]] = ()) -> list[tuple[int, int, str]]:
        """What the person said, from when until when, and is not in the entry, though it does not touch what may be lost. What is
        in it was said, and in this order.

        What they say after Daybook's last words is left out: the line is closed then, and the carrier hangs up a moment later.
        """
        over = wordcode.Decoder().feed(self.heard)[-1].end_byte
        kept = [word for turn in self.entry.turns if turn.speaker == pb.SPEAKER_PERSON for word in turn.text.split()]
        missing = []
        # how many of the kept words may be accounted for: of a word that was said twice and kept once, either may be lost
        accounted = {0}
        for word in wordcode.Decoder().feed(self.said):
            starts_ms, ends_ms = word.start_byte // BYTES_PER_MS, word.end_byte // BYTES_PER_MS
            with_it = {number + 1 for number in accounted if kept[number : number + 1] == [word.text]}
            may_be_lost = any(ends_ms > from_ms and starts_ms < to_ms for from_ms, to_ms in lost)
            if may_be_lost or word.start_byte >= over:
                accounted |= with_it
            elif with_it:
                accounted = with_it
            else:
                missing.append((starts_ms, ends_ms, word.text))
        assert len(kept) in accounted, "something is kept that was not said, or twice"
        return missing


@asynccontextmanager
async def cluster(around, database_url: str, folder: Path, *, time_factor: float) -> AsyncIterator[Cluster]:
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        outside = await enter(around(time_factor=time_factor))
        target = await enter(serving_journal(database_url, folder))
        channel = await enter(open_channel_of_all(target))
        environment = outside.environment | {"DAYBOOK_JOURNAL_TARGET": target}
        gateways = [await enter(a_gateway(environment, folder / f"gateway-{number}.log")) for number in range(2)]
        front = await enter(serving_front(outside.port, [gateway.port for gateway in gateways]))
        yield Cluster(outside, JournalServiceStub(channel), front, gateways)


async def kill_at(running: Cluster, moments_ms: Sequence[int]) -> list[Aftermath]:
    """Calls, each of them at its moment when the gateway that holds them all is killed."""
    last_ms = max(moments_ms)
    attempts = [
        await running.outside.ring("brief", overrides={"script": SCRIPT, "rings_s": 1 + (last_ms - moment_ms) / 1000})
        for moment_ms in moments_ms
    ]
    first = attempts[moments_ms.index(last_ms)]

    async def at_its_moment() -> bool:
        return (await running.outside.carrier_knows(first))["connected_ms"] >= last_ms

    await until(at_its_moment)
    await running.kill_first()
    starting = asyncio.create_task(running.start_again())
    aftermaths = [await running.aftermath(attempt_id) for attempt_id in attempts]
    await starting
    return aftermaths


def assert_it_went_on(it: Aftermath) -> None:
    """The call came to its end, in one entry with all that gateways heard."""
    assert it.call["status"] == "completed"
    # who had said that this is all, and was then told that Daybook is back, may have nothing more to say
    last_words = (ENGLISH.closings[Outcome.COMPLETED], ENGLISH.closings[Outcome.CUT_SHORT])
    assert it.call["heard_words"].endswith(last_words), it.told()
    assert it.entry.summary.outcome in {pb.SESSION_OUTCOME_COMPLETED, pb.SESSION_OUTCOME_CUT_SHORT}
    assert [turn.sequence for turn in it.entry.turns] == list(range(len(it.entry.turns)))
    missing = it.missing_words(it.lost)
    assert missing == [], f"{it.told()}, missing {missing}"
    for broken_ms, _ in it.breaks:
        words = " ".join(word.text for word in it.words_after(broken_ms))
        # who had not heard the greeting to its end is greeted again; and the words that come back may be broken off by the last
        # ones, after any of them, where what was said just before the break is understood meanwhile, and was all
        back, closing = ENGLISH.resumption.partition(",")[0], ENGLISH.closings[Outcome.COMPLETED]
        broken_off = [" ".join([*back.split()[:heard], closing]) for heard in range(len(back.split()))]
        assert words.startswith((back, "Hello", *broken_off)), it.told()


@pytest.mark.parametrize(
    ("kept", "missing"),
    [
        ("I finished what I started", []),
        ("I started", []),  # the second one of the two
        ("what I started", []),
        ("finished what I", [(1600, 1940, "started")]),
        ("started", [(1200, 1540, "I")]),
    ],
)
async def test_what_was_said_twice_is_missed_where_it_cannot_have_been_lost(kept, missing):
    said = wordcode.encode("I finished what I started")
    streamed = [
        # of the first word's last 40 ms the carrier had all in hand when it found out
        {"started_ms": 0, "sent_ms": 300, "ended_ms": 360},
        {"started_ms": 1200, "sent_ms": 800, "ended_ms": 2000},
    ]
    it = Aftermath(
        {"streamed": streamed},
        pb.StartSessionResponse(tracks=[pb.TrackPosition(track=pb.SPEAKER_PERSON, kept_ms=1100)]),
        pb.ReadEntryResponse(turns=[pb.Turn(speaker=pb.SPEAKER_PERSON, text=kept)]),
        said=said,
        heard=SILENCE * len(said) + wordcode.encode("Good-bye."),
    )
    assert it.missing_words(it.lost) == missing


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(around, postgres_server, tmp_path_factory) -> AsyncIterator[Cluster]:
    folder = tmp_path_factory.mktemp("gateways")
    async with a_database(postgres_server) as url, cluster(around, url, folder, time_factor=1.5) as it:
        yield it


@pytest.mark.timeout(240)
async def test_a_gateway_is_killed_and_the_other_carries_its_calls_on(running):
    aftermaths = await kill_at(running, [900, 9_000, 16_000, 23_000, 33_000])
    for it in aftermaths:
        assert_it_went_on(it)
    assert [len(it.breaks) for it in aftermaths] == [1] * 5
    # a busy machine loses time too: the fifty kills are each held to it
    assert median(it.lost_ms for it in aftermaths) <= LONGEST_LOSS_MS


@pytest.mark.timeout(240)
async def test_a_gateway_is_killed_while_it_says_good_bye_and_the_other_says_that_alone(running):
    attempt_id = await running.outside.ring("brief", overrides={"script": SCRIPT[1:]})

    async def says_good_bye() -> bool:
        return (await running.session(attempt_id)).closing == pb.SESSION_OUTCOME_COMPLETED

    await until(says_good_bye)
    await running.kill_first()
    starting = asyncio.create_task(running.start_again())
    it = await running.aftermath(attempt_id)
    await starting
    assert_it_went_on(it)
    [(broken_ms, _)] = it.breaks
    assert " ".join(word.text for word in it.words_after(broken_ms)) == ENGLISH.closings[Outcome.COMPLETED], it.told()
    assert it.entry.summary.outcome == pb.SESSION_OUTCOME_COMPLETED


@pytest.mark.timeout(240)
async def test_a_machine_that_the_carrier_tells_another_gateway_of_is_told_its_message(running):
    attempt_id = await running.outside.ring(
        "voicemail",
        overrides={"opens_with": "Hi, this is the house by the river.", "detection_s": 12},
        MachineDetection="DetectMessageEnd",
        AsyncAmd="true",
        AsyncAmdStatusCallback="{hooks}/amd/{attempt_id}",
    )
    await running.outside.reflection(attempt_id, events.REFLECTION_STATE_STARTED)
    running.turn_round()
    await running.outside.reflection(attempt_id, events.REFLECTION_STATE_SILENT)
    call = await running.outside.carrier_call(attempt_id)
    assert call["heard_words"].endswith(ENGLISH.voicemail_message)


@pytest.mark.timeout(240)
async def test_a_gateway_is_to_go_while_others_are_rung(running):
    await go_while_others_are_rung(running, in_progress=4, others=2)


@pytest.mark.endurance
@pytest.mark.timeout(7200)
async def test_fifty_kills(around, postgres_server, tmp_path, capsys):
    """Of two calls each, at a moment of its own in each, and in the time of life: five clusters share the kills."""

    async def kill_ten(running: Cluster, chance: random.Random) -> list[Aftermath]:
        return [it for _ in range(10) for it in await kill_at(running, [chance.randint(*MOMENTS_MS) for _ in range(2)])]

    async with AsyncExitStack() as stack:
        clusters = []
        for number in range(5):
            url = await stack.enter_async_context(a_database(postgres_server))
            folder = tmp_path / str(number)
            folder.mkdir()
            clusters.append(await stack.enter_async_context(cluster(around, url, folder, time_factor=1)))
        tens = await asyncio.gather(*(kill_ten(it, random.Random(seed)) for seed, it in enumerate(clusters)))
    aftermaths = [it for ten in tens for it in ten]
    broken = [it for it in aftermaths if it.breaks]
    away = [on_again_ms - broken_ms for it in broken for broken_ms, on_again_ms in it.breaks]
    with capsys.disabled():
        print(f"\nbroken calls: {len(broken)}", end="")  # noqa: T201 - for people
        for name, values in [
            ("audio lost", [it.lost_ms for it in broken]),
            ("line away", away),
            ("Daybook heard again after", [it.back_after_ms() for it in broken]),
        ]:
            print(f"\n{name}, ms: median {median(values):.0f}, most {max(values)}", end="")  # noqa: T201 - for people
    for it in aftermaths:
        assert_it_went_on(it)
    assert len(broken) >= 50
    assert max(it.lost_ms for it in broken) <= LONGEST_LOSS_MS
    assert max(it.back_after_ms() for it in broken) <= BACK_WITHIN_MS


@pytest.mark.endurance
@pytest.mark.timeout(3600)
async def test_fifty_calls_are_in_progress_when_a_gateway_is_to_go(around, postgres_server, tmp_path):
    async with a_database(postgres_server) as url, cluster(around, url, tmp_path, time_factor=1) as running:
        gone = running.gateways[0]
        await go_while_others_are_rung(running, in_progress=50, others=20)
        assert await gone.ended() == 0


async def go_while_others_are_rung(running: Cluster, *, in_progress: int, others: int) -> None:
    attempts = [await running.outside.ring("brief", overrides={"script": SCRIPT}) for _ in range(in_progress)]

    async def all_talk() -> bool:
        return all([(await running.outside.carrier_knows(it))["said"] for it in attempts])

    await until(all_talk)
    running.gateways[0].terminate()
    running.turn_round()
    attempts += [await running.outside.ring("brief", overrides={"script": SCRIPT}) for _ in range(others)]
    for attempt_id in attempts:
        it = await running.aftermath(attempt_id)
        assert_it_went_on(it)
        assert it.missing_words() == []
        assert "resumption" not in [turn.purpose for turn in it.entry.turns], "nothing was broken off"
        assert it.call["debugger"] == []
