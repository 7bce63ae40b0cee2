"""A person's journal as its pages show it: by day, by month, by words; an entry with what was said; nothing of anybody else's."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from journal_entries import MARKUP, spoken

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_empty_journal_says_what_will_be_in_it(kept):
    page = await kept.browser.page("/journal")
    assert "Your journal is empty still." in page.text


async def test_entries_stand_by_day_the_newest_first_with_what_is_told_of_them(kept):
    older = await kept.spoken("First words.", started_at=datetime.fromisoformat("2026-11-23T20:00+00:00"))
    newer = await kept.spoken("Second words.", started_at=datetime.fromisoformat("2026-11-24T23:30+00:00"))
    await kept.edit(newer, title="The blue kitchen", summary="A long talk.", mood="calm", tags=["home"])
    page = await kept.browser.page("/journal")
    links = [link for link in page.links if link in {f"/journal/{entry}" for entry in (older, newer)}]
    assert links == [f"/journal/{newer}", f"/journal/{older}"]
    # it began at half past midnight in Vienna
    assert "Wednesday, 25 November The blue kitchen 00:30 · 1 second · calm A long talk. home" in page.text
    assert "Monday, 23 November A call at 21:00" in page.text


async def test_pages_follow_each_other_until_the_oldest(kept):
    days = [datetime.fromisoformat("2026-10-01T08:00+00:00") + timedelta(days=number) for number in range(23)]
    entries = [await kept.spoken("Words.", started_at=day) for day in days]
    first = await kept.browser.page("/journal")
    seen = [link for link in first.links if link.rpartition("/")[2] in entries]
    [older] = [link for link in first.links if "after=" in link]
    rest = await kept.browser.page(older)
    seen += [link for link in rest.links if link.rpartition("/")[2] in entries]
    assert seen == [f"/journal/{entry}" for entry in reversed(entries)]
    assert not [link for link in rest.links if "after=" in link]


async def test_a_month_has_its_days_and_a_day_its_entries(kept):
    first = await kept.spoken("Words.", started_at=datetime.fromisoformat("2026-10-31T23:30+00:00"))
    second = await kept.spoken("Words.", started_at=datetime.fromisoformat("2026-11-02T12:00+00:00"))
    november = await kept.browser.page("/journal?month=2026-11")
    assert {f"/journal/{first}", f"/journal/{second}", "?day=2026-11-01", "?day=2026-11-02"} <= set(november.links)
    assert "In a row now" in november.text
    assert "Longest 2 days" in november.text
    day = await kept.browser.page("/journal?day=2026-11-01")
    assert f"/journal/{first}" in day.links
    assert f"/journal/{second}" not in day.links
    assert "Nothing was kept then." in (await kept.browser.page("/journal?month=2026-09")).text


@pytest.mark.parametrize("address", ["month=2026-13", "month=x", "day=2026-02-30", "day=1", "after=nonsense"])
async def test_an_address_of_no_page_is_told(kept, address):
    answer = await kept.browser.get(f"/journal?{address}")
    assert (answer.status_code, "There is no such page." in answer.text) == (404, True)


async def test_what_is_looked_for_is_found_and_marked(kept):
    entry = await kept.spoken("We walked along the river. It was cold.")
    await kept.spoken("Nothing of it.")
    answer = await kept.browser.get('/journal/search?q=walk "the river"')
    assert answer.status_code == 200
    assert "We <mark>walk</mark>ed along <mark>the river</mark>" in answer.text
    assert f'href="/journal/{entry}#turn-0"' in answer.text


async def test_a_tag_leads_to_all_that_have_it(kept):
    one, other, third = [await kept.spoken("Words.") for _ in range(3)]
    await kept.edit(one, tags=['the "old" friends'])
    await kept.edit(other, tags=['the "old" friends', "rain"])
    page = await kept.browser.page("/journal")
    link = next(link for link in page.links if "search" in link and "friends" in link)
    found = await kept.browser.page(link)
    assert {f"/journal/{one}", f"/journal/{other}"} <= set(found.links)
    assert f"/journal/{third}" not in found.links


async def test_nothing_found_is_told_kindly(kept):
    await kept.spoken("Words.")
    assert "Nothing was found." in (await kept.browser.page("/journal/search?q=zebra")).text


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("-rain", "Write a word that is to be there"),
        ('"open', "A quotation mark has no second one"),
        ("x" * 501, "These are too many words"),
        (" ".join(f"w{number}" for number in range(33)), "These are too many words"),
    ],
)
async def test_what_cannot_be_looked_for_is_told_beside_the_words(kept, query, sentence):
    answer = await kept.browser.get("/journal/search", params={"q": query})
    assert answer.status_code == 422
    assert sentence in answer.text.replace("&#34;", '"')
    assert 'aria-invalid="true"' in answer.text


async def test_an_entry_shows_what_was_said_and_by_whom(kept):
    entry = await kept.spoken("We walked along the river.", "How was it?")
    page = await kept.browser.page(f"/journal/{entry}")
    assert "0:00 You correct We walked along the river. 0:01 You correct How was it?" in page.text
    assert f"{entry}/recording.wav#t=1.0" in page.links


async def test_what_was_corrected_reads_as_it_should(kept):
    entry = await kept.spoken("We wok along the river.", "Uh.")
    corrections = [{"sequence": 0, "text": "We walked."}, {"sequence": 1, "text": ""}]
    await kept.edit(entry, corrections=corrections)
    page = await kept.browser.page(f"/journal/{entry}")
    assert "We walked." in page.text
    assert "Nothing was said here." in page.text


@pytest.mark.parametrize("path", ["", "/recording.wav"])
async def test_another_persons_entry_is_told_as_one_that_is_not_there(house, kept, path):
    stranger = await house.person()
    theirs = await spoken(house, stranger, "Nobody else is to read this.")
    answers = [await kept.browser.get(f"/journal/{entry}{path}") for entry in (theirs, uuid4(), "x", "%00")]
    assert {answer.status_code for answer in answers} == {404}
    assert answers[0].text == answers[1].text


async def test_who_is_not_signed_in_sees_nothing(house, kept):
    entry = await kept.spoken("Nobody else is to read this.")
    browser = house.browser()
    for path in ("/journal", "/journal/search?q=x", f"/journal/{entry}", f"/journal/{entry}/recording.wav"):
        answer = await browser.get(path)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in")


@pytest.mark.parametrize("markup", MARKUP, ids=range(len(MARKUP)))
async def test_what_stands_in_an_entry_is_text_on_every_page(kept, markup):
    entry = await kept.spoken(markup)
    await kept.edit(entry, title=markup, summary=markup, mood=markup, tags=[markup[:50].strip()])
    for path in ("/journal", f"/journal/{entry}", "/journal/search?q=alert"):
        answer = await kept.browser.get(path)
        assert answer.status_code == 200
        assert "alert" in answer.text
        assert markup not in answer.text
    answer = await kept.browser.get("/journal/search", params={"q": markup})
    assert markup not in answer.text
