"""Entries come into a journal by a file that is sent to the portal, and whatever else is sent is refused with a sentence."""

import asyncio

import pytest
from journal_entries import MARKUP, Kept
from portal_archives import an_archive

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def export_of(kept):
    fields = (await kept.browser.page("/journal/archive")).fields
    return (await kept.browser.post("/journal/archive/export.zip", fields)).content


async def bring_in(kept, file, token=None):
    token = token or (await kept.browser.page("/journal/archive")).fields["form_token"]
    headers = {"sec-fetch-site": "same-origin", "origin": kept.browser.origin}
    # the token first, as the form has it
    files = [("form_token", (None, token.encode())), ("file", ("journal.zip", file, "application/zip"))]
    return await kept.browser.http.post("/journal/archive/import", files=files, headers=headers)


async def test_what_one_took_along_comes_into_another_journal_and_no_entry_twice(house, kept):
    entry = await kept.spoken("We walked along the river.", seconds=3)
    await kept.edit(entry, title="A walk", tags=["river"])
    file = await export_of(kept)
    other = await house.person()
    there = Kept(house, other, await house.signed_in(other))
    answer = await bring_in(there, file)
    assert answer.status_code == 200
    assert "1 entry is new." in answer.text
    again = await bring_in(there, file)
    assert "1 was there already" in again.text
    page = await there.browser.page("/journal")
    [link] = {link for link in page.links if link.startswith("/journal/") and len(link) == 45}
    shown = await there.browser.page(link)
    assert "We walked along the river." in shown.text
    assert "This entry came by an archive" in shown.text
    heard = [
        (await each.browser.get(f"{at}/recording.wav")).content
        for each, at in ((kept, f"/journal/{entry}"), (there, link))
    ]
    assert heard[0] == heard[1]


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (b"", "Choose the ZIP file of an export first"),
        (b"no zip", "The file is no ZIP file, or only a part of one"),
        (an_archive("x")[:-30], "The file is no ZIP file, or only a part of one"),
    ],
    ids=["nothing", "no zip", "cut off"],
)
async def test_what_is_no_archive_is_refused_beside_the_file(kept, file, sentence):
    answer = await bring_in(kept, file)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert 'aria-invalid="true"' in answer.text


async def test_an_entry_that_was_changed_is_told_and_not_taken(kept):
    answer = await bring_in(kept, an_archive("Words.", sha256="0" * 64))
    assert answer.status_code == 200
    assert "1 entry could not be taken" in answer.text
    assert "It was changed after it was exported." in answer.text
    assert "Your journal is empty still." in (await kept.browser.page("/journal")).text


async def test_a_file_that_says_that_it_is_too_large_is_refused_before_it_is_read(kept):
    cookies = "; ".join(f"{name}={value}" for name, value in kept.browser.http.cookies.items())
    host = kept.browser.origin.removeprefix("http://")
    head = (
        f"POST /journal/archive/import HTTP/1.1\r\nhost: {host}\r\ncookie: {cookies}\r\nsec-fetch-site: same-origin\r\n"
        f"content-type: multipart/form-data; boundary=x\r\ncontent-length: {200 * 1024 * 1024}\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection(*host.split(":"))
    writer.write(head.encode())
    assert b" 413 " in await reader.readline()
    assert b"at most 128 MB" in await reader.readuntil(b"</html>")
    writer.close()


@pytest.mark.parametrize("token", ["x", "A" * 43])
async def test_a_file_of_another_sites_form_is_not_taken(kept, token):
    answer = await bring_in(kept, an_archive("Words."), token)
    assert answer.status_code == 403
    assert "Your journal is empty still." in (await kept.browser.page("/journal")).text


@pytest.mark.parametrize("markup", MARKUP, ids=range(len(MARKUP)))
async def test_what_stands_in_an_archive_is_text(kept, markup):
    assert "1 entry is new." in (await bring_in(kept, an_archive(markup))).text
    for path in ("/journal", "/journal/search?q=alert"):
        answer = await kept.browser.get(path)
        assert "alert" in answer.text
        assert markup not in answer.text
    refused = await bring_in(
        kept, an_archive(markup, folder=f"entries/{markup.replace('/', '').replace(':', '')}", sha256="0")
    )
    assert "alert" in refused.text
    assert "<script>alert" not in refused.text
    assert "<svg onload" not in refused.text
    assert "<img src=x" not in refused.text
