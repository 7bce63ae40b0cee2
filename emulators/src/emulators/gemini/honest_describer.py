"""A plain honest description of a reflection, made of nothing but what was said (pure).

It reads the turns that the journal sends, and takes from what the person said:

    title      the first sentence
    summary    the first three sentences
    tags       the three longer words that were said most often, the earlier first
    mood       the first place where they say that they feel, or are, one of a few things
"""

import re
from collections import Counter
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from emulators.gemini.errors import CannotJudge, stumbled
from emulators.gemini.sentences import Turn, sentences_of, words_of

FIELDS = frozenset({"title", "summary", "tags", "mood"})
"""By these a request is known as one for a description."""
LONGEST_TITLE = 80
LONGEST_SUMMARY = 1000
SUMMARY_SENTENCES = 3
MOST_TAGS = 3
SHORTEST_TAG, LONGEST_TAG = 6, 30

_MOOD = re.compile(
    r"\b(?:i|i'm|i am|i feel|i felt|i was) (?:(?:so|very|really|quite|a bit) )?"
    r"(?:afraid|angry|calm|glad|grateful|happy|lonely|proud|sad|tired|worried)\b",
    re.IGNORECASE,
)


class Reflection(BaseModel):
    """What the journal tells of an entry when it asks for a description."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    turns: list[Turn]


def describe(asked: str) -> dict[str, Any]:
    """
    Raises:
        CannotJudge: it is no such reflection, or the person said nothing in it.
    """
    try:
        reflection = Reflection.model_validate_json(asked)
    except ValidationError as error:
        raise CannotJudge(f"the honest judge describes JSON with turns, and stumbles at: {stumbled(error)}") from error
    said = " ".join(turn.text for turn in reflection.turns if turn.speaker == "person")
    sentences = sentences_of(said)
    if not sentences:
        raise CannotJudge("the person said nothing that could be described")
    longer = [word for word in words_of(said) if SHORTEST_TAG <= len(word) <= LONGEST_TAG and word.isalpha()]
    mood = _MOOD.search(said)
    return {
        "title": _cut(sentences[0].rstrip("."), LONGEST_TITLE),
        "summary": _cut(" ".join(sentences[:SUMMARY_SENTENCES]), LONGEST_SUMMARY),
        "tags": [word for word, _ in Counter(longer).most_common(MOST_TAGS)],
        "mood": mood.group() if mood else "",
    }


def _cut(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    words, _, _ = text[:longest].rpartition(" ")
    return f"{words or text[: longest - 1]}\N{HORIZONTAL ELLIPSIS}"
