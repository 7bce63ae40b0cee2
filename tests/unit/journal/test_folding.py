import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journal.folding import fold, occurrences

ALPHABETS = st.sampled_from(
    [
        "abcXYZ -'.",
        "äÖüßéèñçøÅŁ\N{LATIN SMALL LETTER DOTLESS I}İIi ",
        "привет ЙЁ",
        "αβγΆΐςΣ ",
        "今日は楽しかったがか ",
        "สวัสดี ",
        "हिन्दी ",
        "한국어 ",
        "שלום مرحبا ",
        "e\u0301o\u0308\u00ad\u200d ﬁ½™😀",
    ]
)
texts = st.one_of(ALPHABETS.flatmap(lambda letters: st.text(alphabet=letters, max_size=30)), st.text(max_size=30))


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Zoë's 2 Äpfel", " zoe s 2 apfel "),
        ("Straße, STRASSE", " strasse strasse "),
        ("İstanbul", " istanbul "),
        ("IŞIK \N{LATIN SMALL LETTER DOTLESS I}ş\N{LATIN SMALL LETTER DOTLESS I}k", " isik isik "),
        ("Ørsted in Łódź", " orsted in lodz "),
        ("e\N{COMBINING ACUTE ACCENT}te\N{COMBINING ACUTE ACCENT}", " ete "),
        ("Ὀδυσσεύς", " οδυσσευσ "),
        ("ёж", " еж "),
        ("ﬁn soft\N{SOFT HYPHEN}ly", " fin softly "),
        ("今日はPython", " 今 日 は python "),
        ("a😀b", " a 😀 b "),
        ("…", " "),
        ("", " "),
    ],
)
def test_people_need_not_write_case_accents_or_punctuation(written, folded):
    assert fold(written) == folded


@given(texts)
def test_folded_text_is_words_with_one_space_between(text):
    folded = fold(text)
    assert folded == " " or (folded[0] == folded[-1] == " " and folded[1] != " " and "  " not in folded)


@given(texts)
def test_it_is_no_matter_whether_accents_are_characters_of_their_own(text):
    assert fold(text) == fold(unicodedata.normalize("NFC", text)) == fold(unicodedata.normalize("NFD", text))


@given(texts)
def test_what_was_folded_stays_as_it_is(text):
    assert fold(fold(text)) == fold(text)


@given(texts)
def test_capitals_are_of_no_matter(text):
    assert fold(text.casefold()) == fold(text)


@given(texts, st.data())
def test_each_piece_of_folded_text_is_found_in_the_text_itself(text, data):
    words = fold(text).split()
    if not words:
        assert occurrences(text, [" a"]) == []
        return
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first, len(words) - 1))
    piece = f" {' '.join(words[first : last + 1])} "
    found = occurrences(text, [piece])
    assert any(piece in fold(text[start:end]) for start, end in found)
    for (_, end), (start, _) in pairwise(found):
        assert end < start
    for start, end in found:
        assert fold(text[start:end]) != " "
        assert end == len(text) or not unicodedata.combining(text[end])


@given(texts, st.integers(1, 3))
def test_the_beginning_of_a_word_is_found_at_that_word(text, length):
    for word in fold(text).split():
        beginning = f" {word[:length]}"
        assert any(beginning in fold(text[start:end]) for start, end in occurrences(text, [beginning]))


def test_an_occurrence_is_the_letters_as_they_were_written():
    text = "Ein Spaßvogel, e\N{COMBINING ACUTE ACCENT}te\N{COMBINING ACUTE ACCENT}: STRASSE"
    found = occurrences(text, [" spass", " ete ", " strasse "])
    assert [text[start:end] for start, end in found] == [
        "Spaß",
        "e\N{COMBINING ACUTE ACCENT}te\N{COMBINING ACUTE ACCENT}",
        "STRASSE",
    ]
