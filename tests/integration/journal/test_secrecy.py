"""Promise 6: words are encrypted before they rest, and only with the right key can they be read."""

import base64

import grpc
import pytest
from sqlalchemy import text

from journal.errors import IntegrityError, KeyUnusable

WORDS = ("Marguerite", "the blue kitchen table", "afraid of Thursday")
AUDIO = bytes(range(1, 251)) * 32


async def resting_bytes(served):
    """All that the journal left behind: every row of every table as bytes, and every object."""
    async with served.database.transaction() as connection:
        tables = await connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'journal'"))
        for table in tables.scalars().all():
            for row in (await connection.execute(text(f"SELECT * FROM {table}"))).all():
                yield repr(tuple(row)).encode()
                for value in row:
                    if isinstance(value, bytes):
                        yield value
    for path in served.folder.rglob("*"):
        if path.is_file():
            yield path.read_bytes()


async def test_no_word_and_no_sample_rests_in_clear(served):
    conversation = await served.begun()
    for sequence, words in enumerate(WORDS):
        await conversation.say(sequence, words)
    await conversation.record(conversation.segment(0, AUDIO))
    entry = (await conversation.finish()).entry
    title, summary, mood = WORDS
    await served.edit(conversation, entry, title=title, summary=summary, tags=[title], mood=mood)
    seen = 0
    async for resting in resting_bytes(served):
        seen += 1
        assert not any(words.encode() in resting for words in WORDS)
        assert AUDIO[:50] not in resting
    assert seen > len(WORDS)


async def test_a_wrong_key_is_noticed_before_anything_is_served(serving, keks):
    async with serving() as served:
        conversation, entry = await served.spoken()
    right = (keks / "first").read_bytes()
    (keks / "first").write_bytes(base64.b64encode(b"w" * 32))
    with pytest.raises(KeyUnusable, match=r"needs are missing: .*wraps: 1.* Mount the missing ones"):
        async with serving():
            pytest.fail("it served")
    (keks / "first").write_bytes(right)
    async with serving() as served:
        reading = served.conversation(conversation.person_id)
        assert len((await reading.read(entry.entry_id)).turns) == 1


async def test_a_changed_canary_is_noticed_before_anything_is_served(serving):
    async with serving() as served, served.database.transaction() as connection:
        await connection.execute(text("UPDATE canaries SET sealed = set_byte(sealed, 30, get_byte(sealed, 30) # 1)"))
    with pytest.raises(IntegrityError, match="The canary 0 of the record"):
        async with serving():
            pytest.fail("it served")


async def test_keys_moved_between_persons_do_not_open(served, refused):
    conversation, entry = await served.spoken()
    other, _ = await served.spoken()
    async with served.database.transaction() as connection:
        await connection.execute(
            text(
                "UPDATE person_keys SET wrapped = (SELECT wrapped FROM person_keys WHERE person_id = :other) "
                "WHERE person_id = :person"
            ),
            {"person": conversation.person_id, "other": other.person_id},
        )
    with refused(
        grpc.StatusCode.DATA_LOSS, f"The person-key 0 of the record {conversation.person_id} cannot be opened"
    ):
        await conversation.read(entry.entry_id)
