"""How an entry is told. Pure."""

from collections.abc import Iterator

from daybook.journal.v1.journal_pb2 import ReadEntryResponse, Turn
from daybook.journal.v1.revisions_pb2 import Revision


def about(revision: Revision) -> list[tuple[str, str]]:
    """What an entry is called and says in short: each with what it is. Nothing where there is nothing to be told."""
    told = (
        ("title", revision.title),
        ("summary", revision.summary),
        ("tags", ", ".join(revision.tags)),
        ("mood", revision.mood),
    )
    return [(name, text) for name, text in told if text]


def turns_as_they_should_read(entry: ReadEntryResponse) -> Iterator[tuple[Turn, str]]:
    """Each turn with its words, corrected where its person corrected them; without those in which nothing was said after all."""
    corrected = {correction.sequence: correction.text for correction in entry.revision.corrections}
    for turn in entry.turns:
        if words := corrected.get(turn.sequence, turn.text):
            yield turn, words
