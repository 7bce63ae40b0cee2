"""Recordings, as a person's programs hear them: the same file as on the page, whole or in parts."""

from uuid import uuid4

import pytest
import pytest_asyncio
from journal_entries import Kept
from portal_programs import program_of

from journal import wav

pytestmark = pytest.mark.asyncio(loop_scope="session")

SECONDS = 2
AUDIO = bytes(range(250)) * 32
FILE = wav.header(SECONDS * 8000) + wav.interleave(AUDIO * SECONDS, b"\xff" * 8000 * SECONDS)
TOTAL = len(FILE)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def heard(house):
    """The path of a recording, and a program that may read, of whose it is."""
    person = await house.person()
    kept = Kept(house, person, await house.signed_in(person))
    entry = await kept.spoken("Words.", seconds=SECONDS, audio=AUDIO)
    return await program_of(house, person, scope="read"), f"/entries/{entry}/recording"


async def test_it_is_the_whole_file(heard):
    program, path = heard
    answer = await program.ask("GET", path)
    assert (answer.status_code, answer.content) == (200, FILE)
    assert (answer.headers["content-type"], answer.headers["accept-ranges"]) == ("audio/wav", "bytes")


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("bytes=57-60", 57, 60), ("bytes=9-", 9, TOTAL - 1), ("bytes=-8", TOTAL - 8, TOTAL - 1)],
)
async def test_a_range_is_that_part(heard, asked, first, last):
    program, path = heard
    answer = await program.ask("GET", path, headers={"range": asked})
    assert (answer.status_code, answer.content) == (206, FILE[first : last + 1])
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{TOTAL}"


async def test_a_part_of_another_file_is_not_given(heard):
    program, path = heard
    etag = (await program.ask("HEAD", path)).headers["etag"]
    for condition, status in ((etag, 206), ('"another"', 200)):
        answer = await program.ask("GET", path, headers={"range": "bytes=0-9", "if-range": condition})
        assert answer.status_code == status


async def test_a_range_beyond_the_end_is_a_problem_that_tells_the_length(heard):
    program, path = heard
    answer = await program.ask("GET", path, headers={"range": f"bytes={TOTAL}-"})
    assert (answer.status_code, answer.headers["content-type"]) == (416, "application/problem+json")
    assert answer.headers["content-range"] == f"bytes */{TOTAL}"
    assert answer.json()["status"] == 416


async def test_head_tells_the_length_without_the_file(heard):
    program, path = heard
    answer = await program.ask("HEAD", path)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(TOTAL)
    refused = await program.ask("POST", path)
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")


async def test_what_is_somebody_elses_is_told_like_what_there_is_not(house, heard):
    stranger = await program_of(house, await house.person())
    for asked in ({}, {"range": "bytes=0-9"}, {"range": f"bytes={TOTAL}-"}, {"range": "bytes=-9", "if-range": '"x"'}):
        for method in ("GET", "HEAD"):
            theirs = await stranger.ask(method, heard[1], headers=asked)
            none = await stranger.ask(method, f"/entries/{uuid4()}/recording", headers=asked)
            assert (theirs.status_code, theirs.content) == (404, none.content)
