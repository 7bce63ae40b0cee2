"""A form with a file is read however it is cut: no file before its token was looked at, and no more than the limit."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.memory_budget import MemoryBudget
from portal.upload_form import UploadForm, UploadTooLarge, UploadUnreadable

BOUNDARY = "----x"
TYPE = f'multipart/form-data; boundary="{BOUNDARY}"'


class Forged(Exception):
    pass


def check(told):
    if told != "token":
        raise Forged


def part(name, content, filename=None):
    named = f'; filename="{filename}"' if filename is not None else ""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'
    return head.encode() + content + b"\r\n"


def body(*parts):
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def read(content, *cuts, largest_bytes=1000):
    form = UploadForm(TYPE, "form_token", check, largest_bytes)
    borders = [0, *sorted(cut for cut in cuts if cut < len(content)), len(content)]
    for first, end in pairwise(borders):
        form.feed(content[first:end])
    return form.whole_file().read()


@given(st.binary(min_size=1, max_size=500), st.lists(st.integers(0, 900), max_size=8))
def test_the_file_is_what_was_sent_however_it_is_cut(file, cuts):
    content = body(part("form_token", b"token"), part("other", b"x"), part("file", file, "journal.zip"))
    assert read(content, *cuts) == file


@pytest.mark.parametrize("token", [b"", b"another", "ä".encode()])
def test_nothing_of_the_file_is_taken_where_the_token_is_not_ours(token):
    with pytest.raises(Forged):
        read(body(part("form_token", token), part("file", b"content", "a.zip")))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nonsense",
        body(part("form_token", b"token")),
        body(part("file", b"content", "a.zip"), part("form_token", b"token")),
        body(part("form_token", b"token"), part("file", b"", "")),
        body(part("form_token", b"token"), part("file", b"1", "a.zip"), part("file", b"2", "b.zip")),
        body(part("form_token", b"token"), part("file", b"content", "a.zip"))[:-12],
        body(part("form_token", b"t" * 200), part("file", b"content", "a.zip")),
    ],
    ids=range(8),
)
def test_what_is_no_form_with_a_token_and_then_a_file_is_refused(content):
    with pytest.raises(UploadUnreadable):
        read(content)


def test_a_file_is_taken_up_to_the_limit():
    form = [part("form_token", b"token"), part("file", b"x" * 100, "a.zip")]
    assert len(read(body(*form), largest_bytes=100)) == 100
    with pytest.raises(UploadTooLarge):
        read(body(*form), largest_bytes=99)


@pytest.mark.parametrize("kind", ["", "text/plain", "multipart/form-data", "application/x-www-form-urlencoded"])
def test_what_is_no_form_with_a_file_is_not_read(kind):
    with pytest.raises(UploadUnreadable):
        UploadForm(kind, "form_token", check, 10)


@given(st.binary(max_size=300))
def test_whatever_comes_is_refused_or_read(content):
    with pytest.raises((UploadUnreadable, Forged)):
        read(content)


def test_memory_is_given_once_and_given_back():
    budget = MemoryBudget(10)
    assert budget.take(6)
    assert not budget.take(5)
    budget.give_back(6)
    assert budget.take(10)
