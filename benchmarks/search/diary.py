"""What somebody said on every day of some years, made by chance from a seed: the same each time.

One word in twenty has an umlaut, so that most turns do: a text of ASCII alone costs less to fold.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from random import Random

TURNS, WORDS_A_TURN, ENTRIES_A_YEAR = 20, 25, 365
NEWEST = datetime(2026, 11, 24, 19, 0, tzinfo=UTC)
SEED = 20261130
WORDS, EVERY_WITH_UMLAUT = 5000, 20
RARE = "zwetschkenknödel"
"""Said once a year, and no word begins like it."""


@dataclass(frozen=True)
class Day:
    """What was said on a day.

    Attributes:
        said: turn by turn; the even ones are Daybook's.
    """

    started_at: datetime
    said: list[str]


def diary(years: int) -> Iterator[Day]:
    """Each day, the newest first."""
    chance = Random(SEED)
    words = [_word(chance, number) for number in range(WORDS)]
    weights = list(accumulate(1 / (rank + 10) for rank in range(WORDS)))  # few are said often, as Zipf found
    for number in range(years * ENTRIES_A_YEAR):
        said = [
            " ".join(chance.choices(words, cum_weights=weights, k=WORDS_A_TURN)).capitalize() + "."
            for _ in range(TURNS)
        ]
        if number % ENTRIES_A_YEAR == ENTRIES_A_YEAR // 2:
            said[TURNS - 1] += f" There were {RARE.capitalize()}."
        yield Day(NEWEST - timedelta(days=number), said)


def _word(chance: Random, number: int) -> str:
    letters = "".join(chance.choices("abcdefghijklmnopqrstuvwxy", k=chance.randint(2, 9)))
    return letters + "ä" if number % EVERY_WITH_UMLAUT == 0 else letters
