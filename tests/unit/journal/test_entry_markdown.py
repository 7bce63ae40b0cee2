"""Words stay words: whatever somebody said or wrote, it is no structure of Markdown, HTML or YAML."""

import re
from datetime import UTC, datetime
from uuid import UUID

import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from daybook.journal.v1.journal_pb2 import SPEAKER_DAYBOOK, SPEAKER_PERSON, Turn
from daybook.journal.v1.revisions_pb2 import Correction, Revision
from journal.entry_markdown import Markdown, escaped, lines_of, rendered
from journal.records import Entry, Outcome

BEGAN, ENDED = datetime(2026, 11, 24, 8, 0, tzinfo=UTC), datetime(2026, 11, 24, 8, 2, tzinfo=UTC)
ENTRY = Entry(
    *(UUID(int=number) for number in range(4)), BEGAN, ENDED, Outcome.COMPLETED, turns=2, recording_ms=0, cut_off=False
)
# what Markdown, HTML and YAML know, in any order, among any other characters
KNOWN = (
    r"# ## --- === *** ___ ``` ~~~ > - + * 1. 1) 12345678901. [a](b) ![a](b) <b> </b> <!-- --> &amp; &#35; | \\ \\\\ ` `` "
    r"http://a.b www.a.b a@b.c {{a}} {%a%} $a$ : ; ? ! % @ [^1] [^1]: [a]: title: ... &"
)
READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
UNSEEN = "\t\n\r\x0b\x0c\x1c\x1f\x85\xa0\u2028\u2029\u202e\u2066\u200f\ufeff\ufffe\x00\x1b\x7f"
HOSTILE = st.lists(
    st.one_of(st.sampled_from(KNOWN.split()), st.sampled_from(UNSEEN), st.text(max_size=5), st.just(" ")), max_size=12
).map("".join)


def page(turns=(), revision=None, **more):
    told = Markdown(ENTRY, turns, revision, recording="", incomplete=False)
    return rendered(told, BEGAN, ENDED)


def parsed(markdown):
    """The blocks, and what a reader sees of each."""
    tokens = READER.parse(markdown)
    blocks = []
    for token in tokens:
        if token.type == "inline":
            assert {child.type for child in token.children} <= {"text", "softbreak", "text_special"}, token.children
            blocks.append("".join(child.content for child in token.children))
        else:
            assert token.type in {"paragraph_open", "paragraph_close"}, token
    return blocks


@given(HOSTILE)
@example("www.example.org http://example.org")
@example("1. one\n2) two\n- three\n+ four\n* five\n# six\n=====\n-----\n    code")
@example("&lt; &#60; \\&")
def test_words_are_paragraphs_of_themselves_and_nothing_else(words):
    told = escaped(words)
    assert parsed(told) == lines_of(words)
    assert not re.search(r"[^\\]://|www\.|[^\\]@", told, re.IGNORECASE)  # GitHub and others make links of these


@settings(max_examples=40)
@given(HOSTILE, HOSTILE, st.lists(HOSTILE, max_size=2), HOSTILE)
def test_front_matter_is_what_it_says_whatever_the_words_are(title, mood, tags, summary):
    revision = Revision(title=title, mood=mood, tags=tags, summary=summary)
    _, front, body = re.split(r"^---$", page(revision=revision), maxsplit=2, flags=re.MULTILINE)
    told = yaml.safe_load(front)
    assert told["entry"] == str(ENTRY.entry_id)
    assert told.get("title", "") == " ".join(lines_of(title))
    assert told.get("mood", "") == " ".join(lines_of(mood))
    assert told.get("tags", []) == [" ".join(lines_of(tag)) for tag in tags]
    assert set(told) <= {"title", "date", "ended", "entry", "outcome", "tags", "mood"}
    [heading] = [token for token in READER.parse(body) if token.type == "heading_open"]
    assert heading.tag == "h1"


@given(HOSTILE)
def test_nobody_turns_the_writing_round_or_hides_in_it(words):
    told = page([Turn(speaker=SPEAKER_PERSON, text=words)], Revision(title=words, summary=words))
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufffe\uffff]", told)


def test_it_reads_like_a_conversation():
    turns = [
        Turn(sequence=0, speaker=SPEAKER_DAYBOOK, text="How was your day?", starts_at_ms=900),
        Turn(sequence=1, speaker=SPEAKER_PERSON, text="It was *long*.\nAnd cold.", starts_at_ms=3_905_000),
        Turn(sequence=2, speaker=SPEAKER_PERSON, text="The blew table.", starts_at_ms=3_910_000),
        Turn(sequence=3, speaker=SPEAKER_PERSON, text="Hm.", starts_at_ms=3_920_000),
    ]
    revision = Revision(
        title="The blue table",
        summary="A long day.",
        tags=["home", "work"],
        mood="tired",
        corrections=[Correction(sequence=2, text="The blue table."), Correction(sequence=3)],
    )
    assert (
        page(turns, revision)
        == """---
title: "The blue table"
date: 2026-11-24T08:00:00+00:00
ended: 2026-11-24T08:02:00+00:00
entry: "00000000-0000-0000-0000-000000000000"
outcome: completed
tags: ["home", "work"]
mood: "tired"
---

# The blue table

Tuesday, 24 November 2026, 08:00 to 08:02 (UTC)

A long day.

**Daybook** (0:00)

How was your day?

**You** (1:05:05)

It was \\*long\\*.

And cold.

**You** (1:05:10)

The blue table.
"""
    )
