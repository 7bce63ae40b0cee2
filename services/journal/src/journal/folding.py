"""Words without case and accents, so that who searches need not write them as they were written. Pure.

Folded text is words in small letters, each after one space, with a space at the end: "Zoë's 2 Äpfel" is " zoe s 2 apfel ". To
look for a word, for the beginning of one, or for several in a row is then to look for a piece of a string.

Each letter is folded by itself: compatibility caseless matching (The Unicode Standard, 3.13, D146) without combining marks, so ß
is ss, ﬁ is fi, and İ is i. Letters that Unicode does not take apart, and that people write without their stroke (ø, ł, the i
without a dot …), become what Latin-ASCII of the CLDR makes of them. Scripts that set no space between words (Han, Kana, Thai …)
have each letter as a word: what is looked for in them may begin anywhere.
"""

import unicodedata
from collections.abc import Iterable

_WITHOUT_STROKE = {
    "\N{LATIN SMALL LETTER DOTLESS I}": "i",
    "ø": "o",
    "ł": "l",
    "đ": "d",
    "ħ": "h",
    "ŧ": "t",
    "æ": "ae",
    "œ": "oe",
    "ð": "d",
    "þ": "th",
}
_WITHOUT_SPACES = (
    range(0x0E00, 0x0F00),  # Thai, Lao
    range(0x1000, 0x10A0),  # Myanmar
    range(0x1780, 0x1800),  # Khmer
    range(0x3005, 0x3008),  # marks of a repeated ideograph
    range(0x3040, 0x3100),  # Hiragana, Katakana
    range(0x3400, 0x4DC0),  # Han
    range(0x4E00, 0xA000),
    range(0x20000, 0x40000),
)


_REMEMBERED = 20_000
"""Letters: more than all texts of a language have; a few MiB, whatever somebody writes."""


class _Letters(dict[int, str]):
    """What each letter is folded to, by its code point: worked out when it is met, and remembered while there is room."""

    def __missing__(self, code: int) -> str:
        letters = unicodedata.normalize("NFD", chr(code))
        for _ in range(2):
            letters = unicodedata.normalize("NFKD", letters.casefold())
        folded = "".join(map(_folded, letters))
        if len(self) < _REMEMBERED:
            self[code] = folded
        return folded


def _folded(letter: str) -> str:
    category = unicodedata.category(letter)
    if unicodedata.combining(letter) or category == "Cf":
        return ""  # an accent; what is invisible, such as a soft hyphen
    if category == "So":
        return f" {letter} "  # 😀
    if not letter.isalnum() and category not in {"Mc", "Mn"}:
        return " "
    if any(ord(letter) in script for script in _WITHOUT_SPACES):
        return f" {letter} "
    return _WITHOUT_STROKE.get(letter, letter)


_LETTERS = _Letters()


def fold(text: str) -> str:
    """The words of a text, folded; one space where it has none."""
    words = text.translate(_LETTERS).split()
    return f" {' '.join(words)} " if words else " "


def occurrences(text: str, pieces: Iterable[str]) -> list[tuple[int, int]]:
    """Where pieces of its folded form stand in a text itself, in their order: from which character up to which.

    A piece begins with a space; one that ends with a space too ends with a whole word. Neither space is found. What touches
    or overlaps is one. A letter is found as a whole, with accents that are characters of their own.
    """
    folded = fold(text)
    places = _places(text)
    found: list[tuple[int, int]] = []
    for start, end in sorted(_found(folded, pieces)):
        first, stop = places[start], _after_letter(text, places[end - 1])
        if found and first <= found[-1][1]:
            first, stop = found[-1][0], max(found.pop()[1], stop)
        found.append((first, stop))
    return found


def _found(folded: str, pieces: Iterable[str]) -> Iterable[tuple[int, int]]:
    for piece in pieces:
        at = folded.find(piece)
        while at >= 0:
            yield at + 1, at + len(piece.rstrip(" "))
            at = folded.find(piece, at + 1)


def _places(text: str) -> list[int]:
    """From which character of the text each character of its folded form comes."""
    places, last = [0], " "
    for at, letter in enumerate(text):
        for character in _LETTERS[ord(letter)]:
            if character != " " or last != " ":
                places.append(at)
            last = character
    return places if last == " " else [*places, len(text)]


def _after_letter(text: str, at: int) -> int:
    """Where the letter and its accents end."""
    end = at + 1
    while end < len(text) and not _LETTERS[ord(text[end])]:
        end += 1
    return end
