"""What rests can be read by another program, by docs/security.md alone."""

import io
import tokenize
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from independent_reader import read
from sqlalchemy import text

from daybook.journal.v1 import journal_pb2 as pb
from journal import keeping_store
from journal.objects import open_objects
from journal.records import Keeping
from journal.retention import Retention

TABLES = ("person_keys", "sessions", "recordings", "turns", "entries", "revisions")


async def exported(served):
    """The rows of every table that it asks for."""
    async with served.database.transaction() as connection:
        return {table: (await connection.execute(text(f"SELECT * FROM {table}"))).all() for table in TABLES}


async def test_another_program_reads_all_of_it_with_the_key_encryption_key(served):
    conversation = await served.begun()
    await conversation.say(0, "How was your day?", pb.SPEAKER_DAYBOOK)
    await conversation.say(1, "Quiet. \N{EM DASH} And yours, Zoë?")
    await conversation.record(
        conversation.segment(0, b"\x01" * 8000),
        conversation.segment(1, b"\x02" * 16, starts_at_ms=1500),
        conversation.segment(0, b"\x03" * 400, track=pb.SPEAKER_DAYBOOK, starts_at_ms=1000),
    )
    entry = (await conversation.finish()).entry
    for number, title in enumerate(("Quiet", "Très calme")):
        await served.edit(conversation, entry, number, title=title, tags=["evening"], mood="calm")
    _, other = await served.spoken("I slept long.", "Then it rained.")
    running = await served.begun()
    await running.say(0, "It is not over.")

    found = {entry_id: content for entry_id, *content in read(b"k" * 32, await exported(served), served.folder)}

    assert found == {
        UUID(entry.entry_id): [
            ["How was your day?", "Quiet. \N{EM DASH} And yours, Zoë?"],
            ["Quiet", "Très calme"],
            {"person": b"\x01" * 8000 + b"\x02" * 16, "daybook": b"\x03" * 400},
        ],
        UUID(other.entry_id): [["I slept long.", "Then it rained."], [], {"person": b"\x10" * 8000, "daybook": b""}],
    }


async def test_it_reads_the_words_of_an_entry_whose_audio_was_removed(served, clock):
    conversation, entry = await served.spoken("I slept long.")
    async with served.database.transaction() as connection:
        await keeping_store.set_keeping(connection, UUID(conversation.person_id), Keeping(audio_days=1))
    clock.advance(timedelta(days=2))
    await Retention(served.database, served.keyring, open_objects(served.folder.as_uri()), clock).run()
    assert list(read(b"k" * 32, await exported(served), served.folder)) == [
        (UUID(entry.entry_id), ["I slept long."], [], {"person": b"", "daybook": b""})
    ]


def test_it_knows_nothing_of_ours_and_is_short():
    source = (Path(__file__).parents[2] / "independent_reader.py").read_text()
    lines = [
        token for token in tokenize.generate_tokens(io.StringIO(source).readline) if token.type == tokenize.NEWLINE
    ]
    assert len(lines) <= 60
    imported = {
        line.split()[1].partition(".")[0] for line in source.splitlines() if line.startswith(("import", "from"))
    }
    assert imported <= {"hashlib", "json", "collections", "pathlib", "typing", "uuid", "cryptography"}
