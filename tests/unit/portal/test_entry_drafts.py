"""What is written of an entry comes to the journal as it was meant, and the rest of it stays."""

from hypothesis import given
from hypothesis import strategies as st

from daybook.journal.v1.revisions_pb2 import Correction, Revision
from portal.entry_drafts import Draft, corrected, draft_of

LINES = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=30).map(str.strip)
KEPT = Revision(
    number=3,
    title="A walk",
    summary="Long.",
    mood="calm",
    tags=["a, b"],
    corrections=[Correction(sequence=1, text="x")],
)


def test_a_form_tells_what_browsers_make_of_it_and_the_journal_gets_what_was_written():
    draft = Draft(" A walk ", "One.\r\n\r\nTwo.\r\n", "calm ", "home\r\n\r\n old friends \r\nhome\r\n").as_sent()
    made = draft.revision(KEPT)
    assert (made.title, made.summary, made.mood) == ("A walk", "One.\n\nTwo.", "calm")
    assert list(made.tags) == ["home", "old friends"]
    assert made.corrections == KEPT.corrections


@given(st.lists(LINES.filter(bool), unique=True, max_size=20), LINES, LINES)
def test_what_is_not_changed_stays(tags, title, mood):
    revision = Revision(title=title, summary="Long.", mood=mood, tags=tags)
    assert draft_of(revision).as_sent().revision(revision) == revision


def test_a_turn_is_corrected_beside_the_others_and_back():
    changed = corrected(KEPT, 0, "y")
    assert {each.sequence: each.text for each in changed.corrections} == {0: "y", 1: "x"}
    assert (changed.title, list(changed.tags)) == ("A walk", ["a, b"])
    assert [each.text for each in corrected(KEPT, 1, "").corrections] == [""]
    assert not corrected(KEPT, 1, None).corrections
