"""The recording of an entry over HTTP: whole, or the part that was asked for, byte for byte what the journal has of it."""

import httpx2
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from journal_entries import Kept

from journal import wav

pytestmark = pytest.mark.asyncio(loop_scope="session")

SECONDS = 3
AUDIO = bytes(range(250)) * 32
FILE = wav.header(SECONDS * 8000) + wav.interleave(AUDIO * SECONDS, b"\xff" * 8000 * SECONDS)
TOTAL = len(FILE)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def heard(house):
    """The address of a recording, and the browser of whose it is."""
    person = await house.person()
    kept = Kept(house, person, await house.signed_in(person))
    entry = await kept.spoken("Words.", seconds=SECONDS, audio=AUDIO)
    return kept.browser, f"/journal/{entry}/recording.wav"


async def test_without_a_range_it_is_the_whole_file(heard):
    browser, path = heard
    answer = await browser.get(path)
    assert (answer.status_code, answer.content) == (200, FILE)
    assert answer.headers["content-type"] == "audio/wav"
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["content-length"] == str(TOTAL)
    assert answer.headers["cache-control"] == "no-store"


async def test_head_tells_the_same_without_the_file(heard):
    browser, path = heard
    answer = await browser.http.head(path, headers={"range": "bytes=0-9"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(TOTAL)
    assert answer.headers["accept-ranges"] == "bytes"


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-", 0, TOTAL - 1),
        ("bytes=0-0", 0, 0),
        ("bytes=57-58", 57, 58),
        ("bytes=16057-16060", 16057, 16060),
        ("bytes=100-999999999", 100, TOTAL - 1),
        (f"bytes={TOTAL - 1}-", TOTAL - 1, TOTAL - 1),
        ("bytes=-1", TOTAL - 1, TOTAL - 1),
        ("bytes=-999999999", 0, TOTAL - 1),
    ],
)
async def test_a_range_is_that_part(heard, asked, first, last):
    browser, path = heard
    answer = await browser.get(path, headers={"range": asked})
    assert (answer.status_code, answer.content) == (206, FILE[first : last + 1])
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{TOTAL}"
    assert answer.headers["content-length"] == str(last - first + 1)


@pytest.mark.parametrize("asked", [f"bytes={TOTAL}-", f"bytes={TOTAL}-{TOTAL + 9}", "bytes=-0"])
async def test_a_range_beyond_the_end_is_told(heard, asked):
    browser, path = heard
    answer = await browser.get(path, headers={"range": asked})
    assert (answer.status_code, answer.content) == (416, b"")
    assert answer.headers["content-range"] == f"bytes */{TOTAL}"


@pytest.mark.parametrize("asked", ["bytes=5-4", "bytes=0-0,2-3", "items=0-1", "bytes=x", ""])
async def test_a_range_that_cannot_be_read_gives_the_whole_file(heard, asked):
    browser, path = heard
    answer = await browser.get(path, headers={"range": asked})
    assert (answer.status_code, answer.content) == (200, FILE)


async def test_a_part_of_the_file_that_one_has_is_given_and_else_all_of_it(heard):
    browser, path = heard
    etag = (await browser.http.head(path)).headers["etag"]
    same = await browser.get(path, headers={"range": "bytes=10-19", "if-range": etag})
    assert (same.status_code, same.content) == (206, FILE[10:20])
    for other in ('"another"', f"W/{etag}", "Tue, 24 Nov 2026 08:00:00 GMT"):
        answer = await browser.get(path, headers={"range": "bytes=10-19", "if-range": other})
        assert (answer.status_code, answer.content) == (200, FILE)


async def test_whatever_is_asked_for_is_given_byte_for_byte(heard):
    browser, path = heard
    # hypothesis calls its test without a loop: so with a client of its own
    client = httpx2.Client(base_url=browser.origin, cookies=dict(browser.http.cookies))

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.integers(0, TOTAL + 100), st.none() | st.integers(0, TOTAL + 100))
    def ask(first, last):
        answer = client.get(path, headers={"range": f"bytes={first}-{'' if last is None else last}"})
        end = TOTAL if last is None else min(last + 1, TOTAL)
        if last is not None and last < first:
            assert (answer.status_code, answer.content) == (200, FILE)
        elif first >= TOTAL:
            assert answer.status_code == 416
        else:
            assert (answer.status_code, answer.content) == (206, FILE[first:end])
            assert answer.headers["content-range"] == f"bytes {first}-{end - 1}/{TOTAL}"

    with client:
        ask()


async def test_each_part_is_asked_of_the_journal_alone_and_a_browser_that_goes_away_ends_it(house, heard):
    browser, path = heard
    async with browser.http.stream("GET", path) as answer:
        assert answer.status_code == 200
    # the portal goes on answering
    assert (await browser.get(path, headers={"range": "bytes=0-3"})).content == b"RIFF"
