"""A person's entries found by words and by day, over a real journal."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID, uuid4

import grpc
import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from daybook.journal.v1 import finding_pb2 as pb
from daybook.journal.v1 import journal_pb2
from daybook.journal.v1.finding_pb2_grpc import FindingServiceStub
from daybook.journal.v1.revisions_pb2 import Correction
from journal import metrics
from journal.contract import Page
from journal.records import PagePosition
from journal.search import Search
from journal.search_query import parse_query

NOW, DAY = datetime(2026, 11, 24, 8, 0, tzinfo=UTC), timedelta(days=1)
TURN, TITLE, TAG = pb.ENTRY_PART_TURN, pb.ENTRY_PART_TITLE, pb.ENTRY_PART_TAG
INVALID = grpc.StatusCode.INVALID_ARGUMENT


@pytest.fixture
def finding(served):
    return FindingServiceStub(served.channel)


@pytest.fixture
def person_id():
    return str(uuid4())


async def ids(finding, person_id, query, **more):
    found = await finding.SearchEntries(pb.SearchEntriesRequest(person_id=person_id, query=query, **more))
    return [hit.summary.entry_id for hit in found.hits]


def marked(snippet):
    return [snippet.text[match.start : match.end] for match in snippet.matches]


async def test_entries_are_found_by_what_was_said_the_newest_first(served, finding, person_id):
    conversation = await served.begun(person_id, NOW - DAY)
    await conversation.say(0, "What did you see by the river?", journal_pb2.SPEAKER_DAYBOOK)
    await conversation.say(1, "I took a long walk, and saw Zoë.")
    await conversation.say(2, "It rained.")
    first = (await conversation.finish()).entry
    _, second = await served.spoken("Two WALKS today.", "Zoe was here.", person_id=person_id)
    await served.spoken("A walk with Zoë, of somebody else.")

    found = await finding.SearchEntries(pb.SearchEntriesRequest(person_id=person_id, query="walk zoe"))

    assert [hit.summary for hit in found.hits] == [second, first]
    assert (found.next_page_token, found.HasField("searched_back_to"), list(found.unreadable_entry_ids)) == (
        "",
        False,
        [],
    )
    [snippet] = found.hits[1].snippets
    assert (snippet.part, snippet.turn_sequence, snippet.starts_at_ms) == (TURN, 1, 1000)
    assert (snippet.text, marked(snippet)) == ("I took a long walk, and saw Zoë.", ["walk", "Zoë"])
    assert await ids(finding, person_id, '"long walk" -rain') == []
    assert await ids(finding, person_id, '"long walk"') == [first.entry_id]
    assert await ids(finding, person_id, "walk -rain") == [second.entry_id]
    assert await ids(finding, person_id, "river") == []


async def test_what_was_written_of_an_entry_is_found_as_its_newest_revision_has_it(served, finding, person_id):
    conversation, entry = await served.spoken("I saw my bother.", person_id=person_id)
    await served.edit(conversation, entry, title="Alone", tags=["old"])
    corrections = [Correction(sequence=0, text="I saw my brother.")]
    await served.edit(
        conversation,
        entry,
        1,
        title="Family",
        summary="A visit.",
        tags=["old friends"],
        mood="calm",
        corrections=corrections,
    )

    for query in ("brother", "famil", "visit", "calm", "friends", 'tag:"old friends"', "brother calm tag:Old-Friends"):
        assert await ids(finding, person_id, query) == [entry.entry_id]
    for query in ("bother", "alone", "tag:old", "tag:friends", 'calm -tag:"old friends"'):
        assert await ids(finding, person_id, query) == []

    found = await finding.SearchEntries(pb.SearchEntriesRequest(person_id=person_id, query='family tag:"old friends"'))
    assert found.hits[0].title == "Family"
    assert [(it.part, it.text, marked(it)) for it in found.hits[0].snippets] == [
        (TITLE, "Family", ["Family"]),
        (TAG, "old friends", ["old friends"]),
    ]


async def test_hits_come_page_by_page(served, finding, person_id):
    there_are = [
        (await served.spoken("A walk.", person_id=person_id, started_at=NOW - DAY * number))[1].entry_id
        for number in range(5)
    ]
    pages, token = [], ""
    while not pages or token:
        request = pb.SearchEntriesRequest(person_id=person_id, query="walk", page_size=2, page_token=token)
        found = await finding.SearchEntries(request)
        pages.append([hit.summary.entry_id for hit in found.hits])
        assert found.HasField("searched_back_to") is bool(found.next_page_token)
        token = found.next_page_token
    assert pages == [there_are[:2], there_are[2:4], there_are[4:]]


async def test_a_request_searches_until_its_time_is_over_and_the_next_goes_on_there(served, person_id):
    there_are = [
        (await served.spoken("A walk.", person_id=person_id, started_at=NOW - DAY * number))[1].entry_id
        for number in range(5)
    ]
    seconds = iter(range(100))
    hurried = Search(served.database, served.keyring, budget_s=2, monotonic=lambda: next(seconds))
    found, after, requests = [], None, 0
    while True:
        answer = await hurried.find(UUID(person_id), parse_query("walk"), Page(100, after))
        found += [str(hit.entry.entry_id) for hit in answer.hits]
        requests += 1
        if answer.reached is None:
            break
        after = PagePosition(answer.reached.started_at, answer.reached.entry_id)
    assert found == there_are
    assert requests == 3


async def test_others_have_their_turn_on_the_loop_between_two_entries(served, person_id):
    for number in range(4):
        await served.spoken("A walk.", person_id=person_id, started_at=NOW - DAY * number)
    turns = 0

    async def other():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    looked_at = []

    def monotonic():
        looked_at.append(turns)
        return 0.0

    await Search(served.database, served.keyring, monotonic=monotonic).find(
        UUID(person_id), parse_query("walk"), Page(9, None)
    )
    task.cancel()
    assert all(earlier < later for earlier, later in pairwise(looked_at[1:]))
    assert len(looked_at) == 4


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE turns SET sealed = substr(sealed, 1, 40) WHERE session_id = :session_id AND sequence = 1",
        "DELETE FROM turns WHERE session_id = :session_id AND sequence = 0",
        "DELETE FROM turns WHERE session_id = :session_id",
        "UPDATE sessions SET wrapped_key = substr(wrapped_key, 1, 40) WHERE session_id = :session_id",
        "UPDATE revisions SET sealed = substr(sealed, 1, 40) WHERE session_id = :session_id",
    ],
)
async def test_an_entry_that_does_not_open_is_told_and_the_others_are_found(served, finding, person_id, damage):
    _, first = await served.spoken("A walk.", person_id=person_id, started_at=NOW - DAY)
    damaged, entry = await served.spoken("Um.", "A walk.", person_id=person_id)
    await served.edit(damaged, entry, title="A walk")
    _, last = await served.spoken("A walk.", person_id=person_id, started_at=NOW + DAY)
    async with served.database.transaction() as connection:
        await connection.execute(text(damage), {"session_id": UUID(damaged.session_id)})
    counted = damages()

    found = await finding.SearchEntries(pb.SearchEntriesRequest(person_id=person_id, query="walk"))

    assert [hit.summary.entry_id for hit in found.hits] == [last.entry_id, first.entry_id]
    assert list(found.unreadable_entry_ids) == [entry.entry_id]
    assert damages() == counted + 1


def damages():
    [family] = metrics.records_damaged.collect()
    return sum(sample.value for sample in family.samples if sample.name.endswith("_total"))


async def test_of_a_deleted_person_nothing_is_found(served, finding, refused):
    conversation, _ = await served.spoken("A walk.")
    person_id = conversation.person_id
    async with served.database.transaction() as connection:
        await connection.execute(
            text("UPDATE person_keys SET wrapped = NULL, destroyed_at = now() WHERE person_id = :person_id"),
            {"person_id": UUID(person_id)},
        )
    with refused(grpc.StatusCode.FAILED_PRECONDITION, f"The person {person_id} was deleted from the journal"):
        await ids(finding, person_id, "walk")
    await served.stub.DeletePerson(journal_pb2.DeletePersonRequest(person_id=person_id))
    assert await ids(finding, person_id, "walk") == []
    assert not (await finding.BrowseEntries(pb.BrowseEntriesRequest(person_id=person_id))).entries
    calendar = await finding.GetCalendar(pb.GetCalendarRequest(person_id=person_id, time_zone="Europe/Vienna"))
    assert calendar == pb.GetCalendarResponse()


async def test_entries_are_browsed_with_what_they_are_called(served, finding, person_id):
    oldest, first = await served.spoken(person_id=person_id, started_at=NOW - DAY * 2)
    damaged, second = await served.spoken(person_id=person_id, started_at=NOW - DAY)
    _, third = await served.spoken(person_id=person_id)
    await served.spoken()
    await served.edit(oldest, first, title="The first", tags=["work", "rain"], mood="tired", summary="Long.")
    await served.edit(damaged, second, title="The second")
    async with served.database.transaction() as connection:
        await connection.execute(
            text("UPDATE revisions SET sealed = substr(sealed, 1, 40) WHERE session_id = :session_id"),
            {"session_id": UUID(damaged.session_id)},
        )

    page = await finding.BrowseEntries(pb.BrowseEntriesRequest(person_id=person_id, page_size=2))
    rest = await finding.BrowseEntries(
        pb.BrowseEntriesRequest(person_id=person_id, page_size=2, page_token=page.next_page_token)
    )

    assert list(page.entries) == [pb.BrowsedEntry(summary=third), pb.BrowsedEntry(summary=second, unreadable=True)]
    assert list(rest.entries) == [
        pb.BrowsedEntry(summary=first, title="The first", tags=["work", "rain"], mood="tired", summary_text="Long.")
    ]
    assert rest.next_page_token == ""


async def test_entries_are_browsed_by_the_local_day_on_which_their_calls_began(served, finding, person_id):
    # NOW is 08:00 UTC: in Kiritimati 22:00 of that day, in Honolulu 22:00 of the day before
    there_are = [
        (await served.spoken(person_id=person_id, started_at=NOW + timedelta(hours=hours)))[1].entry_id
        for hours in (-24, 0, 3)
    ]

    async def of(time_zone, from_day, to_day):
        request = pb.BrowseEntriesRequest(person_id=person_id, time_zone=time_zone, from_day=from_day, to_day=to_day)
        return [there_are.index(entry.summary.entry_id) for entry in (await finding.BrowseEntries(request)).entries]

    assert await of("Pacific/Kiritimati", "2026-11-24", "2026-11-24") == [1]
    assert await of("Pacific/Kiritimati", "2026-11-25", "") == [2]
    assert await of("Pacific/Honolulu", "2026-11-24", "2026-11-24") == [2]
    assert await of("Pacific/Honolulu", "", "2026-11-23") == [1, 0]
    assert await of("Europe/Vienna", "2026-11-24", "2026-11-24") == [2, 1]


async def test_a_calendar_tells_days_and_streaks_without_any_key(served, finding, person_id, clock):
    for days in (10, 9, 8, 2, 1, 1):
        await served.spoken(person_id=person_id, started_at=NOW - DAY * days)
    await served.spoken()
    async with served.database.transaction() as connection:
        await connection.execute(text("UPDATE sessions SET wrapped_key = ''"))

    request = pb.GetCalendarRequest(person_id=person_id, time_zone="Europe/Vienna", from_day="2026-11-20")
    calendar = await finding.GetCalendar(request)

    assert calendar == pb.GetCalendarResponse(
        days=[
            pb.CalendarDay(day="2026-11-22", entries=1, recording_ms=1000),
            pb.CalendarDay(day="2026-11-23", entries=2, recording_ms=2000),
        ],
        current_streak=pb.Streak(first_day="2026-11-22", last_day="2026-11-23", days=2),
        longest_streak=pb.Streak(first_day="2026-11-14", last_day="2026-11-16", days=3),
        total_entries=6,
        total_days=5,
        total_recording_ms=6000,
    )
    clock.advance(DAY)
    assert not (await finding.GetCalendar(request)).HasField("current_streak")


async def test_what_cannot_be_right_is_refused_with_what_to_write(finding, refused):
    ours = str(uuid4())
    no_id = "person_id: must be a UUID"
    zone = "time_zone: is to be the IANA name of a place, which knows its clock changes, e.g. Europe/Vienna."
    day = "from_day: must be a day as ISO 8601 writes it, e.g. 2026-11-24; or empty for no bound."
    for method, request, sentence in [
        (finding.SearchEntries, pb.SearchEntriesRequest(query="walk"), no_id),
        (finding.SearchEntries, pb.SearchEntriesRequest(person_id=ours), "query: must hold a word to look for"),
        (finding.SearchEntries, pb.SearchEntriesRequest(person_id=ours, query='"walk'), "query: has a quotation mark"),
        (
            finding.SearchEntries,
            pb.SearchEntriesRequest(person_id=ours, query="w", page_size=101),
            "page_size: must be 1 to 100",
        ),
        (
            finding.SearchEntries,
            pb.SearchEntriesRequest(person_id=ours, query="w", page_token="x"),
            "page_token: must be",
        ),
        (finding.BrowseEntries, pb.BrowseEntriesRequest(), no_id),
        (
            finding.BrowseEntries,
            pb.BrowseEntriesRequest(person_id=ours, page_size=-1),
            "page_size: must be 1 to 100, or 0 for 20.",
        ),
        (finding.BrowseEntries, pb.BrowseEntriesRequest(person_id=ours, from_day="2026-11-24"), zone),
        (finding.GetCalendar, pb.GetCalendarRequest(time_zone="UTC"), no_id),
        (finding.GetCalendar, pb.GetCalendarRequest(person_id=ours), zone),
        (finding.GetCalendar, pb.GetCalendarRequest(person_id=ours, time_zone="CEST"), "e.g. Europe/Paris."),
        (finding.GetCalendar, pb.GetCalendarRequest(person_id=ours, time_zone="UTC", from_day="20261124"), day),
        (finding.GetCalendar, pb.GetCalendarRequest(person_id=ours, time_zone="UTC", from_day="2026-11-31"), day),
        (
            finding.GetCalendar,
            pb.GetCalendarRequest(person_id=ours, time_zone="UTC", from_day="2026-11-24", to_day="2026-11-23"),
            "to_day: must not be before from_day.",
        ),
    ]:
        with refused(INVALID, sentence):
            await method(request)


async def test_what_is_looked_for_and_what_is_found_stand_in_no_log_and_no_refusal(served, finding):
    conversation, entry = await served.spoken("I met Marguerite.")
    await served.edit(conversation, entry, title="Marguerite", tags=["marguerite"])
    person_id = conversation.person_id
    with capture_logs() as lines:
        assert await ids(finding, person_id, "marguerite tag:marguerite") == [entry.entry_id]
        browsed = await finding.BrowseEntries(pb.BrowseEntriesRequest(person_id=person_id))
        assert browsed.entries[0].title == "Marguerite"
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await ids(finding, person_id, '"marguerite')
    assert {line["event"] for line in lines} >= {"entries.searched", "entries.browsed"}
    assert "marguerite" not in f"{lines} {refused.value.details()}".lower()
