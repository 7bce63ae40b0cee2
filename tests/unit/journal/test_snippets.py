from hypothesis import given
from hypothesis import strategies as st

from daybook.journal.v1.journal_pb2 import SPEAKER_DAYBOOK, SPEAKER_PERSON, Turn
from daybook.journal.v1.revisions_pb2 import Correction, Revision
from journal.folding import fold
from journal.search_query import parse_query
from journal.snippets import AROUND_CHARACTERS, CUT, MOST_SNIPPETS, Part, Text, snippets_of, texts_of

WORDS = ["walk", "Äpfel", "straße", "e\N{COMBINING ACUTE ACCENT}te\N{COMBINING ACUTE ACCENT}", "a", "東京", "Zoë", "ﬁn"]
texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=60).map(" ".join)


def turn(sequence, text, speaker=SPEAKER_PERSON):
    return Turn(sequence=sequence, speaker=speaker, text=text, starts_at_ms=sequence * 1000)


def spoken(*said):
    return texts_of([turn(sequence, text) for sequence, text in enumerate(said)], None)


def shown(query, texts):
    return [
        (it.source.sequence, it.text, [it.text[start:end] for start, end in it.matches])
        for it in snippets_of(texts, parse_query(query))
    ]


def test_what_the_person_said_can_be_found_as_it_should_have_read_and_what_daybook_said_cannot():
    turns = [
        turn(0, "How was your day?", SPEAKER_DAYBOOK),
        turn(1, "A long balk."),
        turn(2, "Um."),
        turn(3, "It rained."),
    ]
    revision = Revision(
        title="Rain",
        summary="A walk.",
        tags=["river", "family"],
        mood="calm",
        corrections=[Correction(sequence=1, text="A long walk."), Correction(sequence=2, text="")],
    )
    assert [text for text in texts_of(turns, revision) if text.text] == [
        Text(Part.TITLE, "Rain"),
        Text(Part.SUMMARY, "A walk."),
        Text(Part.TAG, "river"),
        Text(Part.TAG, "family"),
        Text(Part.MOOD, "calm"),
        Text(Part.TURN, "A long walk.", 1, 1000),
        Text(Part.TURN, "It rained.", 3, 3000),
    ]


def test_a_snippet_is_some_text_around_what_was_found():
    text = "We left early. " * 10 + "Then a walk with Zoë, and a second walk after it. " + "It got late. " * 10
    [(_, piece, found)] = shown("walk zoe", spoken(text))
    assert found == ["walk", "Zoë", "walk"]
    assert piece.startswith(f"{CUT}early. We left early.")
    assert piece.endswith(f"It got{CUT}")


def test_a_short_text_is_shown_whole_with_all_that_was_found():
    assert shown('"long walk" riv', spoken("Um.", "A long walk, by the River.")) == [
        (1, "A long walk, by the River.", ["long walk", "Riv"])
    ]


def test_each_word_is_shown_before_one_is_shown_again():
    said = ["a walk"] * 5 + ["a river", "a walk", "my mother"]
    assert [sequence for sequence, *_ in shown("walk river mother", spoken(*said))] == [0, 5, 7]
    assert [sequence for sequence, *_ in shown("walk", spoken(*said))] == [0, 1, 2]


def test_a_tag_that_was_looked_for_is_shown():
    texts = texts_of([turn(0, "Old friends of work.")], Revision(tags=["work", "old friends"]))
    found = snippets_of(texts, parse_query('tag:work tag:"old friends"'))
    assert [(it.source.part, it.text, list(it.matches)) for it in found] == [
        (Part.TAG, "work", [(0, 4)]),
        (Part.TAG, "old friends", [(0, 11)]),
    ]


@given(st.lists(texts, min_size=1, max_size=6), st.lists(st.sampled_from(WORDS), min_size=1, max_size=3))
def test_what_is_marked_in_a_snippet_is_what_was_looked_for(said, wanted):
    query = parse_query(" ".join(wanted))
    found = snippets_of(spoken(*said), query)
    assert len(found) <= MOST_SNIPPETS
    assert [it.source.sequence for it in found] == sorted({it.source.sequence for it in found})
    assert bool(found) is any(piece in fold(text) for piece in query.words for text in said)
    for snippet in found:
        assert snippet.matches
        assert snippet.text.strip(CUT) in snippet.source.text
        ends = 0
        for start, end in snippet.matches:
            assert ends <= start < end <= len(snippet.text)
            assert any(piece in fold(snippet.text[start:end]) for piece in query.words)
            ends = end
        assert len(snippet.text) <= 2 * (AROUND_CHARACTERS + len(CUT)) + snippet.matches[0][1] - snippet.matches[0][0]
