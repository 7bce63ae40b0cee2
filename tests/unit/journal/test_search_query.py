import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import InvalidInput
from journal.folding import fold
from journal.search_query import Query, parse_query

WORDS = ["walk", "river", "Äpfel", "straße", "mother", "don't", "東京", "Zoë", "27"]
entries = st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join), min_size=1, max_size=4)
texts = st.text(max_size=40)


def matches(query, *texts, tags=()):
    return parse_query(query).matches([*texts, *tags], tags)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("walk river", True),
        ("river walk", True),
        ("walk sea", False),
        ("wal", True),
        ("alk", False),
        ("RIVER", True),
        ('"long walk"', True),
        ("“long walk”", True),
        ('"walk long"', False),
        ('"long wal"', False),
        ('"wal"', False),
        ('"walk by"', True),
        ('"river it"', False),
        ("walk -rain", True),
        ("walk -mother", False),
        ('walk -"by the river"', False),
        ("tag:family", True),
        ("TAG:Famil", False),
        ('tag:"old friends"', True),
        ("walk tag:work", False),
        ("walk -tag:work", True),
        ("walk -tag:family", False),
        ("family", True),
        ("mother's", True),
        ("mother\N{RIGHT SINGLE QUOTATION MARK}s", True),
        ("--- walk !!", True),
    ],
)
def test_a_query_means_what_people_expect(query, found):
    entry = ("A long walk, by the river.", "It was my mother\N{RIGHT SINGLE QUOTATION MARK}s birthday.")
    assert matches(query, *entry, tags=("family", "Old Friends")) is found


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("", 'must hold a word to look for, a phrase ("a long walk") or a tag (tag:work).'),
        (" \n", "must hold a word to look for"),
        ("?!", "must hold a word to look for"),
        ('""', "must hold a word to look for"),
        ("-rain", "must hold a word, a phrase or a tag that is to be there"),
        ("-tag:work", "must hold a word, a phrase or a tag that is to be there"),
        ('"a long walk', "has a quotation mark without a second one. Close the phrase"),
        ("walk”", "has a quotation mark without a second one"),
        ("walk tag:", "has a tag without a name. Write it after the colon, without a space: tag:work."),
        ("tag: work", "has a tag without a name"),
        ('tag:""', "has a tag without a name"),
        ("w" * 501, "must have at most 500 characters"),
        (" ".join(f"word{number}" for number in range(33)), "must hold at most 32 words and phrases"),
    ],
)
def test_a_query_that_looks_for_nothing_is_refused_with_what_to_write(query, sentence):
    with pytest.raises(InvalidInput) as refused:
        parse_query(query)
    assert refused.value.field == "query"
    assert refused.value.remedy.startswith(sentence)


@given(texts)
def test_a_text_is_found_by_each_of_its_words(text):
    for word in fold(text).split():
        assert matches(word, text)
        assert matches(f'"{word}"', text)
        assert not matches(f"{word} -{word}", text)


@given(st.text(min_size=1, max_size=40).filter(lambda text: fold(text) != " "))
def test_a_text_is_found_as_a_phrase_whatever_it_holds(text):
    written = text.translate(dict.fromkeys(map(ord, '"“”„‟«»"\N{FULLWIDTH QUOTATION MARK}'), " "))
    if fold(written) != " ":
        assert matches(f'"{written}"', text)


@given(entries, st.data())
def test_all_words_must_be_there_and_none_of_the_others(entry, data):
    wanted = data.draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=3))
    unwanted = data.draw(st.lists(st.sampled_from(WORDS), max_size=2))
    query = " ".join([*wanted, *(f"-{word}" for word in unwanted)])
    said = {word for text in entry for word in text.split()}
    assert matches(query, *entry) is (said.issuperset(wanted) and said.isdisjoint(unwanted))


@given(entries, st.integers(0, 3), st.data())
def test_a_phrase_is_found_in_one_text_and_never_across_two(entry, number, data):
    words = entry[number % len(entry)].split()
    first = data.draw(st.integers(0, len(words) - 1))
    phrase = " ".join(words[first : data.draw(st.integers(first + 1, len(words)))])
    assert matches(f'"{phrase}"', *entry)
    across = f'"{entry[0]} {entry[-1]}"'
    assert matches(across, *entry) is any(f" {entry[0]} {entry[-1]} " in f" {text} " for text in entry)


@given(st.text(alphabet='ab -":tag\n“', max_size=30))
def test_whatever_is_written_is_a_query_or_refused(written):
    try:
        query = parse_query(written)
    except InvalidInput:
        return
    assert isinstance(query, Query)
    assert query.words or query.tags
