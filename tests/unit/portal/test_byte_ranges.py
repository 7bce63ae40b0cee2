"""Whatever a browser asks for of a file, it gets those bytes, all of them, or is told that there are none (RFC 9110, 14)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.byte_ranges import asked_range, nothing_of

FILE = bytes(range(100))
NUMBERS = st.integers(min_value=0, max_value=250)


def given_of(header, file=FILE):
    """What a server gives of a file: the bytes, and the Content-Range; None where it gives all of it."""
    asked = asked_range(header)
    if asked is None:
        return None
    span = asked.within(len(file))
    if span is None:
        return b"", nothing_of(len(file))
    return file[span.first : span.first + span.length], span.content_range


@pytest.mark.parametrize(
    ("header", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-", 0, 99),
        ("bytes=10-19", 10, 19),
        ("bytes=90-500", 90, 99),
        ("bytes=99-", 99, 99),
        ("bytes=-1", 99, 99),
        ("bytes=-500", 0, 99),
        ("BYTES= 1-2 ", 1, 2),
        ("bytes=000-00001", 0, 1),
    ],
)
def test_a_range_is_given(header, first, last):
    assert given_of(header) == (FILE[first : last + 1], f"bytes {first}-{last}/100")


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=999999999999999999-", "bytes=-0"])
def test_a_range_beyond_the_file_is_told(header):
    assert given_of(header) == (b"", "bytes */100")


@pytest.mark.parametrize(
    "header",
    [
        None, "", "bytes", "bytes=", "bytes=-", "bytes=5-4", "bytes=0-0,5-9", "bytes=a-b", "bytes=1-2-3", "bytes=+1-2",
        "items=0-1", "bytes=\N{ARABIC-INDIC DIGIT ONE}-2", "bytes=1-2\n", "bytes=0x1-2", f"bytes={10**18}-", "bytes=--1",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_passed_over_and_all_is_given(header):
    assert given_of(header) is None


@given(NUMBERS, NUMBERS, st.binary(max_size=120))
def test_first_and_last_give_the_bytes_between_them(first, last, file):
    told = given_of(f"bytes={first}-{last}", file)
    if last < first:
        assert told is None
    elif first >= len(file):
        assert told == (b"", f"bytes */{len(file)}")
    else:
        end = min(last, len(file) - 1)
        assert told == (file[first : end + 1], f"bytes {first}-{end}/{len(file)}")


@given(NUMBERS, st.binary(max_size=120))
def test_a_suffix_gives_so_many_of_the_last_bytes(wanted, file):
    content, told = given_of(f"bytes=-{wanted}", file)
    if not wanted or not file:
        assert told == f"bytes */{len(file)}"
    else:
        assert content == file[-wanted:]
    asked = asked_range(f"bytes=-{wanted}")
    assert asked.from_the_beginning(len(file)).within(len(file)) == asked.within(len(file))


@given(st.text(max_size=40))
def test_whatever_stands_in_the_header_there_is_an_answer(header):
    told = given_of(header)
    assert told is None or told[0] in FILE


@given(st.from_regex(r"\Abytes=\d{0,20}-\d{0,20}\Z"), st.binary(max_size=300))
def test_what_is_given_of_a_file_stands_in_it(header, file):
    told = given_of(header, file)
    if told is not None and told[0]:
        first = int(told[1].removeprefix("bytes ").partition("-")[0])
        assert file[first : first + len(told[0])] == told[0]
