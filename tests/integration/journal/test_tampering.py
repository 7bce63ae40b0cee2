"""Whatever is done to the bytes that rest: it is told for the records that it was done to, and all others are read as before."""

import asyncio
from dataclasses import dataclass
from typing import Any

import grpc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from daybook.journal.v1 import journal_pb2 as pb

EXAMPLES = 40
SEALED = [
    ("person_keys", "wrapped", "person_id"),
    ("sessions", "wrapped_key", "session_id"),
    ("recordings", "wrapped_key", "recording_id"),
    ("turns", "sealed", "session_id, sequence"),
    ("entries", "inventory", "entry_id"),
    ("revisions", "sealed", "session_id, number"),
]
TOLD = {
    "outcome": "'opted_out'",
    "started_at": "started_at - interval '1 second'",
    "ended_at": "ended_at + interval '1 hour'",
    "turns": "turns - 1",
    "recording_ms": "recording_ms + 1",
    "cut_off": "NOT cut_off",
    "imported_from": "entry_id",
}


@dataclass(frozen=True)
class Spoken:
    conversation: Any
    entry: Any
    words: list[str]
    sound: bytes
    revisions: list[Any]

    def reads(self, served):
        """Each way in which its content is asked for, with what is to come of it."""

        async def words(entry_id):
            return [turn.text for turn in (await self.conversation.read(entry_id)).turns]

        async def revisions(_):
            return await served.history(self.conversation, self.entry)

        return (words, self.words), (self.conversation.hear, self.sound), (revisions, self.revisions)


class Kept:
    """A journal of three entries, of two people, and what can be done to it. Each deed returns whose entries it harms."""

    def __init__(self, served):
        self.served = served
        self.spoken: list[Spoken] = []

    async def fill(self):
        first = await self.served.begun()
        for conversation in (first, await self.served.begun(first.person_id), await self.served.begun()):
            for sequence, words in enumerate(("It was a long day.", "It rained.", "Good night.")):
                await conversation.say(sequence, words)
            for sequence in range(3):
                audio = bytes([len(self.spoken) * 3 + sequence]) * (800 + sequence)
                await conversation.record(
                    conversation.segment(sequence, audio), conversation.segment(sequence, audio, pb.SPEAKER_DAYBOOK)
                )
            entry = (await conversation.finish()).entry
            words = [turn.text for turn in (await conversation.read(entry.entry_id)).turns]
            edits = [
                await self.served.edit(conversation, entry, number, title=f"{entry.entry_id}, edit {number}")
                for number in range(3)
            ]
            sound = await conversation.hear(entry.entry_id)
            self.spoken.append(Spoken(conversation, entry, words, sound, edits[::-1]))

    async def damaged(self) -> set[str]:
        """The entries that are told to be damaged. Nobody gets anything else than what was kept."""
        told = set()
        for it in self.spoken:
            for read, kept in it.reads(self.served):
                try:
                    found = await read(it.entry.entry_id)
                except grpc.aio.AioRpcError as error:
                    if error.code() is not grpc.StatusCode.DATA_LOSS or "cannot be opened" not in error.details():
                        raise
                    told.add(it.entry.entry_id)
                else:
                    assert found == kept
        return told

    async def rows(self, table, columns="*"):
        async with self.served.database.transaction() as connection:
            return (await connection.execute(text(f"SELECT {columns} FROM {table} ORDER BY 1, 2"))).all()

    async def write(self, statement, **values):
        async with self.served.database.transaction() as connection:
            await connection.execute(text(statement), values)

    def of_session(self, *session_ids) -> set[str]:
        return {it.entry.entry_id for it in self.spoken if it.conversation.session_id in map(str, session_ids)}

    def of_person(self, person_id) -> set[str]:
        return {it.entry.entry_id for it in self.spoken if it.conversation.person_id == str(person_id)}

    async def owners(self, table, row) -> set[str]:
        match table:
            case "person_keys":
                return self.of_person(row.person_id)
            case "entries":
                return {str(row.entry_id)}
            case _:
                return self.of_session(row.session_id)

    async def of_object(self, path) -> set[str]:
        [session_id] = [row.session_id for row in await self.rows("recordings") if str(row.recording_id) in path.parts]
        return self.of_session(session_id)


@pytest.fixture
def kept(serving):
    """On a loop of its own, for all examples."""
    with asyncio.Runner() as runner:
        journal = serving()
        kept = Kept(runner.run(journal.__aenter__()))
        runner.run(kept.fill())
        kept.run = runner.run
        yield kept
        runner.run(journal.__aexit__(None, None, None))


def changed(data, content: bytes) -> bytes:
    """One bit is another, or the end is missing, or there is more of it."""
    how = data.draw(st.sampled_from(["bit", "cut", "longer"]))
    if how == "longer":
        return content + b"\0"
    at = data.draw(st.integers(0, len(content) - 1))
    if how == "cut":
        return content[:at]
    return content[:at] + bytes([content[at] ^ 1 << data.draw(st.integers(0, 7))]) + content[at + 1 :]


def by_chance(examples=EXAMPLES):
    def decorate(test):
        healthy = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
        return settings(max_examples=examples, database=None, deadline=None, suppress_health_check=healthy)(
            given(st.data())(test)
        )

    return decorate


@by_chance()
def test_every_changed_sealed_value_is_told(kept, data):
    table, column, key = data.draw(st.sampled_from(SEALED))
    row = data.draw(st.sampled_from(kept.run(kept.rows(table))))
    where = " AND ".join(f"{name} = :{name}" for name in key.split(", "))
    named = {name: getattr(row, name) for name in key.split(", ")}
    before = getattr(row, column)
    kept.run(kept.write(f"UPDATE {table} SET {column} = :value WHERE {where}", value=changed(data, before), **named))
    assert kept.run(kept.damaged()) == kept.run(kept.owners(table, row))
    kept.run(kept.write(f"UPDATE {table} SET {column} = :value WHERE {where}", value=before, **named))


@by_chance()
def test_sealed_values_that_changed_places_are_told(kept, data):
    table, column, key = data.draw(st.sampled_from(SEALED))
    one, other = data.draw(st.lists(st.sampled_from(kept.run(kept.rows(table))), min_size=2, max_size=2, unique=True))
    where = " AND ".join(f"{name} = :{name}" for name in key.split(", "))

    def exchanged(first, second):
        for row, value in ((one, first), (other, second)):
            named = {name: getattr(row, name) for name in key.split(", ")}
            kept.run(kept.write(f"UPDATE {table} SET {column} = :value WHERE {where}", value=value, **named))

    exchanged(getattr(other, column), getattr(one, column))
    assert kept.run(kept.damaged()) == kept.run(kept.owners(table, one)) | kept.run(kept.owners(table, other))
    exchanged(getattr(one, column), getattr(other, column))


@by_chance()
def test_every_changed_or_exchanged_or_missing_object_is_told(kept, data):
    path, other = data.draw(st.lists(st.sampled_from(kept.served.objects()), min_size=2, max_size=2, unique=True))
    before, others = path.read_bytes(), other.read_bytes()
    harmed = kept.run(kept.of_object(path))
    match data.draw(st.sampled_from(["changed", "missing", "replaced", "exchanged"])):
        case "changed":
            path.write_bytes(changed(data, before))
        case "missing":
            path.unlink()
        case "replaced":
            path.write_bytes(others)
        case _:
            path.write_bytes(others)
            other.write_bytes(before)
            harmed |= kept.run(kept.of_object(other))
    assert kept.run(kept.damaged()) == harmed
    path.write_bytes(before)
    other.write_bytes(others)


@by_chance(examples=20)
def test_turns_that_are_missing_or_added_are_told(kept, data):
    row = data.draw(st.sampled_from(kept.run(kept.rows("turns"))))
    if data.draw(st.booleans()):
        kept.run(
            kept.write("DELETE FROM turns WHERE session_id = :id AND sequence = :n", id=row.session_id, n=row.sequence)
        )
    else:
        kept.run(
            kept.write(
                "INSERT INTO turns SELECT session_id, 3, speaker, sealed FROM turns WHERE session_id = :id AND sequence = :n",
                id=row.session_id, n=row.sequence,
            )
        )  # fmt: skip
    assert kept.run(kept.damaged()) == kept.of_session(row.session_id)
    kept.run(
        kept.write(
            "DELETE FROM turns WHERE session_id = :id AND sequence IN (:n, 3)", id=row.session_id, n=row.sequence
        )
    )
    kept.run(kept.write("INSERT INTO turns (session_id, sequence, speaker, sealed) VALUES (:a, :b, :c, :d)",
                        a=row.session_id, b=row.sequence, c=row.speaker, d=row.sealed))  # fmt: skip


@by_chance(examples=20)
def test_revisions_that_are_missing_from_among_others_or_whose_rows_tell_otherwise_are_told(kept, data):
    row = data.draw(st.sampled_from([row for row in kept.run(kept.rows("revisions")) if row.number < 3]))
    where = "WHERE session_id = :id AND number = :number"
    named = {"id": row.session_id, "number": row.number}
    statement = data.draw(
        st.sampled_from(
            [
                "DELETE FROM revisions",
                "UPDATE revisions SET author = 'daybook'",
                "UPDATE revisions SET made_at = made_at + interval '1 microsecond'",
                "UPDATE revisions SET number = 4",
            ]
        )
    )
    kept.run(kept.write(f"{statement} {where}", **named))
    assert kept.run(kept.damaged()) == kept.of_session(row.session_id)
    kept.run(kept.write("DELETE FROM revisions WHERE session_id = :id AND number IN (:number, 4)", **named))
    kept.run(
        kept.write("INSERT INTO revisions VALUES (:id, :number, :author, :made_at, :sealed)",
                   author=row.author, made_at=row.made_at, sealed=row.sealed, **named)
    )  # fmt: skip


@pytest.mark.parametrize("column", TOLD)
def test_what_a_row_tells_of_an_entry_cannot_be_changed_unnoticed(kept, column):
    entry = kept.spoken[0].entry
    kept.run(kept.write(f"UPDATE entries SET {column} = {TOLD[column]} WHERE entry_id = :id", id=entry.entry_id))
    assert kept.run(kept.damaged()) == {entry.entry_id}
