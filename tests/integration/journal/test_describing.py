"""Entries are described when their call has ended: by the emulated Gemini, over its own HTTP and google-genai."""

import asyncio
import json
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from prometheus_client import REGISTRY
from pydantic import SecretStr
from spoken_entries import NOW, instant
from sqlalchemy import text
from structlog.testing import capture_logs

from daybook.journal.v1 import archive_pb2 as archive
from daybook.journal.v1 import journal_pb2 as journal
from daybook.journal.v1 import keeping_pb2 as keeping
from daybook.journal.v1.archive_pb2_grpc import ArchiveServiceStub
from daybook.journal.v1.keeping_pb2_grpc import KeepingServiceStub
from daybook.journal.v1.revisions_pb2 import AUTHOR_DAYBOOK, AUTHOR_PERSON, Revision
from daybook_cli.supervisor import NO_AUTHORITIES
from emulators import gemini
from journal.audit import Audit
from journal.describing import Describing
from journal.description import ASKED_AGAIN_AFTER
from journal.gemini import open_gemini

WORDS = ("I was tired today. It rained on the garden.", "Then the garden was quiet.")
TITLE = "I was tired today"
WITHIN_S = 60


class Gemini:
    """The emulated Gemini as its operator sees it."""

    def __init__(self, admin):
        self._admin = admin

    async def befall(self, kind, times=1):
        assert (await self._admin.post("/faults", json={"kind": kind, "times": times})).status_code == 201

    async def questions(self):
        return [json.loads(asked) for asked in (await self._admin.get("/questions")).json()["questions"]]

    async def until_asked(self, times):
        async with asyncio.timeout(WITHIN_S):
            while len(await self.questions()) < times:
                pass


@dataclass
class Meanwhile:
    """A describer that does something between the model's answer and its being kept."""

    describer: Any
    deed: Any

    async def describe(self, turns):
        described = await self.describer.describe(turns)
        await self.deed()
        return described

    async def check(self):
        await self.describer.check()


@pytest.fixture
async def emulated():
    async with gemini.serve(gemini.GeminiSettings()) as running:
        yield running


@pytest.fixture
async def model(emulated):
    async with httpx2.AsyncClient(base_url=emulated.admin_url, verify=NO_AUTHORITIES) as admin:
        yield Gemini(admin)


@pytest.fixture
async def describer(emulated):
    """Clients of the emulated Gemini."""
    async with AsyncExitStack() as clients:

        async def opened(*, key="a-key", model="gemini-3.1-flash-lite", deadline_s=20.0):
            return await clients.enter_async_context(
                open_gemini(SecretStr(key), model=model, base_url=emulated.base_url, deadline_s=deadline_s)
            )

        yield opened


@pytest.fixture
def describing(describer, clock):
    """What describes the entries of a journal."""

    async def made(served, by=None, **more):
        by = by or await describer(**more)
        audit = Audit(served.database)
        return Describing(served.database, served.entries, served.revisions, by, audit, clock, made=served.made)

    return made


def counted(name, **labels):
    return REGISTRY.get_sample_value(f"daybook_journal_{name}_total", labels)


@pytest.fixture
def ended():
    """How many entries ended so since the test began."""
    endings = ("described", "written", "unwished", "given_up")
    before = {ending: counted("descriptions_ended", outcome=ending) for ending in endings}
    return lambda ending: counted("descriptions_ended", outcome=ending) - before[ending]


def without_descriptions(person_id):
    return keeping.SetKeepingRequest(person_id=person_id, keeping=keeping.Keeping(without_descriptions=True))


@pytest.fixture
def imported(served):
    """Brings in an entry of an archive, twice: words of a speaker, and what was told of them in revisions."""

    async def come(*parts, speaker=journal.SPEAKER_PERSON):
        conversation = served.conversation()
        told = archive.ArchivedEntry(
            entry_id=str(uuid4()),
            started_at=instant(NOW),
            ended_at=instant(NOW + timedelta(minutes=2)),
            outcome=journal.SESSION_OUTCOME_COMPLETED,
        )
        sent = [
            archive.ImportEntryRequest(header=archive.ImportHeader(person_id=conversation.person_id, entry=told)),
            *(
                archive.ImportEntryRequest(turn=journal.Turn(sequence=sequence, speaker=speaker, text=words))
                for sequence, words in enumerate(WORDS)
            ),
            *(archive.ImportEntryRequest(revision=part) for part in parts),
        ]
        stub = ArchiveServiceStub(served.channel)
        kept, again = [await stub.ImportEntry(iter(sent)) for _ in range(2)]
        assert (again.already_kept, again.entry_id) == (True, kept.entry_id)
        return conversation, kept

    return come


async def rows(served, columns="describe_at, describe_tries", table="entries"):
    async with served.database.transaction() as connection:
        return [tuple(row) for row in await connection.execute(text(f"SELECT {columns} FROM {table}"))]


async def revision_of(conversation, entry):
    read = await conversation.read(entry.entry_id)
    return read.revision if read.HasField("revision") else None


async def test_an_entry_is_described_from_its_words_alone(served, describing, model, clock, ended):
    conversation, entry = await served.spoken(*WORDS)
    await (await describing(served)).describe_next()
    [asked] = await model.questions()
    assert asked == {"turns": [{"speaker": "person", "text": words} for words in WORDS]}
    revision = await revision_of(conversation, entry)
    assert (revision.number, revision.author) == (1, AUTHOR_DAYBOOK)
    assert revision.made_at.ToDatetime() == clock.now().replace(tzinfo=None)
    assert (revision.title, list(revision.tags)[:1], revision.mood) == (TITLE, ["garden"], "I was tired")
    assert revision.summary.startswith("I was tired today. It rained on the garden.")
    assert await served.history(conversation, entry) == [revision]
    assert ended("described") == 1


async def test_that_the_words_were_given_to_the_model_stands_in_the_audit_log(served, describing, model, clock):
    conversation, entry = await served.spoken(*WORDS)
    await model.befall("unavailable")
    describer = await describing(served)
    for _ in range(2):
        await describer.describe_next()
        clock.advance(ASKED_AGAIN_AFTER[0])
    given = await rows(served, "caller, asked_for, person_id, record_id", "audit_log WHERE method = 'DescribeEntry'")
    assert given == [("journal", None, UUID(conversation.person_id), UUID(entry.entry_id))] * 2


async def test_an_entry_is_described_once(served, describing, model):
    await served.spoken(*WORDS)
    describer = await describing(served)
    assert [await describer.describe_next() for _ in range(2)] == [True, False]
    assert await rows(served) == [(None, 1)]
    assert len(await model.questions()) == 1


async def test_an_entry_in_which_the_person_said_no_words_is_not(served, describing):
    conversation = await served.begun()
    await conversation.say(0, "How was your day?", journal.SPEAKER_DAYBOOK)
    await conversation.record(conversation.segment(0))
    assert (await conversation.finish()).HasField("entry")
    assert not await (await describing(served)).describe_next()


async def test_of_several_journals_one_describes_an_entry(serving, describing, model):
    async with serving() as one, serving() as other:
        kept = [await one.spoken(*WORDS) for _ in range(6)]
        both = [await describing(each) for each in (one, other)]
        stop = asyncio.Event()
        async with asyncio.timeout(WITHIN_S), asyncio.TaskGroup() as tasks:
            for each in both:
                tasks.create_task(each.run(stop))
            while any(describe_at for describe_at, _ in await rows(one)):
                pass
            stop.set()
        assert len(await model.questions()) == 6
        assert [len(await one.history(*each)) for each in kept] == [1] * 6


async def test_an_entry_that_is_made_is_not_waited_for(served, describing):
    stop = asyncio.Event()
    async with asyncio.timeout(WITHIN_S), asyncio.TaskGroup() as tasks:
        tasks.create_task((await describing(served)).run(stop))
        conversation, entry = await served.spoken(*WORDS)
        while (revision := await revision_of(conversation, entry)) is None:
            pass
        stop.set()
    assert revision.title == TITLE


async def test_a_stop_does_not_wait_for_the_model_and_the_entry_is_tried_again(served, describing, model, clock):
    conversation, entry = await served.spoken(*WORDS)
    await model.befall("hang")
    stop = asyncio.Event()
    async with asyncio.timeout(WITHIN_S), asyncio.TaskGroup() as tasks:
        tasks.create_task((await describing(served, deadline_s=10 * WITHIN_S)).run(stop))
        await model.until_asked(1)
        stop.set()
    clock.advance(ASKED_AGAIN_AFTER[0])
    await (await describing(served)).describe_next()
    assert (await revision_of(conversation, entry)).title == TITLE


@pytest.mark.parametrize(
    ("fault", "client", "reason"),
    [
        ("unavailable", {}, "refused"),
        ("too_many_requests", {}, "refused"),
        ("malformed", {}, "malformed"),
        ("hang", {"deadline_s": 0.3}, "timeout"),
        (None, {"key": "invalid"}, "refused"),
        (None, {"model": "gemini-1.5-pro"}, "refused"),
    ],
    ids=["unavailable", "too many requests", "malformed", "hang", "wrong key", "no such model"],
)
async def test_what_comes_to_nothing_is_tried_again_later(served, describing, model, clock, fault, client, reason):
    conversation, entry = await served.spoken(*WORDS)
    failed = counted("description_tries_failed", reason=reason)
    if fault:
        await model.befall(fault)
    describer = await describing(served, **client)
    with capture_logs() as lines:
        assert await describer.describe_next()
    assert [line["reason"] for line in lines if line["event"] == "entry.not_described"] == [reason]
    assert not any(words in str(lines) for words in WORDS)
    assert counted("description_tries_failed", reason=reason) == failed + 1
    assert await revision_of(conversation, entry) is None
    assert not await describer.describe_next()
    clock.advance(ASKED_AGAIN_AFTER[0])
    assert await (await describing(served)).describe_next()
    assert (await revision_of(conversation, entry)).title == TITLE


async def test_it_is_given_up_in_the_end_and_told(served, describing, model, clock, ended):
    conversation, entry = await served.spoken(*WORDS)
    await model.befall("internal", times=100)
    describer = await describing(served)
    for later in (*ASKED_AGAIN_AFTER, timedelta(days=10)):
        assert await describer.describe_next()
        assert not await describer.describe_next()
        clock.advance(later)
    assert ended("given_up") == 1
    assert not await describer.describe_next()
    assert len(await model.questions()) == len(ASKED_AGAIN_AFTER) + 1
    assert await revision_of(conversation, entry) is None


async def test_words_of_which_the_model_does_not_speak_are_not_sent_again(served, describing, model, clock, ended):
    await served.spoken(*WORDS)
    await model.befall("blocked")
    describer = await describing(served)
    await describer.describe_next()
    clock.advance(timedelta(days=10))
    assert not await describer.describe_next()
    assert (ended("given_up"), len(await model.questions())) == (1, 1)


async def test_an_entry_that_was_being_described_when_the_journal_died_is_described_by_the_next(
    serving, describing, model, clock
):
    async with serving() as before:
        conversation, entry = await before.spoken(*WORDS)
        await model.befall("hang")
        trying = asyncio.create_task((await describing(before)).describe_next())
        await model.until_asked(1)
        trying.cancel()
        await asyncio.wait([trying])
    async with serving() as after:
        describer = await describing(after)
        assert not await describer.describe_next()
        clock.advance(ASKED_AGAIN_AFTER[0])
        assert await describer.describe_next()
        [revision] = await after.history(conversation, entry)
    assert revision.title == TITLE


async def test_one_whose_last_try_the_journal_did_not_survive_is_given_up(served, describing, model, ended):
    await served.spoken(*WORDS)
    async with served.database.transaction() as connection:
        await connection.execute(text("UPDATE entries SET describe_tries = 7"))
    describer = await describing(served)
    assert [await describer.describe_next() for _ in range(2)] == [True, False]
    assert (ended("given_up"), await model.questions()) == (1, [])


async def test_the_words_of_who_does_not_wish_it_are_not_sent(served, describing, model, ended):
    conversation, entry = await served.spoken(*WORDS)
    await KeepingServiceStub(served.channel).SetKeeping(without_descriptions(conversation.person_id))
    describer = await describing(served)
    assert [await describer.describe_next() for _ in range(2)] == [True, False]
    assert (await model.questions(), ended("unwished")) == ([], 1)
    assert await revision_of(conversation, entry) is None


async def test_what_the_person_wrote_before_stays(served, describing, model, ended):
    conversation, entry = await served.spoken(*WORDS)
    written = await served.edit(conversation, entry, title="Mine")
    describer = await describing(served)
    assert [await describer.describe_next() for _ in range(2)] == [True, False]
    assert (await model.questions(), ended("written")) == ([], 1)
    assert await served.history(conversation, entry) == [written]


async def test_what_the_person_wrote_meanwhile_stays(served, describing, describer, ended):
    conversation, entry = await served.spoken(*WORDS)

    async def edit():
        await served.edit(conversation, entry, title="Mine")

    describing_meanwhile = await describing(served, Meanwhile(await describer(), edit))
    assert [await describing_meanwhile.describe_next() for _ in range(2)] == [True, False]
    assert ended("written") == 1
    [revision] = await served.history(conversation, entry)
    assert (revision.author, revision.title) == (AUTHOR_PERSON, "Mine")


async def test_a_person_edits_what_daybook_wrote(served, describing):
    conversation, entry = await served.spoken(*WORDS)
    await (await describing(served)).describe_next()
    await served.edit(conversation, entry, 1, title="Mine")
    assert [revision.author for revision in await served.history(conversation, entry)] == [
        AUTHOR_PERSON,
        AUTHOR_DAYBOOK,
    ]


@pytest.mark.parametrize("deed", ["DeleteEntry", "DeletePerson"])
async def test_what_was_deleted_meanwhile_stays_deleted(served, describing, describer, deed):
    conversation, entry = await served.spoken(*WORDS)
    ids = {"DeleteEntry": {"entry_id": entry.entry_id}, "DeletePerson": {}}[deed]
    request = getattr(journal, f"{deed}Request")(person_id=conversation.person_id, **ids)

    async def delete():
        await getattr(served.stub, deed)(request)

    describing_meanwhile = await describing(served, Meanwhile(await describer(), delete))
    assert [await describing_meanwhile.describe_next() for _ in range(2)] == [True, False]
    assert [await rows(served, "1", table) for table in ("sessions", "entries", "revisions", "turns")] == [[]] * 4


async def test_words_that_do_not_open_are_not_sent_and_the_next_entry_is_described(served, describing, model):
    damaged, _ = await served.spoken(*WORDS)
    conversation, entry = await served.spoken("It was quiet.")
    before = counted("records_damaged", kind="turn")
    async with served.database.transaction() as connection:
        await connection.execute(
            text("UPDATE turns SET sealed = sealed || '\\x00' WHERE session_id = CAST(:id AS uuid)"),
            {"id": damaged.session_id},
        )
    describer = await describing(served)
    assert [await describer.describe_next() for _ in range(3)] == [True, True, False]
    assert counted("records_damaged", kind="turn") == before + 1
    assert [question["turns"][0]["text"] for question in await model.questions()] == ["It was quiet."]
    assert (await revision_of(conversation, entry)).title == "It was quiet"


async def test_an_entry_that_was_imported_without_a_title_is_described_once(served, describing, imported, model, ended):
    conversation, entry = await imported()
    assert served.made.is_set()
    describer = await describing(served)
    assert [await describer.describe_next() for _ in range(2)] == [True, False]
    assert await model.questions() == [{"turns": [{"speaker": "person", "text": words} for words in WORDS]}]
    [revision] = await served.history(conversation, entry)
    assert (revision.author, revision.title) == (AUTHOR_DAYBOOK, TITLE)
    assert ended("described") == 1


@pytest.mark.parametrize("author", [AUTHOR_DAYBOOK, AUTHOR_PERSON])
async def test_an_entry_that_was_imported_with_a_title_keeps_that(served, describing, imported, author):
    conversation, entry = await imported(Revision(number=1, author=author, made_at=instant(NOW), title="The garden"))
    assert not served.made.is_set()
    assert not await (await describing(served)).describe_next()
    assert [revision.title for revision in await served.history(conversation, entry)] == ["The garden"]


async def test_an_imported_entry_in_which_the_person_said_no_words_is_not_described(served, describing, imported):
    await imported(speaker=journal.SPEAKER_DAYBOOK)
    assert not served.made.is_set()
    assert not await (await describing(served)).describe_next()


async def test_the_imported_words_of_who_does_not_wish_it_are_not_sent(served, describing, imported, model, ended):
    conversation, entry = await imported()
    await KeepingServiceStub(served.channel).SetKeeping(without_descriptions(conversation.person_id))
    describer = await describing(served)
    assert [await describer.describe_next() for _ in range(2)] == [True, False]
    assert (await model.questions(), ended("unwished")) == ([], 1)
    assert await revision_of(conversation, entry) is None
