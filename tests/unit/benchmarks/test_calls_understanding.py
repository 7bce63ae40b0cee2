"""What the recogniser of the benchmark of calls tells, and when."""

from itertools import pairwise

import pytest

from benchmarks.calls.scene import CYCLE_MS, SENTENCE, SENTENCE_MS, TOLD_EVERY_MS
from benchmarks.calls.understanding import Understanding


@pytest.mark.parametrize("piece_ms", [20, 100, 700, 3 * CYCLE_MS])
def test_each_cycle_ends_with_the_sentence_however_the_audio_comes(piece_ms):
    understanding = Understanding()
    told = [words for _ in range(3 * CYCLE_MS // piece_ms + 1) for words in understanding.feed(piece_ms)]
    final = [words for words in told if words.is_final]
    assert [(words.text, words.at_ms) for words in final[:3]] == [(SENTENCE, n * CYCLE_MS) for n in (1, 2, 3)]


def test_a_sentence_is_told_as_it_grows():
    told = Understanding().feed(CYCLE_MS)
    assert [words.at_ms for words in told] == list(
        range(CYCLE_MS - SENTENCE_MS + TOLD_EVERY_MS, CYCLE_MS + 1, TOLD_EVERY_MS)
    )
    for words, more in pairwise(told):
        assert more.text.startswith(words.text)
        assert len(more.text) > len(words.text)
    assert [words.is_final for words in told] == [False] * (len(told) - 1) + [True]
