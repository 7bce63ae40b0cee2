"""A person changes what is told of an entry, corrects what was heard wrong, takes an older version again, deletes an entry."""

import io
import re
import zipfile
from uuid import uuid4

import grpc
import pytest
from journal_entries import MARKUP, spoken

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def form_of(kept, path):
    return (await kept.browser.page(path)).fields


async def test_what_is_written_of_an_entry_stands_on_its_page(kept):
    entry = await kept.spoken("Words.")
    fields = await form_of(kept, f"/journal/{entry}/edit")
    written = {"title": "A walk", "summary": "One.\r\nTwo.", "mood": "calm", "tags": "river\r\nold friends\r\n"}
    answer = await kept.browser.post(f"/journal/{entry}/edit", {**fields, **written})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/journal/{entry}")
    revision = (await kept.entry(entry)).revision
    assert (revision.title, revision.summary, list(revision.tags)) == ("A walk", "One.\nTwo.", ["river", "old friends"])
    again = await kept.browser.post(f"/journal/{entry}/edit", {**fields, **written})
    assert again.status_code == 303
    assert (await kept.entry(entry)).revision.number == 1


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("title", "x" * 201, "Write it in one line, with at most 200 characters."),
        ("mood", "a\tb", "Write it in one line, with"),
        ("tags", "x" * 51, "Write it in one line, with at most 50 characters."),
        ("tags", "\n".join(f"tag {number}" for number in range(21)), "Write 20 of them at most."),
        ("summary", "x" * 10_001, "Write it in at most 10000 characters."),
    ],
    ids=["title", "mood", "long tag", "many tags", "summary"],
)
async def test_what_cannot_be_kept_is_told_beside_its_field_and_stays_typed(kept, field, value, sentence):
    entry = await kept.spoken("Words.")
    fields = await form_of(kept, f"/journal/{entry}/edit")
    answer = await kept.browser.post(f"/journal/{entry}/edit", {**fields, "title": "Kept", field: value})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert value[:40] in answer.text
    assert re.search(rf'id="{field}"[^>]*aria-invalid="true"', answer.text)


async def test_what_was_changed_meanwhile_is_shown_beside_what_was_written(kept):
    entry = await kept.spoken("Words.")
    fields = await form_of(kept, f"/journal/{entry}/edit")
    await kept.edit(entry, title="Theirs", mood="calm")
    answer = await kept.browser.post(f"/journal/{entry}/edit", {**fields, "title": "Mine", "mood": "calm"})
    assert answer.status_code == 409
    assert 'value="Mine"' in answer.text
    assert 'It says now:</b> <span class="in-short">Theirs' in answer.text
    assert 'name="based_on" value="1"' in answer.text
    await kept.browser.post(f"/journal/{entry}/edit", {**fields, "based_on": "1", "title": "Mine"})
    assert (await kept.entry(entry)).revision.title == "Mine"


async def test_corrections_that_are_too_long_together_are_refused_at_their_field(kept):
    entry = await kept.spoken("We wok.", "Uh.")
    for sequence, status in enumerate((303, 422)):
        path = f"/journal/{entry}/turns/{sequence}"
        answer = await kept.browser.post(path, {**await form_of(kept, path), "text": "x" * 150_000})
        assert answer.status_code == status
    assert "Write it in at most 200000 characters." in answer.text


async def test_a_turn_is_corrected_and_the_rest_stays(kept):
    entry = await kept.spoken("We wok.", "Uh.")
    await kept.edit(entry, title="A walk", tags=["river"])
    path = f"/journal/{entry}/turns/0"
    answer = await kept.browser.post(path, {**await form_of(kept, path), "text": "We walked."})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/journal/{entry}#turn-0")
    revision = (await kept.entry(entry)).revision
    assert (revision.title, list(revision.tags)) == ("A walk", ["river"])
    assert [(each.sequence, each.text) for each in revision.corrections] == [(0, "We walked.")]
    assert "We walked." in (await kept.browser.page(f"/journal/{entry}")).text
    await kept.browser.post(path, {**await form_of(kept, path), "as_heard": "yes"})
    assert not (await kept.entry(entry)).revision.corrections
    for missing in ("2", "-1", "99999999999999999999"):
        assert (await kept.browser.get(f"/journal/{entry}/turns/{missing}")).status_code == 404


async def test_an_older_version_is_taken_again(kept):
    entry = await kept.spoken("Words.")
    await kept.edit(entry, title="First")
    await kept.edit(entry, based_on=1, title="Second")
    page = await kept.browser.page(f"/journal/{entry}/history")
    assert page.text.index("Second") < page.text.index("First")
    answer = await kept.browser.post(f"/journal/{entry}/history", {**page.fields, "number": "1"})
    assert answer.headers["location"] == f"/journal/{entry}"
    assert (await kept.entry(entry)).revision.title == "First"
    stale = await kept.browser.post(f"/journal/{entry}/history", {**page.fields, "number": "2"})
    assert stale.headers["location"].endswith("/history?changed=true")
    none = await kept.browser.post(f"/journal/{entry}/history", {**page.fields, "number": "9"})
    assert none.status_code == 404


async def test_an_entry_is_deleted_once_it_was_said_what_that_means(kept):
    entry = await kept.spoken("Words.")
    page = await kept.browser.page(f"/journal/{entry}/delete")
    assert "for good" in page.text
    assert (await kept.browser.get(f"/journal/{entry}")).status_code == 200
    answer = await kept.browser.post(f"/journal/{entry}/delete", page.fields)
    assert "The entry is deleted." in (await kept.browser.page(answer.headers["location"])).text
    with pytest.raises(grpc.aio.AioRpcError):
        await kept.entry(entry)
    assert (await kept.browser.post(f"/journal/{entry}/delete", page.fields)).status_code == 404


async def test_nothing_of_another_persons_entry_is_changed_or_told(house, kept):
    theirs = await spoken(house, await house.person(), "Nobody else is to read this.")
    mine = await kept.spoken("Mine.")
    fields = await form_of(kept, f"/journal/{mine}/edit")
    for page in ("edit", "turns/0", "history", "delete", "waveform.svg"):
        told = [await kept.browser.get(f"/journal/{entry}/{page}") for entry in (theirs, uuid4())]
        assert [answer.status_code for answer in told] == [404, 404]
        assert told[0].text == told[1].text
    for page in ("edit", "turns/0", "history", "delete"):
        sent = [
            await kept.browser.post(f"/journal/{entry}/{page}", {**fields, "number": "1"})
            for entry in (theirs, uuid4())
        ]
        assert [answer.status_code for answer in sent] == [404, 404]
        assert sent[0].text == sent[1].text


@pytest.mark.parametrize("markup", MARKUP, ids=range(len(MARKUP)))
async def test_what_stands_in_an_entry_is_text_in_each_form(kept, markup):
    entry = await kept.spoken(markup)
    await kept.edit(entry, title=markup, summary=markup, mood=markup, tags=[markup[:50].strip()])
    for page in ("edit", "turns/0", "history", "delete"):
        answer = await kept.browser.get(f"/journal/{entry}/{page}")
        assert "alert" in answer.text
        assert markup not in answer.text


async def test_the_picture_of_a_recording_has_both_tracks_and_no_words(kept):
    entry = await kept.spoken("Words.", audio=b"\x90" * 8000)
    answer = await kept.browser.get(f"/journal/{entry}/waveform.svg")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")
    assert 'id="person" d="M0' in answer.text
    assert 'id="daybook" d=""' in answer.text


async def test_a_journal_is_taken_along_as_a_file(kept):
    entry = await kept.spoken("We walked along the river.", seconds=2)
    await kept.edit(entry, title="A walk")
    fields = await form_of(kept, "/journal/archive")
    answer = await kept.browser.post("/journal/archive/export.zip", fields)
    assert answer.status_code == 200
    assert re.fullmatch(r'attachment; filename="daybook-\d{4}-\d\d-\d\d\.zip"', answer.headers["content-disposition"])
    assert answer.headers["x-daybook-entries"] == "1"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as file:
        [words] = [name for name in file.namelist() if name.endswith("entry.md")]
        assert "A walk" in words
        assert b"We walked along the river" in file.read(words)
        assert any(name.endswith("/recording.wav") for name in file.namelist())
        # the script counts entries by this
        assert sum(name.endswith("/entry.json") for name in file.namelist()) == 1
