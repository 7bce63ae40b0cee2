"""How entries are shown: by day, what was found in them marked, what was said as it should read."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.journal.v1 import finding_pb2 as finding
from daybook.journal.v1 import journal_pb2 as pb
from daybook.journal.v1.revisions_pb2 import Correction, Revision
from portal.catalogues import Languages
from portal.entry_lines import Telling, by_day, lines_of, notes_on, pieces_of

VIENNA = ZoneInfo("Europe/Vienna")
ENGLISH = Languages().of("en-GB")
TELL = Telling(ENGLISH, VIENNA)


def summary(at=datetime(2026, 11, 24, 19, 30, tzinfo=UTC), **more):
    told = pb.EntrySummary(**more)
    told.started_at.FromDatetime(at)
    return told


def test_entries_stand_below_the_local_day_of_their_call():
    instants = [datetime(2026, 11, day, hour, tzinfo=UTC) for day, hour in ((24, 23), (24, 22), (24, 8))]
    days = by_day([finding.BrowsedEntry(summary=summary(at)) for at in instants], VIENNA)
    assert [(day.day, len(day.entries)) for day in days] == [(date(2026, 11, 25), 1), (date(2026, 11, 24), 2)]


def test_what_was_found_is_marked_by_characters_and_not_by_bytes():
    snippet = finding.Snippet(text="Ein Spaziergang 🌧 im Regen", matches=[finding.Match(start=21, end=26)])
    assert [(piece.text, piece.found) for piece in pieces_of(snippet)] == [
        ("Ein Spaziergang 🌧 im ", False),
        ("Regen", True),
    ]


@given(st.text(), st.lists(st.integers(min_value=0, max_value=50), max_size=8))
def test_a_marked_text_is_the_same_text(text, borders):
    inside = sorted({border for border in borders if border <= len(text)})
    matches = [finding.Match(start=start, end=end) for start, end in zip(inside[::2], inside[1::2], strict=False)]
    pieces = list(pieces_of(finding.Snippet(text=text, matches=matches)))
    assert "".join(piece.text for piece in pieces) == text
    assert [piece.text for piece in pieces if piece.found] == [text[match.start : match.end] for match in matches]


def test_a_corrected_turn_reads_as_the_person_wrote_it():
    turns = [pb.Turn(sequence=number, text=text) for number, text in enumerate(("Helo.", "Uh.", "Yes."))]
    corrections = [Correction(sequence=0, text="Hello."), Correction(sequence=1, text="")]
    lines = lines_of(pb.ReadEntryResponse(turns=turns, revision=Revision(corrections=corrections)))
    assert [(line.text, line.corrected) for line in lines] == [("Hello.", True), ("", True), ("Yes.", False)]


@pytest.mark.parametrize(
    ("ms", "told"),
    [(0, "0 seconds"), (1400, "1 second"), (59_400, "59 seconds"), (61_000, "1 minute"), (7_210_000, "120 minutes")],
)
def test_a_length_is_told_in_words(ms, told):
    assert TELL.length(ms) == told


@pytest.mark.parametrize(("ms", "told"), [(0, "0:00"), (65_900, "1:05"), (3_665_000, "1:01:05")])
def test_a_place_in_a_recording_is_told_as_clocks_do(ms, told):
    assert TELL.place(ms) == told


def test_an_entry_without_a_title_is_called_by_the_time_of_its_call():
    assert TELL.name("A walk", summary()) == "A walk"
    assert TELL.name("", summary()) == "A call at 20:30"


@pytest.mark.parametrize(
    ("tag", "query"), [("old friends", 'tag:"old friends"'), ('"quoted"', 'tag:" quoted "'), ("„so“", 'tag:" so "')]
)
def test_a_tag_is_looked_for_whatever_is_in_it(tag, query):
    assert TELL.tag_query(tag) == query


def test_what_is_to_be_known_of_an_entry_is_told_by_local_days():
    told = summary(imported=True, cut_off=True, outcome=pb.SESSION_OUTCOME_OPTED_OUT)
    told.audio_removed_at.FromDatetime(datetime(2026, 12, 1, 23, 30, tzinfo=UTC))
    notes = notes_on(told, ENGLISH, VIENNA)
    assert notes[0] == "The recording was removed on 2 December 2026, as you had set. The words stay."
    assert len(notes) == 4
    assert not notes_on(summary(outcome=pb.SESSION_OUTCOME_COMPLETED), ENGLISH, VIENNA)
