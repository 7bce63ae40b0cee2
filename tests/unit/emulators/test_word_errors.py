"""The measure that the local engines are held to."""

import pytest
from word_errors import word_error_rate


@pytest.mark.parametrize(
    ("said", "heard", "rate"),
    [
        ("I baked bread.", "i baked, bread", 0),
        ("I baked bread today", "I faked bread today", 1 / 4),
        ("I baked bread today", "I bread today", 1 / 4),
        ("I baked bread today", "I have baked bread today", 1 / 4),
        ("I baked bread today", "baked I bread", 3 / 4),
        ("good night", "", 1),
        ("hello", "yellow and so on", 4),
        ("It\u2019s late", "it's late", 0),
    ],
)
def test_each_word_wrong_missing_or_too_many_counts_once(said, heard, rate):
    assert word_error_rate(said, heard) == rate


def test_of_nothing_there_is_no_rate():
    with pytest.raises(ValueError, match="Nothing was said"):
        word_error_rate("...", "you")
