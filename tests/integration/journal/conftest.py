"""The journal on a real PostgreSQL and a real folder of objects, asked over a real gRPC channel; only the clock is the test's."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

import journal
from chassis.clock import ManualClock
from chassis.database import Database, open_database
from chassis.migrations import upgrade
from chassis.rpc import open_channel, serving_grpc
from daybook.journal.v1 import journal_pb2 as pb
from daybook.journal.v1 import journal_pb2_grpc as rpc
from journal.entries import Entries
from journal.finished_calls import FinishedCalls
from journal.keyring import Keyring
from journal.keys import MountedKeyFile
from journal.objects import open_objects
from journal.recordings import Recordings
from journal.service import FULL_NAME, JournalService
from journal.sessions import Sessions

SCHEMA = "journal"
REVISIONS = Path(journal.__file__).parent / "migrations"
NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
GRACE = timedelta(seconds=15)
PERSON, DAYBOOK = pb.SPEAKER_PERSON, pb.SPEAKER_DAYBOOK


def instant(at: datetime) -> Timestamp:
    timestamp = Timestamp()
    timestamp.FromDatetime(at)
    return timestamp


@dataclass
class Conversation:
    """One call as its gateway writes it to the journal."""

    stub: "rpc.JournalServiceAsyncStub"
    person_id: str
    call_id: str
    session_id: str = ""

    async def start(self, attempt_number=1):
        request = pb.StartSessionRequest(
            call_id=self.call_id, person_id=self.person_id, started_at=instant(NOW), attempt_number=attempt_number
        )
        started = await self.stub.StartSession(request)
        self.session_id = started.session_id
        return started

    async def say(self, sequence, text, speaker=PERSON):
        turn = pb.Turn(
            sequence=sequence,
            speaker=speaker,
            text=text,
            starts_at_ms=sequence * 1000,
            ends_at_ms=sequence * 1000 + 900,
        )
        await self.stub.AppendTurn(pb.AppendTurnRequest(session_id=self.session_id, turn=turn))
        return turn

    def segment(self, sequence, audio=b"\x10" * 8000, track=PERSON, starts_at_ms=None):
        return pb.AppendAudioRequest(
            session_id=self.session_id,
            track=track,
            sequence=sequence,
            starts_at_ms=sequence * 1000 if starts_at_ms is None else starts_at_ms,
            audio=audio,
        )

    async def record(self, *segments):
        return [answer.position async for answer in self.stub.AppendAudio(segments)]

    async def finish(self, outcome=pb.SESSION_OUTCOME_COMPLETED, ended_at=NOW + timedelta(minutes=2)):
        request = pb.FinishSessionRequest(session_id=self.session_id, outcome=outcome, ended_at=instant(ended_at))
        return await self.stub.FinishSession(request)

    async def read(self, entry_id):
        return await self.stub.ReadEntry(pb.ReadEntryRequest(person_id=self.person_id, entry_id=entry_id))

    async def hear(self, entry_id):
        request = pb.ReadAudioRequest(person_id=self.person_id, entry_id=entry_id)
        return b"".join([answer.chunk async for answer in self.stub.ReadAudio(request)])


@dataclass
class Journal:
    """The service as its clients see it, and the places where it keeps things."""

    stub: "rpc.JournalServiceAsyncStub"
    database: Database
    folder: Path
    finished_calls: FinishedCalls

    def conversation(self, person_id=None):
        return Conversation(self.stub, person_id or str(uuid4()), str(uuid4()))

    async def begun(self, person_id=None):
        conversation = self.conversation(person_id)
        await conversation.start()
        return conversation

    async def spoken(self, *texts, person_id=None):
        """A finished conversation of these utterances and a second of audio, with its entry."""
        conversation = await self.begun(person_id)
        for sequence, text in enumerate(texts or ("It was a long day.",)):
            await conversation.say(sequence, text)
        await conversation.record(conversation.segment(0))
        return conversation, (await conversation.finish()).entry

    def objects(self):
        return sorted(path for path in self.folder.rglob("*") if path.is_file() and "recordings" in path.parts)


@pytest.fixture
def refused():
    """Expects a call to be answered with a status, and a text that holds a sentence."""

    @contextmanager
    def expect(code, sentence):
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            yield
        assert raised.value.code() == code
        assert sentence in raised.value.details()

    return expect


@pytest.fixture
def clock():
    return ManualClock(NOW)


@pytest.fixture
def kek_file(tmp_path):
    path = tmp_path / "kek"
    path.write_bytes(base64.b64encode(b"k" * 32))
    return path


@pytest.fixture
async def database_url(postgres_url):
    await upgrade(postgres_url, schema=SCHEMA, revisions=REVISIONS)
    return postgres_url


@pytest.fixture
def serving(database_url, kek_file, tmp_path, clock):
    """Starts the journal where it left off, as often as a test likes."""

    @asynccontextmanager
    async def serve(objects_url="") -> AsyncIterator[Journal]:
        async with open_database(database_url, schema=SCHEMA) as database:
            objects = open_objects(objects_url or (tmp_path / "objects").as_uri())
            keyring = Keyring(database, MountedKeyFile(kek_file), clock)
            await keyring.recognise()
            sessions = Sessions(database, keyring, objects, clock, grace=GRACE)
            recordings = Recordings(database, keyring, objects)
            service = JournalService(sessions, recordings, Entries(database, keyring, objects, recordings, clock))

            def register(server):
                rpc.add_JournalServiceServicer_to_server(service, server)

            async with (
                serving_grpc({FULL_NAME: register}, host="127.0.0.1", port=0) as port,
                open_channel(f"127.0.0.1:{port}") as channel,
            ):
                yield Journal(rpc.JournalServiceStub(channel), database, tmp_path / "objects", FinishedCalls(sessions))

    return serve


@pytest.fixture
async def served(serving):
    async with serving() as running:
        yield running
