"""Entries, as a person's programs list, search, read, edit and delete them."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
import pytest_asyncio
from portal_programs import program_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

BEGAN = datetime.fromisoformat("2026-11-24T19:00+00:00")


@pytest_asyncio.fixture(loop_scope="session")
async def program(house, kept):
    return await program_of(house, kept.person)


async def test_entries_are_listed_a_page_at_a_time(kept, program):
    entries = [await kept.spoken("Words.", started_at=BEGAN + timedelta(days=number)) for number in range(5)]
    seen, cursor = [], ""
    while cursor is not None:
        page = await program.told(f"/entries?limit=2&cursor={cursor}")
        assert len(page["entries"]) <= 2
        seen += [each["entry_id"] for each in page["entries"]]
        cursor = page["next_cursor"]
    assert seen == entries[::-1]
    some = await program.told("/entries?from_day=2026-11-25&to_day=2026-11-26")
    assert [each["entry_id"] for each in some["entries"]] == [entries[2], entries[1]]
    late = await program.told("/entries?from_day=2026-11-28")
    assert [each["entry_id"] for each in late["entries"]] == [entries[4]]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?cursor=nonsense", "cursor"),
        ("?limit=0", "limit"),
        ("?limit=101", "limit"),
        ("?from_day=2026-02-30", "from_day"),
        ("?to_day=soon", "to_day"),
        ("/search?q=", "q"),
        ("/search?q=%22open", "q"),
        ("/search?q=x&cursor=nonsense", "cursor"),
    ],
)
async def test_what_cannot_be_right_names_its_field(program, query, field):
    answer = await program.ask("GET", f"/entries{query}")
    assert answer.status_code == 422, answer.text
    assert [each["field"] for each in answer.json()["errors"]] == [field]


async def test_an_entry_is_found_by_words_and_read(kept, program):
    entry = await kept.spoken("We walked along the river.", started_at=BEGAN)
    found = await program.told("/entries/search?q=walk")
    [hit] = found["hits"]
    assert hit["entry_id"] == entry
    [snippet] = hit["snippets"]
    match = snippet["matches"][0]
    assert (snippet["part"], snippet["text"][match["start"] : match["end"]]) == ("turn", "walk")
    assert (found["next_cursor"], found["searched_back_to"]) == (None, None)
    told = await program.told(f"/entries/{entry}")
    assert [(turn["speaker"], turn["text"]) for turn in told["spoken"]] == [("person", "We walked along the river.")]
    assert (told["outcome"], told["revision"]) == ("completed", None)
    assert told["started_at"] == "2026-11-24T19:00:00Z"


async def test_an_edit_is_based_on_what_was_read(kept, program):
    entry = await kept.spoken("Words.", started_at=BEGAN)
    path, edit = f"/entries/{entry}/revision", {"title": "The river", "tags": ["walks"]}
    read = await program.ask("GET", f"/entries/{entry}")
    assert read.headers["etag"] == '"0"'
    assert (await program.ask("PUT", path, json=edit)).status_code == 428
    first = await program.ask("PUT", path, json=edit, headers={"if-match": read.headers["etag"]})
    assert (first.status_code, first.headers["etag"]) == (200, '"1"')
    assert (first.json()["author"], first.json()["title"]) == ("person", "The river")
    # the same edit again is the one that was made
    again = await program.ask("PUT", path, json=edit, headers={"if-match": '"0"'})
    assert again.json() == first.json()
    other = {**edit, "title": "The bridge"}
    for tag in ('"0"', '"7"', "0", 'W/"1"', "x"):
        assert (await program.ask("PUT", path, json=other, headers={"if-match": tag})).status_code == 412
    assert (await program.ask("GET", f"/entries/{entry}")).headers["etag"] == '"1"'
    whatever = await program.ask("PUT", path, json=other, headers={"if-match": "*"})
    assert (whatever.status_code, whatever.headers["etag"]) == (200, '"2"')
    corrected = await program.ask(
        "PUT", path, json={"corrections": [{"sequence": 0, "text": "Swords."}]}, headers={"if-match": '"2"'}
    )
    assert corrected.json()["corrections"] == [{"sequence": 0, "text": "Swords."}]
    told = await program.told(f"/entries/{entry}")
    assert (told["title"], told["spoken"][0]["text"], told["revision"]) == ("", "Words.", corrected.json())


async def test_what_an_entry_was_is_told_a_page_at_a_time_and_taken_again(kept, program):
    entry = await kept.spoken("Words.", started_at=BEGAN)
    path = f"/entries/{entry}"
    assert await program.told(f"{path}/revisions") == {"revisions": [], "next_cursor": None}
    for title in ("The river", "The bridge", "The ferry"):
        await program.ask("PUT", f"{path}/revision", json={"title": title}, headers={"if-match": "*"})
    page = await program.told(f"{path}/revisions?limit=2")
    assert [each["title"] for each in page["revisions"]] == ["The ferry", "The bridge"]
    last = await program.told(f"{path}/revisions?limit=2&cursor={page['next_cursor']}")
    assert ([each["title"] for each in last["revisions"]], last["next_cursor"]) == (["The river"], None)
    assert (await program.told(f"{path}/revisions?limit=3"))["next_cursor"] is None
    again = {"title": last["revisions"][0]["title"]}
    taken = await program.ask("PUT", f"{path}/revision", json=again, headers={"if-match": '"3"'})
    assert (taken.json()["number"], taken.json()["title"]) == (4, "The river")


async def test_the_days_with_an_entry_are_told_with_how_many_in_a_row(kept, program):
    for number in (0, 1, 3):
        await kept.spoken("Words.", started_at=BEGAN + timedelta(days=number), seconds=1)
    told = await program.told("/calendar")
    days = ["2026-11-24", "2026-11-25", "2026-11-27"]
    assert (told["time_zone"], [each["day"] for each in told["days"]]) == ("Europe/Vienna", days)
    assert told["longest_streak"] == {"first_day": days[0], "last_day": days[1], "days": 2}
    assert (told["total_entries"], told["total_days"]) == (3, 3)
    some = await program.told("/calendar?from_day=2026-11-25&to_day=2026-11-26")
    assert ([each["day"] for each in some["days"]], some["total_days"]) == ([days[1]], 3)
    assert (await program.ask("GET", "/calendar?from_day=2026-02-30")).status_code == 422


async def test_an_entry_names_the_call_that_it_was(kept, program):
    entry = await kept.spoken("Words.", started_at=BEGAN)
    assert (await program.told(f"/entries/{entry}"))["call_id"] == (await kept.entry(entry)).summary.call_id


@pytest.mark.parametrize(
    ("edit", "field"),
    [
        ({"title": "two\nlines"}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"tags": ["a", "a"]}, "tags"),
        ({"corrections": [{"sequence": 9, "text": "x"}]}, "corrections"),
        ({"words": "x"}, "words"),
        ({"corrections": [{"sequence": True, "text": "x"}]}, "corrections.0.sequence"),
    ],
    ids=["lines", "long", "twice", "no turn", "unknown", "no number"],
)
async def test_an_edit_that_cannot_be_names_its_field(kept, program, edit, field):
    entry = await kept.spoken("Words.", started_at=BEGAN)
    answer = await program.ask("PUT", f"/entries/{entry}/revision", json=edit, headers={"if-match": '"0"'})
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"].startswith(field)
    assert (await program.told(f"/entries/{entry}"))["revision"] is None


async def test_an_entry_is_deleted_for_good(kept, program):
    entry = await kept.spoken("Words.", started_at=BEGAN)
    assert (await program.ask("DELETE", f"/entries/{entry}")).status_code == 204
    for method in ("GET", "DELETE"):
        assert (await program.ask(method, f"/entries/{entry}")).status_code == 404
    assert (await program.told("/entries"))["entries"] == []


async def test_what_is_somebody_elses_is_told_like_what_there_is_not(house, kept):
    entry = await kept.spoken("Words of another.", started_at=BEGAN)
    stranger = await program_of(house, await house.person())
    asked = [
        ("GET", "", None),
        ("GET", "/revisions", None),
        ("DELETE", "", None),
        ("PUT", "/revision", {"title": "Mine"}),
    ]
    for method, below, body in asked:
        for tag in ('"0"', "*"):
            theirs = await stranger.ask(method, f"/entries/{entry}{below}", json=body, headers={"if-match": tag})
            none = await stranger.ask(method, f"/entries/{uuid4()}{below}", json=body, headers={"if-match": tag})
            assert (theirs.status_code, theirs.content) == (404, none.content)
    assert (await stranger.told("/entries"))["entries"] == []
    assert (await stranger.told("/entries/search?q=words"))["hits"] == []
    calendar = await stranger.told("/calendar")
    assert (calendar["days"], calendar["total_entries"], calendar["longest_streak"]) == ([], 0, None)
    assert (await kept.entry(entry)).turns[0].text == "Words of another."


async def test_no_word_of_an_entry_is_in_the_log_or_the_database(house, kept, program):
    entry = await kept.spoken("Heliotrope walks.", started_at=BEGAN)
    await program.told("/entries/search?q=heliotrope")
    edit = {"title": "Heliotrope"}
    await program.ask("PUT", f"/entries/{entry}/revision", json=edit, headers={"if-match": '"0"'})
    await program.ask("PUT", f"/entries/{entry}/revision", json={"title": "Heliotrope\n"}, headers={"if-match": '"1"'})
    assert "eliotrope" not in house.log.read_text()
    assert program.token not in house.log.read_text()
