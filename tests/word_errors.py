"""How well words were heard. Pure."""

import re

_WORDS = re.compile(r"[a-z0-9']+")


def word_error_rate(said: str, heard: str) -> float:
    """The least number of words to be put in, left out or replaced to come from what was said to what was heard, for each
    word said: 0 where all was heard as it was said, above 1 where much was heard that nobody said. Case and punctuation do
    not count.

    Raises:
        ValueError: nothing was said.
    """
    reference, hypothesis = (_WORDS.findall(text.lower().replace("\u2019", "'")) for text in (said, heard))
    if not reference:
        raise ValueError("Nothing was said, so there is no rate of what was heard wrong.")
    distances = list(range(len(hypothesis) + 1))
    for row, word in enumerate(reference, start=1):
        diagonal, distances[0] = distances[0], row
        for column, other in enumerate(hypothesis, start=1):
            diagonal, distances[column] = (
                distances[column],
                min(distances[column] + 1, distances[column - 1] + 1, diagonal + (word != other)),
            )
    return distances[-1] / len(reference)
