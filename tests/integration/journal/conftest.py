"""The journal on a real PostgreSQL and a real folder of objects, asked over a real gRPC channel; only the clock is the test's."""

import asyncio
import base64
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import grpc
import pytest
from journal_access import Tokens, gate_of, open_channel_of_all
from real_servers import a_template
from rotations import FIRST, SECOND
from spoken_entries import NOW, Conversation, instant

import journal
from chassis.clock import ManualClock
from chassis.consumer import Received
from chassis.database import Database, open_database
from chassis.rpc import serving_grpc
from daybook.events.v1 import events_pb2 as events
from daybook.journal.v1 import journal_pb2_grpc as rpc
from daybook.journal.v1.revisions_pb2 import EditEntryRequest, ListRevisionsRequest
from daybook.journal.v1.revisions_pb2_grpc import RevisionsServiceStub
from journal.archive_service import ArchiveService
from journal.audit_service import AuditService
from journal.browsing import Browsing
from journal.consistency_service import ConsistencyService
from journal.entries import Entries
from journal.exports import Exports
from journal.finding_service import FindingService
from journal.finished_calls import FinishedCalls
from journal.fsck import Fsck
from journal.imports import Imports
from journal.keeping import Keepings
from journal.keeping_service import KeepingService
from journal.keyring import Keyring
from journal.keys import find_keys
from journal.keys_service import KeysService
from journal.mounted_keys import MountedKeys
from journal.objects import open_objects
from journal.recordings import Recordings
from journal.revisions import Revisions
from journal.revisions_service import RevisionsService
from journal.rotation import Rotation
from journal.search import Search
from journal.service import JournalService
from journal.sessions import Sessions

SCHEMA = "journal"
REVISIONS = Path(journal.__file__).parent / "migrations"
GRACE = timedelta(seconds=15)


def call_finished(call_id, outcome=events.CALL_OUTCOME_CUT_SHORT, attempts=1, **more):
    """The event that the call has ended."""
    message = events.CallFinished(call_id=call_id, outcome=outcome, finished_at=instant(NOW), attempts=attempts, **more)
    return Received("an-event", NOW, message, 1)


@dataclass
class Journal:
    """The service as its clients see it, and the places where it keeps things."""

    stub: "rpc.JournalServiceAsyncStub"
    database: Database
    folder: Path
    finished_calls: FinishedCalls
    keyring: Keyring
    channel: grpc.aio.Channel
    entries: Entries
    revisions: Revisions
    made: asyncio.Event
    target: str

    def conversation(self, person_id=None):
        return Conversation(self.stub, person_id or str(uuid4()), str(uuid4()))

    async def begun(self, person_id=None, started_at=NOW):
        conversation = self.conversation(person_id)
        await conversation.start(started_at=started_at)
        return conversation

    async def spoken(self, *texts, person_id=None, started_at=NOW):
        """A finished conversation of these utterances and a second of audio, with its entry."""
        conversation = await self.begun(person_id, started_at)
        for sequence, text in enumerate(texts or ("It was a long day.",)):
            await conversation.say(sequence, text)
        await conversation.record(conversation.segment(0))
        return conversation, (await conversation.finish()).entry

    async def edit(self, conversation, entry, based_on=0, **content):
        """What the person wrote of an entry, kept as a revision."""
        request = EditEntryRequest(
            person_id=conversation.person_id, entry_id=entry.entry_id, based_on=based_on, **content
        )
        return (await RevisionsServiceStub(self.channel).EditEntry(request)).revision

    async def history(self, conversation, entry):
        request = ListRevisionsRequest(person_id=conversation.person_id, entry_id=entry.entry_id)
        return [answer.revision async for answer in RevisionsServiceStub(self.channel).ListRevisions(request)]

    async def hear_that_the_call_finished(self, call_id, *told, **more):
        await self.finished_calls.handle(call_finished(call_id, *told, **more))

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
def keks(tmp_path):
    """A folder with one key-encryption key."""
    folder = tmp_path / "keks"
    folder.mkdir()
    (folder / "first").write_bytes(base64.b64encode(FIRST))
    return folder


@pytest.fixture
def both(keks):
    """The folder with a second key beside the first."""
    (keks / "second").write_bytes(base64.b64encode(SECOND))
    return keks


@pytest.fixture
async def alone(both, tmp_path):
    """Each of the keys in a folder by itself, by name."""

    async def only(name):
        folder = tmp_path / f"only-{name}"
        folder.mkdir()
        shutil.copy(both / name, folder)
        return await find_keys([MountedKeys(folder)])

    return {name: await only(name) for name in ("first", "second")}


@pytest.fixture
async def rotating(both, clock):
    """A rotation to a key, over the database of the process that does it; two keys at a time."""
    keys = {active: await find_keys([MountedKeys(both)], active) for active in ("first", "second")}

    def rotation(database, active="second"):
        return Rotation(database, keys[active], clock, page=2)

    return rotation


@pytest.fixture(scope="session")
def template(postgres_server):
    return a_template(postgres_server, schema=SCHEMA, revisions=REVISIONS)


@pytest.fixture
def serving(database_url, keks, tmp_path, clock):
    """Starts the journal where it left off, as often as a test likes."""

    @asynccontextmanager
    async def serve(objects_url="", active="") -> AsyncIterator[Journal]:
        async with open_database(database_url, schema=SCHEMA) as database:
            objects = open_objects(objects_url or (tmp_path / "objects").as_uri())
            keys = await find_keys([MountedKeys(keks)], active)
            keyring = Keyring(database, keys, clock)
            await keyring.recognise()
            recordings = Recordings(database, keyring, objects)
            made = asyncio.Event()
            sessions = Sessions(database, keyring, recordings, clock, grace=GRACE, made=made)
            entries, revisions = Entries(database, keyring, recordings, clock), Revisions(database, keyring, clock)
            services = (
                JournalService(sessions, recordings, entries),
                RevisionsService(revisions),
                FindingService(Search(database, keyring), Browsing(database, keyring, clock)),
                KeepingService(Keepings(database, keyring)),
                ArchiveService(
                    Exports(database, entries, revisions, clock, page=2),
                    Imports(database, keyring, objects, clock, made=made),
                ),
                AuditService(database),
                KeysService(Rotation(database, keys, clock)),
                ConsistencyService(Fsck(database, keyring, objects, clock, page=3)),
            )
            registered = {service.FULL_NAME: service.add_to for service in services}

            async with (
                serving_grpc(registered, host="127.0.0.1", port=0, gate=gate_of(database, clock)) as port,
                open_channel_of_all(f"127.0.0.1:{port}", Tokens(clock=clock)) as channel,
            ):
                stub = rpc.JournalServiceStub(channel)
                yield Journal(
                    stub,
                    database,
                    tmp_path / "objects",
                    FinishedCalls(sessions),
                    keyring,
                    channel,
                    entries,
                    revisions,
                    made,
                    f"127.0.0.1:{port}",
                )

    return serve


@pytest.fixture
async def served(serving):
    async with serving() as running:
        yield running
