"""`daybook entry export` and `import`, against the journal as a process; one import is cut off by `kill -9`."""

import asyncio
import os
import sys
import zipfile
from datetime import timedelta
from uuid import uuid4

import pytest
from journal_access import SETTINGS, Tokens
from service_processes import a_service
from whole_daybook import until

from chassis.rpc import call_metadata, open_channel
from daybook.journal.v1 import consistency_pb2 as consistency
from daybook.journal.v1 import journal_pb2 as pb
from daybook.journal.v1.archive_pb2_grpc import ArchiveServiceStub
from daybook.journal.v1.consistency_pb2_grpc import ConsistencyServiceStub
from journal.fsck import IMPORT_TAKES
from journal_archive.archive_file import ArchiveFile

SENTENCE = "Nobody else is to read of the blue kitchen table."


@pytest.fixture
def journal_process(database_url, nats_url, keks, tmp_path):
    """The journal, on the same rows, objects and keys as `served` has."""
    environment = {
        "DAYBOOK_DATABASE_URL": database_url,
        "DAYBOOK_NATS_URL": nats_url,
        **SETTINGS,
        "DAYBOOK_KEK_FOLDER": str(keks),
        "DAYBOOK_OBJECT_STORE_URL": (tmp_path / "objects").as_uri(),
    }
    return a_service("journal", "DAYBOOK_GRPC_PORT", environment, tmp_path / "journal.log")


async def typed(*arguments, port):
    """What the command `daybook entry` said, and how it ended."""
    nowhere = "127.0.0.1:1"
    targets = {f"DAYBOOK_{service}_TARGET": nowhere for service in ("SCHEDULER", "DISPATCHER")}
    around = {**targets, "DAYBOOK_JOURNAL_TARGET": f"127.0.0.1:{port}", "DAYBOOK_NATS_URL": f"nats://{nowhere}"}
    around["DAYBOOK_JOURNAL_SECRET"] = SETTINGS["DAYBOOK_TOOLBOX_SECRET"]
    around["DAYBOOK_PORTAL_SECRET"] = SETTINGS["DAYBOOK_PORTAL_SECRET"]
    command = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "daybook_cli", "entry", *arguments,
        env={"PATH": os.environ["PATH"], **around}, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    told, _ = await command.communicate()
    return command.returncode, " ".join(told.decode().split())


async def test_a_journal_moves_as_a_file_and_a_killed_import_goes_on(serving, journal_process, tmp_path, clock):
    file, someone = tmp_path / "journal.zip", str(uuid4())
    async with serving() as served:
        conversation = await served.begun()
        await conversation.say(0, SENTENCE)
        await conversation.record(*(conversation.segment(second) for second in range(40)))
        await conversation.finish()
        await served.spoken("It was a short day.", person_id=conversation.person_id)
        own = len(served.objects())
    async with journal_process as journal:
        status, told = await typed(
            "export", conversation.person_id, "--out", str(file), "--zone", "Europe/Vienna", port=journal.port
        )
        assert (status, "2 entries exported." in told) == (0, True), told
        assert file.stat().st_mode & 0o077 == 0
        assert zipfile.ZipFile(file).testzip() is None
        with ArchiveFile(file) as archive:
            listed = max(archive.manifest.entries, key=lambda each: max(part.size_bytes for part in each.files))
            messages = list(archive.messages(listed, someone))
        async with open_channel(f"127.0.0.1:{journal.port}") as channel:
            call = ArchiveServiceStub(channel).ImportEntry(metadata=call_metadata(Tokens().of_person(someone)))
            for message in messages[:-1]:
                await call.write(message)

            async def some_are_there():
                return len([path for path in (tmp_path / "objects").rglob("0*") if path.is_file()]) > own

            await until(some_are_there)
            journal.kill()
            await journal.ended()
            call.cancel()
        await journal.start()
        status, told = await typed("import", someone, str(file), port=journal.port)
        assert (status, "2 entries imported, 0 there already." in told) == (0, True), told
        status, told = await typed("import", someone, str(file), port=journal.port)
        assert (status, "0 entries imported, 2 there already." in told) == (0, True), told
    clock.advance(IMPORT_TAKES + timedelta(days=365))
    async with serving() as served:
        found = ConsistencyServiceStub(served.channel).CheckObjects(consistency.CheckObjectsRequest(mend=True))
        faults = [fault.kind async for page in found for fault in page.faults]
        assert faults == [consistency.FAULT_KIND_STRAY_OBJECT]
        entries = (await served.stub.ListEntries(pb.ListEntriesRequest(person_id=someone))).entries
        assert sorted(entry.recording_ms for entry in entries) == [1000, 40_000]
        for entry in entries:
            heard = await served.conversation(someone).hear(entry.entry_id)
            assert len(heard) == 58 + entry.recording_ms * 16
    assert SENTENCE not in (tmp_path / "journal.log").read_text()


async def test_a_file_that_is_no_archive_is_told_in_a_sentence(tmp_path):
    file = tmp_path / "journal.zip"
    assert (await typed("import", str(uuid4()), str(file), port=1))[1].endswith(
        "cannot be read: No such file or directory."
    )
    file.write_bytes(b"PK and no more")
    status, told = await typed("import", str(uuid4()), str(file), port=1)
    assert (status, "is no ZIP file, or only a part of one." in told) == (1, True)
