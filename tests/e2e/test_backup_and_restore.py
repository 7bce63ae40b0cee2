"""The backup that docs/operating.md describes, taken from a running Daybook and brought back into an empty database."""

import asyncio
import dataclasses
import shutil
import subprocess
from pathlib import Path

import asyncpg
import pytest
from whole_daybook import WholeDaybook

from chassis.rpc import open_channel
from daybook.journal.v1 import journal_pb2 as journal
from daybook.journal.v1.journal_pb2_grpc import JournalServiceStub
from daybook_cli.embedded import POSTGRES_BIN, free_port
from daybook_cli.supervisor import answering, supervising

pytestmark = pytest.mark.asyncio(loop_scope="session")

RESTORED = "restored"


async def postgres_tool(*argv: str) -> None:
    done = await asyncio.to_thread(
        subprocess.run, [str(POSTGRES_BIN / argv[0]), *argv[1:]], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


async def test_an_entry_is_read_and_heard_again_after_a_restore(daybook: WholeDaybook, tmp_path: Path):
    person = await daybook.person("brief")
    await daybook.rung(person)
    kept = await daybook.described(person)
    recording = await daybook.recording(person, kept.summary.entry_id)

    # first the database, then the recordings: so every recording that the database knows is among them
    dump = tmp_path / "daybook.dump"
    await postgres_tool("pg_dump", "--format=custom", f"--file={dump}", f"--dbname={daybook.stack.database_url}")
    objects = tmp_path / "objects"
    await asyncio.to_thread(shutil.copytree, daybook.stack.home.objects, objects)

    connection = await asyncpg.connect(daybook.stack.database_url)
    await connection.execute(f'CREATE DATABASE "{RESTORED}"')
    await connection.close()
    url = daybook.stack.postgres.url(RESTORED)
    await postgres_tool("pg_restore", "--exit-on-error", "--no-owner", f"--dbname={url}", str(dump))

    grpc_port, http_port = free_port(), free_port()
    health = f"http://127.0.0.1:{http_port}/readyz"
    [running] = [process for process in daybook.stack.services() if process.name == "journal"]
    restored = dataclasses.replace(
        running,
        environment={
            **running.environment,
            "DAYBOOK_DATABASE_URL": url,
            "DAYBOOK_OBJECT_STORE_URL": objects.as_uri(),
            "DAYBOOK_GRPC_PORT": str(grpc_port),
            "DAYBOOK_HTTP_PORT": str(http_port),
        },
        ready=answering(health),
        health_url=health,
    )
    async with (
        supervising(tmp_path) as supervisor,
        open_channel(f"127.0.0.1:{grpc_port}", token=daybook.stack.token_of(person.person_id)) as channel,
    ):
        await supervisor.start(restored)
        stub = JournalServiceStub(channel)
        request = journal.ReadEntryRequest(person_id=person.person_id, entry_id=kept.summary.entry_id)
        entry = await stub.ReadEntry(request)
        audio = journal.ReadAudioRequest(person_id=person.person_id, entry_id=kept.summary.entry_id)
        heard = b"".join([response.chunk async for response in stub.ReadAudio(audio)])
    assert entry == kept
    assert heard == recording
