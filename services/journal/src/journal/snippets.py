"""What of an entry can be found, and what is shown of that: some text around what was looked for. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from daybook.journal.v1.journal_pb2 import SPEAKER_PERSON, Turn
from daybook.journal.v1.revisions_pb2 import Revision
from journal.folding import fold, occurrences
from journal.search_query import Query

MOST_SNIPPETS = 3
AROUND_CHARACTERS = 60
CUT = "…"


class Part(StrEnum):
    """What of an entry a text is."""

    TITLE = "title"
    SUMMARY = "summary"
    TAG = "tag"
    MOOD = "mood"
    TURN = "turn"


@dataclass(frozen=True)
class Text:
    """Something of an entry that can be found.

    Attributes:
        sequence: of a turn.
        starts_at_ms: when a turn began, in milliseconds since the recording did.
    """

    part: Part
    text: str
    sequence: int = 0
    starts_at_ms: int = 0


@dataclass(frozen=True)
class Snippet:
    """A piece of a text.

    Attributes:
        source: the text as a whole.
        text: the piece, with an ellipsis where something was cut off.
        matches: what was looked for, from which character of `text` up to which.
    """

    source: Text
    text: str
    matches: Sequence[tuple[int, int]]


def texts_of(turns: Sequence[Turn], revision: Revision | None) -> list[Text]:
    """What of an entry can be found: what its person said, as it should have read, and what is told of it.

    What Daybook said is not: it asks the same of everybody, every day.
    """
    told = revision or Revision()
    corrected = {correction.sequence: correction.text for correction in told.corrections}
    return [
        Text(Part.TITLE, told.title),
        Text(Part.SUMMARY, told.summary),
        *(Text(Part.TAG, tag) for tag in told.tags),
        Text(Part.MOOD, told.mood),
        *(
            Text(Part.TURN, corrected.get(turn.sequence, turn.text), turn.sequence, turn.starts_at_ms)
            for turn in turns
            if turn.speaker == SPEAKER_PERSON
        ),
    ]


def snippets_of(texts: Sequence[Text], query: Query) -> list[Snippet]:
    """Some pieces of an entry in which something stands that a query looks for, in the order of its texts.

    Those go first that show a word that no other piece shows yet.
    """
    found = [(text, _shown_in(text, query)) for text in texts]
    shown: set[str] = set()
    first, others = list[int](), list[int]()
    for number, (_, pieces) in enumerate(found):
        if pieces:
            (others if shown.issuperset(pieces) else first).append(number)
            shown.update(pieces)
    chosen = sorted([*first, *others][:MOST_SNIPPETS])
    return [_snippet(text, pieces) for text, pieces in (found[number] for number in chosen)]


def _shown_in(text: Text, query: Query) -> list[str]:
    """What of a query stands in a text."""
    folded = fold(text.text)
    return [piece for piece in (*query.words, *(query.tags if text.part is Part.TAG else ())) if piece in folded]


def _snippet(source: Text, pieces: Sequence[str]) -> Snippet:
    """A piece of a text around the first of what stands in it."""
    text = source.text
    places = occurrences(text, pieces)
    start = _word_begins(text, places[0][0] - AROUND_CHARACTERS, places[0][0])
    end = _word_ends(text, places[0][1], places[0][1] + AROUND_CHARACTERS)
    before, after = CUT if start > 0 else "", CUT if end < len(text) else ""
    moved = len(before) - start
    inside = [(first + moved, stop + moved) for first, stop in places if stop <= end]
    return Snippet(source, f"{before}{text[start:end]}{after}", inside)


def _word_begins(text: str, earliest: int, latest: int) -> int:
    """Where a word begins, as early as that; the earliest place, where none begins before the latest."""
    if earliest <= 0:
        return 0
    spaces = [at for at in range(earliest, latest) if text[at].isspace()]
    return spaces[0] + 1 if spaces else earliest


def _word_ends(text: str, earliest: int, latest: int) -> int:
    """Where a word ends, as late as that; the latest place, where none ends after the earliest."""
    if latest >= len(text):
        return len(text)
    spaces = [at for at in range(earliest, latest + 1) if text[at].isspace()]
    return spaces[-1] if spaces else latest
