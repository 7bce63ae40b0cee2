"""The journal as the process that is deployed: `python -m journal`."""

import asyncio
import json
import os
import urllib.request
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest
from forked_programs import start_program
from google.protobuf.timestamp_pb2 import Timestamp
from journal_access import SETTINGS, open_channel_of_all
from rotations import FIRST_ID, made, opened
from sqlalchemy import text

from chassis.bus import open_bus
from chassis.clock import SystemClock
from chassis.database import open_database
from chassis.events import CALL_FINISHED
from chassis.nats_access import NatsAccess
from chassis.streams import STREAMS
from daybook.events.v1 import events_pb2 as events
from daybook.journal.v1 import journal_pb2 as pb
from daybook.journal.v1 import keeping_pb2 as keeping
from daybook.journal.v1.journal_pb2_grpc import JournalServiceStub
from daybook.journal.v1.keeping_pb2_grpc import KeepingServiceStub
from daybook_cli.embedded import free_port
from journal.rotation import PAGE

SENTENCE = "Nobody else is to read of the blue kitchen table."


class Process:
    """One process of the journal, heard by its log."""

    def __init__(self, process):
        self.process = process
        self.log = []

    async def told(self, event):
        """Waits for an event in the log."""
        while line := await self.process.stdout.readline():
            self.log.append(line.decode())
            told = json.loads(line)
            if told["event"] == event:
                return told
        pytest.fail(f"it ended before {event}: {self.log}")

    async def ended(self):
        self.log += [told.decode() for told in await self.process.communicate()]
        return self.process.returncode


@pytest.fixture
def environment(postgres_url, nats_url, keks, tmp_path):
    return {
        "PATH": os.environ["PATH"],
        "DAYBOOK_DATABASE_URL": postgres_url,
        "DAYBOOK_NATS_URL": nats_url,
        **SETTINGS,
        "DAYBOOK_KEK_FOLDER": str(keks),
        "DAYBOOK_OBJECT_STORE_URL": (tmp_path / "objects").as_uri(),
        "DAYBOOK_SESSION_GRACE_S": "0",
    }


@asynccontextmanager
async def running(environment, *arguments):
    process = await start_program("journal", *arguments, environment=environment)
    try:
        yield Process(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def migrate(environment):
    async with running(environment, "migrate") as migrating:
        assert await migrating.ended() == 0, migrating.log


def timestamp(at):
    value = Timestamp()
    value.FromDatetime(at)
    return value


async def start(stub, call_id, person_id):
    request = pb.StartSessionRequest(
        call_id=call_id, person_id=person_id, started_at=timestamp(datetime.now(UTC)), attempt_number=1
    )
    return await stub.StartSession(request)


async def test_a_finished_turn_outlives_a_kill_and_the_end_of_the_call_closes_the_session(environment, nats_url):
    await migrate(environment)
    call_id, person_id = str(uuid4()), str(uuid4())
    async with running(environment, "serve") as first:
        port = (await first.told("process.ready"))["grpc_port"]
        async with open_channel_of_all(f"127.0.0.1:{port}") as channel:
            stub = JournalServiceStub(channel)
            session_id = (await start(stub, call_id, person_id)).session_id
            turn = pb.Turn(sequence=0, speaker=pb.SPEAKER_PERSON, text=SENTENCE)
            await stub.AppendTurn(pb.AppendTurnRequest(session_id=session_id, turn=turn))
            segment = pb.AppendAudioRequest(session_id=session_id, track=pb.SPEAKER_PERSON, audio=b"\x01" * 8000)
            async for _ in stub.AppendAudio([segment]):
                pass
            first.process.kill()
            await first.ended()
    async with (
        running(environment, "serve") as second,
        open_bus(NatsAccess(nats_url), source="test", clock=SystemClock(), streams=STREAMS) as bus,
    ):
        ready = await second.told("process.ready")
        async with open_channel_of_all(f"127.0.0.1:{ready['grpc_port']}") as channel:
            stub = JournalServiceStub(channel)
            resumed = await start(stub, call_id, person_id)
            assert (resumed.session_id, list(resumed.turns)) == (session_id, [turn])
            assert resumed.tracks[0].kept_ms == 1000
            ended_at = datetime.now(UTC) - timedelta(seconds=1)
            call = events.CallFinished(
                call_id=call_id, outcome=events.CALL_OUTCOME_CUT_SHORT, attempts=1, finished_at=timestamp(ended_at)
            )
            await bus.publish(CALL_FINISHED, call, event_id=f"{call_id}.finished")
            assert (await second.told("entry.created"))["call_id"] == call_id
            [entry] = (await stub.ListEntries(pb.ListEntriesRequest(person_id=person_id))).entries
            assert entry.outcome == pb.SESSION_OUTCOME_CUT_SHORT
        second.process.terminate()
        assert await second.ended() == 0
    assert not any(SENTENCE in line for line in (*first.log, *second.log))


async def test_its_probes_and_metrics_answer(environment):
    await migrate(environment)
    async with running(environment, "serve") as serving:
        port = (await serving.told("process.ready"))["http_port"]

        def get(path):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
                return answer.read().decode()

        assert json.loads(await asyncio.to_thread(get, "/readyz")) == {"status": "ready"}
        assert "daybook_journal_kek_readable 1.0" in await asyncio.to_thread(get, "/metrics/")
        async with asyncio.timeout(20):
            for part in ("database", "nats", "object_store", "key"):
                up = f'daybook_dependency_up{{dependency="{part}"}} 1.0'
                while up not in await asyncio.to_thread(get, "/metrics/"):  # noqa: ASYNC110 - it is asked in the background
                    await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [
        ("DAYBOOK_KEK_FOLDER", "/dev/null", "DAYBOOK_KEK_FOLDER cannot be read: Not a directory."),
        (
            "DAYBOOK_KEK_ACTIVE",
            "second",
            "DAYBOOK_KEK_ACTIVE names second, and the key-encryption keys are: first.",
        ),
        ("DAYBOOK_KEK_FOLDER", "", "DAYBOOK_KEK_FOLDER or DAYBOOK_KMS_KEYS is to name the key-encryption keys"),
        ("DAYBOOK_KMS_KEYS", "journal", "DAYBOOK_KMS_KEYS"),
        ("DAYBOOK_OBJECT_STORE_URL", "ftp://example.org", "DAYBOOK_OBJECT_STORE_URL names no object store"),
        ("DAYBOOK_SESSION_GRACE_S", "-1", "DAYBOOK_SESSION_GRACE_S"),
    ],
)
async def test_a_wrong_setting_is_told_by_its_name_and_nothing_is_served(environment, setting, value, sentence):
    async with running({**environment, setting: value}, "serve") as refusing:
        assert await refusing.ended() != 0
    assert sentence in "".join(refusing.log)


async def test_without_its_schema_it_says_what_to_run(environment):
    async with running(environment, "serve") as refusing:
        assert await refusing.ended() == 1
    assert "Run its `migrate` first" in "".join(refusing.log)


async def test_with_the_key_of_another_journal_it_does_not_serve(environment, keks):
    await migrate(environment)
    async with running(environment, "serve") as first:
        await first.told("process.ready")
    (keks / "first").write_text("d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3c=")  # 32 times "w"
    async with running(environment, "serve") as refusing:
        assert await refusing.ended() == 1
    assert "Key-encryption keys that this journal needs are missing" in "".join(refusing.log)


async def cli(*arguments, port):
    """The command `daybook`, asking the journal at this port."""
    nowhere = "127.0.0.1:1"
    targets = {f"DAYBOOK_{service}_TARGET": nowhere for service in ("SCHEDULER", "DISPATCHER")}
    targets["DAYBOOK_JOURNAL_SECRET"] = SETTINGS["DAYBOOK_TOOLBOX_SECRET"]
    around = {**targets, "DAYBOOK_JOURNAL_TARGET": f"127.0.0.1:{port}", "DAYBOOK_NATS_URL": f"nats://{nowhere}"}
    return await start_program("daybook_cli", *arguments, environment={"PATH": os.environ["PATH"], **around})


async def told_by_cli(*arguments, port):
    command = await cli(*arguments, port=port)
    told = b"".join(await command.communicate())
    return command.returncode, told.decode()


async def test_a_rotation_outlives_the_journals_that_are_killed_meanwhile(environment, postgres_url, both, alone):
    await migrate(environment)
    async with open_database(postgres_url, schema="journal") as database:
        persons = await made(database, alone["first"], SystemClock(), 5 * PAGE)
        port = free_port()
        environment |= {"DAYBOOK_KEK_ACTIVE": "second", "DAYBOOK_GRPC_PORT": str(port)}
        rotating = None
        for _ in range(3):
            async with running(environment, "serve") as journal:
                await journal.told("process.ready")
                rotating = rotating or await cli("keys", "rotate", port=port)
                await journal.told("keys.rewrapped")
                journal.process.kill()
                await journal.ended()
        async with running(environment, "serve") as journal:
            await journal.told("process.ready")
            told, _ = await rotating.communicate()
            assert rotating.returncode == 0, told.decode()
            assert "wrapped anew under second" in told.decode()
            assert f"first ({FIRST_ID}) may be removed" in told.decode()
            status, told = await told_by_cli("keys", "status", "--json", port=port)
            assert status == 0, told
            [second, first] = json.loads(told)["keys"]
            assert (second["name"], second["active"], second["persons"]) == ("second", True, 5 * PAGE)
            assert (first["name"], first["removable"], first["persons"]) == ("first", True, 0)
            _, told = await told_by_cli("keys", "status", port=port)
            assert "may be removed" in told
        assert await opened(database, alone["second"], SystemClock(), persons) == persons


async def test_retention_runs_beside_it_and_it_tells_of_that(environment):
    await migrate(environment)
    person_id = str(uuid4())
    async with running(environment, "serve") as serving:
        port = (await serving.told("process.ready"))["grpc_port"]
        async with open_channel_of_all(f"127.0.0.1:{port}") as channel:
            stub = JournalServiceStub(channel)
            began_at = datetime.now(UTC) - timedelta(days=2)
            request = pb.StartSessionRequest(
                call_id=str(uuid4()), person_id=person_id, started_at=timestamp(began_at), attempt_number=1
            )
            session_id = (await stub.StartSession(request)).session_id
            segment = pb.AppendAudioRequest(session_id=session_id, track=pb.SPEAKER_PERSON, audio=b"\x01" * 8000)
            async for _ in stub.AppendAudio([segment]):
                pass
            ending = pb.FinishSessionRequest(
                session_id=session_id, outcome=pb.SESSION_OUTCOME_COMPLETED, ended_at=timestamp(began_at)
            )
            await stub.FinishSession(ending)
            wish = keeping.SetKeepingRequest(person_id=person_id, keeping=keeping.Keeping(audio_days=1))
            await KeepingServiceStub(channel).SetKeeping(wish)

            async with running(environment, "retain") as retaining:
                assert (await retaining.told("retention.done"))["recordings"] == 1
                assert await retaining.ended() == 0

            [entry] = (await stub.ListEntries(pb.ListEntriesRequest(person_id=person_id))).entries
            assert entry.HasField("audio_removed_at")
    async with running(environment, "serve") as serving:
        port = (await serving.told("process.ready"))["http_port"]

        def metrics():
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics/", timeout=10) as answer:
                return answer.read().decode()

        async with asyncio.timeout(20):
            told = 'daybook_journal_retention_removed{what="recordings"} 1.0'
            while told not in await asyncio.to_thread(metrics):  # noqa: ASYNC110 - it is asked in the background
                await asyncio.sleep(0.05)
        assert "daybook_journal_retention_last_success_timestamp_seconds 1." in await asyncio.to_thread(metrics)


async def test_migrating_again_changes_nothing(environment, postgres_url):
    await migrate(environment)
    await migrate(environment)
    connection = await asyncpg.connect(postgres_url)
    assert await connection.fetchval("SELECT count(*) FROM journal.alembic_version") == 1
    await connection.close()


async def test_an_unknown_command_tells_the_known_ones(environment):
    async with running(environment, "dance") as refusing:
        assert await refusing.ended() == 2
    assert "python -m journal serve | retain | migrate" in "".join(refusing.log)


async def test_the_audit_log_is_verified_and_what_was_noted_is_missed_where_it_was_cut_off(environment, postgres_url):
    await migrate(environment)
    person_id = str(uuid4())
    async with running(environment, "serve") as journal:
        port = (await journal.told("process.ready"))["grpc_port"]
        async with open_channel_of_all(f"127.0.0.1:{port}") as channel:
            await start(JournalServiceStub(channel), str(uuid4()), person_id)
        status, told = await told_by_cli("audit", "verify", port=port)
        assert status == 0, told
        assert "The audit log is whole: 2 records." in told
        position = told.split()[-1]
        status, told = await told_by_cli("audit", "list", person_id, port=port)
        assert (status, "StartSession" in told, "voice-gateway" in told) == (0, True, True)
        async with open_database(postgres_url, schema="journal") as database, database.transaction() as connection:
            await connection.execute(text("ALTER TABLE audit_log DISABLE TRIGGER keep_audit_log"))
            await connection.execute(text("DELETE FROM audit_log"))
        status, told = await told_by_cli("audit", "verify", "--expect", position, "--json", port=port)
        assert (status, '"whole": false' in told) == (1, True)
        assert "it ends before 2, which was noted down: its end is gone" in told
