import pytest

from daybook.journal.v1.consistency_pb2 import (
    FAULT_KIND_DAMAGED,
    FAULT_KIND_LATE_SEGMENT,
    FAULT_KIND_UNSPECIFIED,
    Fault,
    FaultKind,
)
from daybook_cli.fault_lines import SAID, as_json, left, line, summary

DAMAGED = Fault(kind=FAULT_KIND_DAMAGED, record_id="a-session", detail="The turn 0 cannot be opened.")
LATE = Fault(kind=FAULT_KIND_LATE_SEGMENT, record_id="another", detail="person 3, at 2400 ms", mended=True)


def test_every_kind_of_fault_has_its_words():
    assert set(SAID) == set(FaultKind.values()) - {FAULT_KIND_UNSPECIFIED}


def test_a_fault_is_told_by_its_record_and_whether_it_is_mended():
    assert line(DAMAGED) == "a-session: damaged. The turn 0 cannot be opened."
    assert line(LATE) == "another: audio came late, and is in no entry (mended). person 3, at 2400 ms"


@pytest.mark.parametrize(
    ("faults", "said"),
    [
        ([], "2 sessions with 9 objects looked at: all of it belongs together."),
        ([DAMAGED, LATE], "2 sessions with 9 objects looked at: 2 faults, 1 mended."),
    ],
)
def test_the_end_says_what_was_looked_at(faults, said):
    assert summary(faults, sessions=2, objects=9) == said


def test_what_is_left_is_told_with_what_to_do():
    assert left([]) == left([LATE]) == ""
    assert left([DAMAGED]).startswith("Restore what is damaged or missing from a backup")
    unmended = Fault(kind=FAULT_KIND_LATE_SEGMENT, record_id="another")
    assert left([unmended]) == "`daybook journal fsck --mend` mends the rest, and nothing is lost by it."
    assert len(left([DAMAGED, unmended]).split(". ")) == 2


def test_programs_get_all_of_it():
    told = as_json([LATE], sessions=1, objects=4)
    assert told["faults"] == [
        {"kind": "late_segment", "record_id": "another", "detail": "person 3, at 2400 ms", "mended": True}
    ]
    assert (told["sessions"], told["objects"]) == (1, 4)
