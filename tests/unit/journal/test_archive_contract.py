"""How much of an entry may come: what is held until it is whole has a limit, whatever it is made of."""

from itertools import count
from uuid import UUID

from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import InvalidInput
from daybook.journal.v1 import archive_pb2 as pb
from daybook.journal.v1.journal_pb2 import SESSION_OUTCOME_COMPLETED, SPEAKER_PERSON, Turn
from daybook.journal.v1.revisions_pb2 import AUTHOR_PERSON, Revision
from journal.archive_contract import (
    LARGEST_HISTORY_BYTES,
    LARGEST_WORDS_BYTES,
    MOST_TURNS,
    Arriving,
    arrival_of,
)

AT = Timestamp(seconds=1_800_000_000)


def refused_after(messages):
    """How many are taken, and by which field the next one is refused."""
    arriving = Arriving()
    for taken, message in enumerate(messages):
        try:
            arriving.part(message)
        except InvalidInput as refused:
            return taken, refused.field
    return None


def turns(text, unknown=b""):
    for sequence in count():
        turn = Turn.FromString(Turn(sequence=sequence, speaker=SPEAKER_PERSON, text=text).SerializeToString() + unknown)
        yield pb.ImportEntryRequest(turn=turn)


def test_turns_have_a_limit_by_number_and_by_size():
    assert refused_after(turns("a")) == (MOST_TURNS, "turn")
    taken, field = refused_after(turns("\U0001f600" * 20_000))
    assert (taken, field) == (LARGEST_WORDS_BYTES // 80_012, "turn")


def test_what_a_message_holds_beside_its_fields_counts_too():
    megabyte = b"\xfa\x7f\xc0\x84\x3d" + b"a" * 1_000_000  # field 2047, of bytes
    taken, _ = refused_after(turns("a", megabyte))
    assert taken == LARGEST_WORDS_BYTES // 1_000_012


def test_a_history_has_a_limit():
    def revisions():
        for number in range(1000, 0, -1):
            revision = Revision(number=number, author=AUTHOR_PERSON, made_at=AT, summary="\U0001f600" * 10_000)
            yield pb.ImportEntryRequest(revision=revision)

    taken, field = refused_after(revisions())
    assert (taken, field) == (LARGEST_HISTORY_BYTES // 40_018, "revision")


@given(st.uuids(), st.uuids(), st.uuids())
def test_an_entry_has_one_id_for_each_person_whatever_ways_it_took(person_id, other_id, made_as):
    def arrival(whose, entry_id, imported_from=""):
        told = pb.ArchivedEntry(
            entry_id=str(entry_id),
            imported_from=imported_from,
            started_at=AT,
            ended_at=AT,
            outcome=SESSION_OUTCOME_COMPLETED,
        )
        header = pb.ImportHeader(person_id=str(whose), entry=told)
        return arrival_of(pb.ImportEntryRequest(header=header))

    straight = arrival(person_id, made_as)
    round_about = arrival(person_id, UUID(int=made_as.int ^ 1), str(made_as))
    assert (straight.entry_id, straight.call_id) == (round_about.entry_id, round_about.call_id)
    assert len({straight.entry_id, straight.call_id, made_as}) == 3
    if other_id != person_id:
        assert arrival(other_id, made_as).entry_id != straight.entry_id
