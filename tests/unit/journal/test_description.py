import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.journal.v1.journal_pb2 import SPEAKER_DAYBOOK, SPEAKER_PERSON, Turn
from journal import description
from journal.description import asked_again_after, content_of, question_of
from journal.revision_contract import is_line

SAID = [
    Turn(
        sequence=0, speaker=SPEAKER_DAYBOOK, text="How was your day?", purpose="question", starts_at_ms=1, ends_at_ms=9
    ),
    Turn(sequence=1, speaker=SPEAKER_PERSON, text="I felt proud, and a little SAD.", starts_at_ms=10, ends_at_ms=20),
]


def told(**changed: object) -> str:
    answer = {"title": "A day", "summary": "It was a day.", "tags": [], "mood": ""}
    return json.dumps({**answer, **changed})


def content(**changed: object):
    found = content_of(told(**changed), SAID)
    assert found is not None
    return found


def test_a_question_holds_the_words_and_who_spoke_and_nothing_else():
    assert json.loads(question_of(SAID)) == {
        "turns": [
            {"speaker": "daybook", "text": "How was your day?"},
            {"speaker": "person", "text": "I felt proud, and a little SAD."},
        ]
    }


@pytest.mark.parametrize("purpose", ["", "greeting", "closing"])
def test_what_daybook_said_beside_its_questions_is_not_sent(purpose):
    greeting = Turn(speaker=SPEAKER_DAYBOOK, text="Hello Robin.", purpose=purpose)
    assert question_of([greeting, *SAID]) == question_of(SAID)


def test_what_was_said_after_hours_is_not_asked_about():
    turns = [Turn(speaker=SPEAKER_PERSON, text=f"{number} ".ljust(20_000, "x")) for number in range(12)]
    asked = json.loads(question_of(turns))["turns"]
    assert [turn["text"].split()[0] for turn in asked] == [str(number) for number in range(10)]


def test_an_answer_becomes_what_is_told_of_the_entry():
    found = content(title=" A\tday ", summary="One.\n\nTwo.", tags=["#Rain", "rain", " Garden "], mood="a little sad")
    assert (found.title, found.summary, list(found.tags), found.mood) == (
        "A day", "One. Two.", ["rain", "garden"], "a little sad",
    )  # fmt: skip
    assert (found.number, found.author, found.HasField("made_at"), list(found.corrections)) == (0, 0, False, [])


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "{",
        "[]",
        '"title"',
        '{"title": "A day"}',
        told(title=" "),
        told(summary=""),
        told(tags="rain"),
        told(mood=None),
    ],
)
def test_an_answer_of_no_use_is_none(answer):
    assert content_of(answer, SAID) is None


@pytest.mark.parametrize("mood", ["happy", "prou", "was your day", "x" * 81, ""])
def test_a_mood_that_the_person_did_not_say_is_left_out(mood):
    assert content(mood=mood).mood == ""


@pytest.mark.parametrize("mood", ["proud", "Proud, and a little sad", "i felt proud"])
def test_a_mood_is_what_the_person_said(mood):
    assert content(mood=mood).mood == mood


def test_what_is_too_long_ends_with_a_whole_word():
    assert content(title="word " * 30).title == "word " * 15 + "word…"
    assert len(content(title="x" * 300).title) == description.LONGEST_TITLE_CHARACTERS


@given(st.text(), st.text(), st.lists(st.text(), max_size=8), st.text())
def test_whatever_the_model_answers_only_what_can_be_kept_is_taken(title, summary, tags, mood):
    found = content_of(told(title=title, summary=summary, tags=tags, mood=mood), SAID)
    if found is None:
        return
    assert 1 <= len(found.title) <= description.LONGEST_TITLE_CHARACTERS
    assert 1 <= len(found.summary) <= description.LONGEST_SUMMARY_CHARACTERS
    assert len(found.tags) <= description.MOST_TAGS
    assert all(is_line(line) for line in (found.title, found.summary, found.mood, *found.tags))


def test_the_tries_grow_apart_up_to_a_day_and_end():
    delays = [asked_again_after(tries) for tries in range(1, description.MOST_TRIES + 1)]
    assert delays[-1] is None
    assert all(one < other for one, other in pairwise(delays[:-1]))
    assert delays[-2].days == 1
