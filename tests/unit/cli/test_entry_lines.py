from daybook.journal.v1.journal_pb2 import ReadEntryResponse, Turn
from daybook.journal.v1.revisions_pb2 import Correction, Revision
from daybook_cli.entry_lines import about, turns_as_they_should_read


def test_an_entry_is_told_by_what_there_is_of_it():
    revision = Revision(title="Rain", summary="It rained.", tags=["rain", "garden"], mood="glad")
    told = [("title", "Rain"), ("summary", "It rained."), ("tags", "rain, garden"), ("mood", "glad")]
    assert about(revision) == told
    assert about(Revision(title="Rain")) == told[:1]
    assert about(Revision()) == []


def test_turns_are_told_as_their_person_corrected_them():
    turns = [Turn(sequence=number, text=text) for number, text in enumerate(("Rein.", "It was.", "Mhm."))]
    corrections = [Correction(sequence=0, text="Rain."), Correction(sequence=2)]
    entry = ReadEntryResponse(turns=turns, revision=Revision(corrections=corrections))
    assert [words for _, words in turns_as_they_should_read(entry)] == ["Rain.", "It was."]
    assert [words for _, words in turns_as_they_should_read(ReadEntryResponse(turns=turns))] == [
        "Rein.",
        "It was.",
        "Mhm.",
    ]
