"""What a person may write of an entry, checked.

Every refusal names the field and says what would be right. What was sent is not repeated: it is somebody's words.
"""

import unicodedata

from chassis.errors import InvalidInput
from daybook.journal.v1.revisions_pb2 import Correction, EditEntryRequest, Revision

LONGEST_TITLE_CHARACTERS = 200
LONGEST_SUMMARY_CHARACTERS = 10_000
LONGEST_MOOD_CHARACTERS = 200
MOST_TAGS = 20
LONGEST_TAG_CHARACTERS = 50
LONGEST_CORRECTIONS_CHARACTERS = 200_000
"""Of all corrections of an entry: some hours of speech. A revision stays well below the 4 MiB that gRPC takes as one message."""

_OF_PARAGRAPHS = frozenset("\n\t")
_NOT_OF_LINES = frozenset({"Cc", "Zl", "Zp"})
"""Categories of Unicode: control characters, and what separates lines and paragraphs."""


def content_of(request: EditEntryRequest, *, turns: int) -> Revision:
    """What was written, as a revision without number, author and time.

    Args:
        request: what came.
        turns: how many the entry has.

    Raises:
        InvalidInput: see the sentences.
    """
    _check_line("title", request.title, LONGEST_TITLE_CHARACTERS)
    _check_text("summary", request.summary, LONGEST_SUMMARY_CHARACTERS)
    _check_line("mood", request.mood, LONGEST_MOOD_CHARACTERS)
    _check_tags(request)
    return Revision(
        title=request.title,
        summary=request.summary,
        tags=request.tags,
        mood=request.mood,
        corrections=_checked_corrections(request, turns),
    )


def same_content(one: Revision, other: Revision) -> bool:
    """Whether two revisions say the same, whoever made them, and when."""
    told = [
        Revision(title=each.title, summary=each.summary, tags=each.tags, mood=each.mood, corrections=each.corrections)
        for each in (one, other)
    ]
    return told[0] == told[1]


def is_line(text: str) -> bool:
    """Whether a text is one line, without control characters."""
    return not any(unicodedata.category(character) in _NOT_OF_LINES for character in text)


def is_text(text: str) -> bool:
    """Whether a text has no control characters but those that part lines and words."""
    return not any(unicodedata.category(each) == "Cc" and each not in _OF_PARAGRAPHS for each in text)


def _check_line(field: str, text: str, longest: int) -> None:
    if len(text) > longest or not is_line(text):
        raise InvalidInput(field, f"must be one line of at most {longest} characters, without control characters.")


def _check_text(field: str, text: str, longest: int) -> None:
    if len(text) > longest or not is_text(text):
        raise InvalidInput(
            field, f"must have at most {longest} characters, and no control characters but line ends and tabs."
        )


def _check_tags(request: EditEntryRequest) -> None:
    if len(request.tags) > MOST_TAGS:
        raise InvalidInput("tags", f"must be at most {MOST_TAGS}.")
    for position, tag in enumerate(request.tags):
        field = f"tags[{position}]"
        _check_line(field, tag, LONGEST_TAG_CHARACTERS)
        if not tag or tag != tag.strip():
            raise InvalidInput(field, "must have something in it, and no space around that.")
        if tag in request.tags[:position]:
            raise InvalidInput(field, "must differ from the tags before it.")


def _checked_corrections(request: EditEntryRequest, turns: int) -> list[Correction]:
    """In the order of the turns."""
    seen = set[int]()
    for position, correction in enumerate(request.corrections):
        field = f"corrections[{position}].sequence"
        if correction.sequence >= turns:
            raise InvalidInput(field, f"must be that of a turn of the entry, which has {turns}; the first is 0.")
        if correction.sequence in seen:
            raise InvalidInput(field, "must differ from those before it: a turn has one correction.")
        seen.add(correction.sequence)
        _check_text(f"corrections[{position}].text", correction.text, LONGEST_CORRECTIONS_CHARACTERS)
    if sum(len(correction.text) for correction in request.corrections) > LONGEST_CORRECTIONS_CHARACTERS:
        raise InvalidInput("corrections", f"must have at most {LONGEST_CORRECTIONS_CHARACTERS} characters together.")
    return sorted(request.corrections, key=lambda correction: correction.sequence)
