import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import InvalidInput
from daybook.journal.v1.revisions_pb2 import AUTHOR_PERSON, Correction, EditEntryRequest, Revision
from journal.revision_contract import content_of, same_content

TURNS = 3
LINES = st.text(max_size=50, alphabet=st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]))
TEXTS = st.text(max_size=200, alphabet=st.characters(exclude_categories=["Cc", "Cs"], include_characters="\n\t"))
CORRECTIONS = st.dictionaries(st.integers(0, TURNS - 1), TEXTS)
TAGS = st.lists(LINES.map(str.strip).filter(bool), max_size=20, unique=True)


def corrections(*pairs):
    return [Correction(sequence=sequence, text=text) for sequence, text in pairs]


@given(LINES, TEXTS, TAGS, LINES, CORRECTIONS)
def test_what_a_person_wrote_is_kept_as_they_wrote_it(title, summary, tags, mood, corrected):
    request = EditEntryRequest(
        title=title, summary=summary, tags=tags, mood=mood, corrections=corrections(*corrected.items())
    )
    assert content_of(request, turns=TURNS) == Revision(
        title=title, summary=summary, tags=tags, mood=mood, corrections=corrections(*sorted(corrected.items()))
    )


LINE = "must be one line of at most {} characters, without control characters."
PARAGRAPHS = "must have at most {} characters, and no control characters but line ends and tabs."
REFUSED = [
    ({"title": "x" * 201}, f"title: {LINE.format(200)}"),
    ({"title": "two\nlines"}, f"title: {LINE.format(200)}"),
    ({"title": "two\N{LINE SEPARATOR}lines"}, f"title: {LINE.format(200)}"),
    ({"summary": "x" * 10_001}, f"summary: {PARAGRAPHS.format(10_000)}"),
    ({"summary": "\x00"}, f"summary: {PARAGRAPHS.format(10_000)}"),
    ({"mood": "\x1b[31m"}, f"mood: {LINE.format(200)}"),
    ({"tags": [str(number) for number in range(21)]}, "tags: must be at most 20."),
    ({"tags": ["fine", ""]}, "tags[1]: must have something in it, and no space around that."),
    ({"tags": [" rain"]}, "tags[0]: must have something in it, and no space around that."),
    ({"tags": ["x" * 51]}, f"tags[0]: {LINE.format(50)}"),
    ({"tags": ["rain", "sun", "rain"]}, "tags[2]: must differ from the tags before it."),
    (
        {"corrections": corrections((0, "a"), (3, "b"))},
        "corrections[1].sequence: must be that of a turn of the entry, which has 3; the first is 0.",
    ),
    (
        {"corrections": corrections((1, "a"), (1, "b"))},
        "corrections[1].sequence: must differ from those before it: a turn has one correction.",
    ),
    ({"corrections": corrections((1, "\x07"))}, f"corrections[0].text: {PARAGRAPHS.format(200_000)}"),
    (
        {"corrections": corrections((1, "a" * 100_000), (2, "b" * 100_001))},
        "corrections: must have at most 200000 characters together.",
    ),
]


@pytest.mark.parametrize(("content", "sentence"), REFUSED, ids=[sentence[:40] for _, sentence in REFUSED])
def test_what_cannot_be_kept_is_refused_by_the_name_of_its_field(content, sentence):
    with pytest.raises(InvalidInput) as raised:
        content_of(EditEntryRequest(**content), turns=TURNS)
    assert str(raised.value) == sentence


def test_two_revisions_say_the_same_whoever_made_them():
    said = Revision(title="Rain", tags=["rain"], corrections=corrections((0, "It rained.")))
    again = Revision(number=2, author=AUTHOR_PERSON)
    again.MergeFrom(said)
    again.made_at.GetCurrentTime()
    assert same_content(said, again)


@pytest.mark.parametrize(
    "other",
    [{"title": "Rains"}, {"summary": "x"}, {"tags": ["rain"]}, {"mood": "x"}, {"corrections": corrections((0, ""))}],
)
def test_two_revisions_differ_by_anything_that_they_say(other):
    assert not same_content(Revision(title="Rain"), Revision(**{"title": "Rain", **other}))
