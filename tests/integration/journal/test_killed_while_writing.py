"""`kill -9` of the journal, of PostgreSQL, and an object store that goes and comes, while many write: nothing of it is lost.

The writers are the gateway's own client and keeper, which give up nothing; whatever they handed in is there in the end.
"""

import asyncio
import base64
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import asyncpg
import pytest
from journal_access import SETTINGS, Tokens, open_channel_of_all
from real_servers import RealPostgres
from service_processes import ServiceProcess, a_service

import journal as journal_service
from chassis.migrations import upgrade
from daybook.journal.v1 import consistency_pb2 as consistency
from daybook.journal.v1 import journal_pb2 as pb
from daybook.journal.v1.consistency_pb2_grpc import ConsistencyServiceStub
from daybook.journal.v1.journal_pb2_grpc import JournalServiceStub
from journal.rights import GATEWAY
from voice_gateway.attempts import Attempt
from voice_gateway.exchange import Outcome, Speaker, Turn
from voice_gateway.journal import Journal
from voice_gateway.recording import Segment
from voice_gateway.spool import Room

REVISIONS = Path(journal_service.__file__).parent / "migrations"
LONG_AGO = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
TURNS = 6
AT_ONCE = 20
OPENED_WITHIN_S = 300


@dataclass
class Written:
    """What one writer handed in."""

    attempt: Attempt
    person_id: str
    words: list[str] = field(default_factory=list)
    audio: dict[Speaker, bytearray] = field(default_factory=lambda: {track: bytearray() for track in Speaker})


class Writers:
    """Each writes a session. They tell whenever a turn of somebody's is safe: that is when something may go wrong next."""

    def __init__(self, journal: Journal, chance: random.Random) -> None:
        self.written: list[Written] = []
        self.safe = 0
        self._journal = journal
        self._chance = chance
        self._news = asyncio.Condition()
        self._places = asyncio.Semaphore(AT_ONCE)
        self.left = 0

    async def until_more_is_safe(self, turns: int) -> None:
        """Returns once so many turns more are safe, or nobody writes any more."""
        wanted = self.safe + turns
        async with self._news:
            await self._news.wait_for(lambda: self.safe >= wanted or not self.left)

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    async def write(self, number: int) -> None:
        async with self._places:
            written = Written(Attempt(str(uuid4()), 1), str(uuid4()))
            self.written.append(written)
            opened = await self._journal.open_session(
                written.attempt, person_id=written.person_id, started_at=LONG_AGO, within_s=OPENED_WITHIN_S
            )
            async with self._journal.keeping(opened.session_id) as keeper:
                for turn in range(TURNS):
                    words = f"Thought {turn} of person {number}."
                    speaker = (Speaker.DAYBOOK, Speaker.PERSON)[turn % 2]
                    audio = bytes([self._chance.randrange(256)]) * self._chance.randint(80, 1600)
                    keeper.keep_audio([Segment(speaker, turn // 2, turn * 1000, audio)])
                    keeper.keep_turn(Turn(turn, speaker, words, None, turn * 1000, turn * 1000 + 500))
                    written.words.append(words)
                    written.audio[speaker] += audio
                    await keeper.turns_safe()
                    self.safe += 1
                    await self._tell()
                await keeper.finish(Outcome.COMPLETED, LONG_AGO + timedelta(minutes=1))
        self.left -= 1
        await self._tell()

    async def write_all(self, sessions: int) -> None:
        self.left = sessions
        async with asyncio.TaskGroup() as tasks:
            for number in range(sessions):
                tasks.create_task(self.write(number))


@dataclass
class House:
    journal: ServiceProcess
    postgres: RealPostgres
    folder: Path

    async def kill_the_journal(self) -> None:
        self.journal.kill()
        await self.journal.ended()
        await self.journal.start()

    async def crash_postgres(self) -> None:
        self.postgres.crash()
        self.postgres.start()
        await self.postgres.until_answering()

    async def take_the_object_store_away(self) -> None:
        """For as long as PostgreSQL takes to be asked something: a file is where its folder was."""
        self.folder.rename(self.folder.with_name("away"))
        self.folder.write_bytes(b"")
        connection = await asyncpg.connect(self.postgres.embedded.url())
        await connection.close()
        self.folder.unlink()
        self.folder.with_name("away").rename(self.folder)


@asynccontextmanager
async def a_house(nats_url: str, tmp_path: Path) -> AsyncIterator[tuple[House, str]]:
    """A journal on a PostgreSQL of its own; and where it answers."""
    async with AsyncExitStack() as stack:
        # not below pytest's own folder, which another run of pytest closes to the server's user
        postgres = RealPostgres(Path(stack.enter_context(TemporaryDirectory(prefix="daybook-postgres-"))))
        postgres.start()
        stack.callback(postgres.stop)
        await postgres.until_answering()
        url = postgres.embedded.url()
        await upgrade(url, schema="journal", revisions=REVISIONS)
        keks, objects = tmp_path / "keks", tmp_path / "objects"
        keks.mkdir()
        objects.mkdir()
        (keks / "first").write_bytes(base64.b64encode(b"k" * 32))
        environment = {
            "DAYBOOK_DATABASE_URL": url,
            "DAYBOOK_NATS_URL": nats_url,
            **SETTINGS,
            "DAYBOOK_KEK_FOLDER": str(keks),
            "DAYBOOK_OBJECT_STORE_URL": objects.as_uri(),
        }
        process = await stack.enter_async_context(
            a_service("journal", "DAYBOOK_GRPC_PORT", environment, tmp_path / "journal.log")
        )
        yield House(process, postgres, objects), f"127.0.0.1:{process.port}"


async def write_while_it_is_killed(nats_url: str, tmp_path: Path, *, sessions: int, blows: int) -> None:
    chance = random.Random(sessions)
    async with a_house(nats_url, tmp_path) as (house, target), open_channel_of_all(target) as channel:
        writers = Writers(Journal(channel, Room(10**8), Tokens().of_service(GATEWAY)), chance)
        harm = [house.kill_the_journal, house.kill_the_journal, house.crash_postgres, house.take_the_object_store_away]
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(writers.write_all(sessions))
            await asyncio.sleep(0)
            for blow in range(blows):
                await writers.until_more_is_safe(chance.randint(0, 2 * sessions * TURNS // blows // 2))
                await harm[blow % len(harm)]()
        stub = JournalServiceStub(channel)
        assert len(writers.written) == sessions
        for written in writers.written:
            await assert_all_is_there(stub, written)
        request, faults = consistency.CheckSessionsRequest(deep=True), []
        while True:
            page = await ConsistencyServiceStub(channel).CheckSessions(request)
            faults += page.faults
            if not page.next_after_session_id:
                break
            request.after_session_id = page.next_after_session_id
        assert faults == []


async def assert_all_is_there(stub, written: Written) -> None:
    [summary] = (await stub.ListEntries(pb.ListEntriesRequest(person_id=written.person_id))).entries
    entry = await stub.ReadEntry(pb.ReadEntryRequest(person_id=written.person_id, entry_id=summary.entry_id))
    assert [turn.text for turn in entry.turns] == written.words
    asked = pb.ReadAudioRequest(person_id=written.person_id, entry_id=summary.entry_id)
    frames = b"".join([piece.chunk async for piece in stub.ReadAudio(asked)])[58:]
    for heard, track in ((frames[0::2], Speaker.PERSON), (frames[1::2], Speaker.DAYBOOK)):
        # silence between them is 0xff, which a segment may be made of as well
        assert heard.replace(b"\xff", b"") == bytes(written.audio[track]).replace(b"\xff", b"")
    assert not summary.cut_off


@pytest.mark.timeout(240)
async def test_nothing_that_was_handed_in_is_lost(nats_url, tmp_path):
    await write_while_it_is_killed(nats_url, tmp_path, sessions=30, blows=4)


@pytest.mark.endurance
@pytest.mark.timeout(7200)
async def test_nothing_of_a_thousand_sessions_is_lost(nats_url, tmp_path):
    await write_while_it_is_killed(nats_url, tmp_path, sessions=1000, blows=100)
