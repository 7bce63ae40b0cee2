"""What is looked for in entries: a query as people write it, taken apart, and whether an entry holds all of it. Pure.

    walk river           both words, anywhere in the entry; a word may go on (walk finds walking)
    "long walk"          these words in a row, each of them whole
    -rain                not this one; -"long walk" and -tag:work likewise
    tag:work             this tag; tag:"old friends" one of several words

Neither case nor accents nor punctuation matter (`folding`).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chassis.errors import InvalidInput
from journal.folding import fold

LONGEST_QUERY_CHARACTERS = 500
MOST_TERMS = 32

_FIELD = "query"
_TERM = re.compile(r'(?P<without>-)?(?P<tag>tag:)?(?:"(?P<phrase>[^"]*)"|(?P<word>[^\s"]+))', re.IGNORECASE)
_QUOTATION_MARKS = str.maketrans(dict.fromkeys("“”„‟«»\N{FULLWIDTH QUOTATION MARK}", '"'))


@dataclass(frozen=True)
class Query:
    """Pieces of folded text (`folding.fold`). One that ends with a space ends with a whole word.

    Attributes:
        words: each stands somewhere in the entry.
        without: none of them stands anywhere in it.
        tags: the entry has each of them.
        without_tags: it has none of them.
    """

    words: tuple[str, ...]
    without: tuple[str, ...]
    tags: tuple[str, ...]
    without_tags: tuple[str, ...]

    def matches(self, texts: Iterable[str], tags: Sequence[str]) -> bool:
        """Whether an entry is one of those that are looked for.

        Args:
            texts: all that can be found in it, its tags too.
            tags: its tags.
        """
        # a piece has no two spaces in a row, and two texts have between them: so none is found across their border
        folded = "".join(map(fold, texts))
        if not all(word in folded for word in self.words) or any(word in folded for word in self.without):
            return False
        if not (self.tags or self.without_tags):
            return True
        folded_tags = set(map(fold, tags))
        return folded_tags.issuperset(self.tags) and folded_tags.isdisjoint(self.without_tags)


def parse_query(written: str) -> Query:
    """
    Raises:
        InvalidInput: it says nothing that could be looked for, says too much, or a quotation mark of it has no second.
    """
    if len(written) > LONGEST_QUERY_CHARACTERS:
        raise InvalidInput(_FIELD, f"must have at most {LONGEST_QUERY_CHARACTERS} characters; look for fewer words.")
    written = written.translate(_QUOTATION_MARKS)
    if written.count('"') % 2:
        raise InvalidInput(
            _FIELD,
            'has a quotation mark without a second one. Close the phrase ("a long walk"), or leave the mark out.',
        )
    found: dict[tuple[bool, bool], list[str]] = {
        (tag, without): [] for tag in (False, True) for without in (False, True)
    }
    for term in _TERM.finditer(written):
        if piece := _piece(term):
            found[bool(term["tag"]), bool(term["without"])].append(piece)
    words, without, tags, without_tags = (tuple(dict.fromkeys(pieces)) for pieces in found.values())
    if not (words or tags):
        raise InvalidInput(
            _FIELD,
            "must hold a word, a phrase or a tag that is to be there; those to leave out stand beside it (walk -rain)."
            if without or without_tags
            else 'must hold a word to look for, a phrase ("a long walk") or a tag (tag:work).',
        )
    if len(words) + len(without) + len(tags) + len(without_tags) > MOST_TERMS:
        raise InvalidInput(_FIELD, f"must hold at most {MOST_TERMS} words and phrases; look for fewer.")
    return Query(words, without, tags, without_tags)


def _piece(term: re.Match[str]) -> str:
    """What a term looks for, as folded text; empty where it has no word.

    Raises:
        InvalidInput: it is to be a tag and names none.
    """
    written = term["word"] if term["phrase"] is None else term["phrase"]
    nameless = not term["tag"] and written.casefold() == "tag:"
    folded = fold(written)
    if nameless or (term["tag"] and folded == " "):
        raise InvalidInput(_FIELD, "has a tag without a name. Write it after the colon, without a space: tag:work.")
    if folded == " ":
        return ""
    whole = term["tag"] or term["phrase"] is not None
    return folded if whole else folded[:-1]
