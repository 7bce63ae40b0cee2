"""A journal as a file, as a person's programs take it along and bring it in."""

import asyncio
import io
import zipfile

import pytest
import pytest_asyncio
from portal_archives import ENTRY, an_archive
from portal_programs import API, program_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

ZIP = {"content-type": "application/zip"}


@pytest_asyncio.fixture(loop_scope="session")
async def program(house, kept):
    return await program_of(house, kept.person)


async def bring_in(program, file, **headers):
    return await program.ask("POST", "/archive", content=file, headers={**ZIP, **headers})


async def test_what_one_took_along_comes_into_another_journal_and_no_entry_twice(house, kept, program):
    entry = await kept.spoken("We walked along the river.", seconds=3)
    reader = await program_of(house, kept.person, scope="read")
    exported = await reader.ask("GET", "/archive")
    assert (exported.status_code, exported.headers["content-type"]) == (200, "application/zip")
    assert exported.headers["x-daybook-entries"] == "1"
    there = await program_of(house, await house.person())
    first = await bring_in(there, exported.content)
    assert first.status_code == 200, first.text
    assert first.json() == {"new": 1, "known": 0, "lost": 0, "refused": []}
    again = await bring_in(there, exported.content)
    assert again.json() == {"new": 0, "known": 1, "lost": 0, "refused": []}
    [listed] = (await there.told("/entries"))["entries"]
    assert (listed["imported"], listed["call_id"]) == (True, None)
    told = await there.told(f"/entries/{listed['entry_id']}")
    assert told["spoken"][0]["text"] == "We walked along the river."
    here, brought = [
        (await each.ask("GET", f"/entries/{of}/recording")).content
        for each, of in ((program, entry), (there, listed["entry_id"]))
    ]
    assert here == brought


async def test_an_archive_has_nothing_of_anybody_else(house, kept):
    await kept.spoken("Words of another.")
    stranger = await program_of(house, await house.person())
    exported = await stranger.ask("GET", "/archive")
    assert exported.headers["x-daybook-entries"] == "0"
    with zipfile.ZipFile(io.BytesIO(exported.content)) as archive:
        assert not [name for name in archive.namelist() if name.startswith("entries/")]


async def test_a_token_that_may_read_alone_brings_nothing_in(house, kept):
    reader = await program_of(house, kept.person, scope="read")
    answer = await bring_in(reader, an_archive("Words."))
    assert answer.status_code == 403
    assert (await reader.told("/entries"))["entries"] == []


@pytest.mark.parametrize(
    ("file", "told"),
    [
        (b"", "there is nothing"),
        (b"no zip", "no ZIP file, or only a part of one"),
        (an_archive("x")[:-30], "no ZIP file, or only a part of one"),
    ],
    ids=["nothing", "no zip", "cut off"],
)
async def test_what_is_no_archive_is_refused_with_a_reason(program, file, told):
    answer = await bring_in(program, file)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    [error] = answer.json()["errors"]
    assert error["field"] == "body"
    assert told in error["detail"]


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=x", ""])
async def test_another_kind_of_file_is_not_looked_at(program, kind):
    answer = await program.ask("POST", "/archive", content=an_archive("Words."), headers={"content-type": kind})
    assert (answer.status_code, answer.json()["status"]) == (415, 415)
    assert (await program.told("/entries"))["entries"] == []


async def test_entries_that_were_changed_are_told_with_why_and_others_come_in(program):
    answer = await bring_in(program, an_archive("Words.", sha256="0" * 64))
    assert answer.status_code == 200
    told = answer.json()
    assert (told["new"], [each["folder"] for each in told["refused"]]) == (0, ["one"])
    assert "entry.json was changed" in told["refused"][0]["reason"]
    # what is right is taken then
    assert (await bring_in(program, an_archive("Words."))).json()["new"] == 1


async def test_a_file_that_says_that_it_is_too_large_is_refused_before_it_is_read(program):
    host = str(program.http.base_url).removeprefix("http://").rstrip("/")
    head = (
        f"POST {API}/archive HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {program.token}\r\n"
        f"content-type: application/zip\r\ncontent-length: {200 * 1024 * 1024}\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection(*host.split(":"))
    writer.write(head.encode())
    assert b" 413 " in await reader.readline()
    assert b"application/problem+json" in await reader.readuntil(b"\r\n\r\n")
    assert b"may have 128 MB" in await reader.readuntil(b"}")
    writer.close()


async def test_more_than_other_requests_may_have_comes_in(program):
    padded = io.BytesIO(an_archive("Words."))
    with zipfile.ZipFile(padded, "a") as archive:
        archive.writestr("beside.bin", bytes(4 * 1024 * 1024))
    assert len(padded.getvalue()) > 3 * 1024 * 1024
    assert (await bring_in(program, padded.getvalue())).json()["new"] == 1


async def test_an_id_of_somebody_elses_entry_tells_nothing(house, program):
    assert (await bring_in(program, an_archive("Words of one."))).json()["new"] == 1
    stranger = await program_of(house, await house.person())
    assert (await bring_in(stranger, an_archive("Words of another."))).json()["new"] == 1
    [theirs] = (await stranger.told("/entries"))["entries"]
    [mine] = (await program.told("/entries"))["entries"]
    assert theirs["entry_id"] != mine["entry_id"]
    assert ENTRY not in {theirs["entry_id"], mine["entry_id"]}
    assert (await program.told(f"/entries/{mine['entry_id']}"))["spoken"][0]["text"] == "Words of one."


async def test_no_word_of_a_file_is_in_the_log(house, program):
    await bring_in(program, an_archive("Heliotrope walks."))
    await bring_in(program, an_archive("Heliotrope walks.", sha256="0"))
    assert "eliotrope" not in house.log.read_text()
