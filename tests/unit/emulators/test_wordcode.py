import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulators import mulaw, wordcode
from emulators.errors import UnspeakableText

words = st.text(st.characters(exclude_categories=["Z", "C"]), min_size=1, max_size=20).filter(
    lambda word: word.split() == [word]
)
sentences = st.lists(words, max_size=5).map(" ".join)
noise = st.binary(max_size=600)


def heard(pieces: list[bytes]) -> list[wordcode.HeardWord]:
    decoder = wordcode.Decoder()
    return [word for piece in pieces for word in decoder.feed(piece)]


def cut(audio: bytes, at: list[int]) -> list[bytes]:
    places = sorted({0, len(audio), *(place % (len(audio) + 1) for place in at)})
    return [audio[start:end] for start, end in itertools.pairwise(places)]


@given(text=sentences, wpm=st.integers(wordcode.MIN_WORDS_PER_MINUTE, wordcode.MAX_WORDS_PER_MINUTE))
def test_what_is_spoken_at_any_pace_is_read(text: str, wpm: int) -> None:
    assert wordcode.decode(wordcode.encode(text, words_per_minute=wpm)) == text


@given(text=sentences, before=noise, at=st.lists(st.integers(min_value=0), max_size=30))
def test_words_are_found_at_any_offset_whatever_the_pieces(text: str, before: bytes, at: list[int]) -> None:
    audio = before + wordcode.encode(text)
    assert [word.text for word in heard(cut(audio, at))] == text.split()


@given(text=sentences, before=noise, at=st.lists(st.integers(min_value=0), max_size=30))
def test_positions_are_those_in_the_whole_stream(text: str, before: bytes, at: list[int]) -> None:
    audio = before + wordcode.encode(text)
    found = heard(cut(audio, at))
    assert found == wordcode.Decoder().feed(audio)
    for word in found:
        assert wordcode.decode(audio[word.start_byte : word.end_byte]) == word.text
    assert all(earlier.end_byte <= later.start_byte for earlier, later in itertools.pairwise(found))


@given(word=words, missing=st.integers(1, 2720), follower=words)
def test_a_word_that_is_cut_is_not_heard_and_harms_no_other(word: str, missing: int, follower: str) -> None:
    block = wordcode.encode(word).rstrip(bytes([mulaw.SILENCE]))
    assert wordcode.decode(block[:-missing] + wordcode.encode(follower)) == follower
    assert wordcode.decode(block[:-missing] + b"\xff" * 4000 + wordcode.encode(follower)) == follower
    assert wordcode.decode(block[missing:] + wordcode.encode(follower)) == follower


@given(word=words, at=st.integers(0, 2719), damage=st.integers(1, 127), follower=words)
def test_a_word_with_one_wrong_sample_is_not_heard_and_harms_no_other(
    word: str, at: int, damage: int, follower: str
) -> None:
    audio = bytearray(wordcode.encode(word))
    audio[at] ^= damage
    assert wordcode.decode(bytes(audio) + wordcode.encode(follower)) == follower


@given(text=sentences, times=st.integers(1, 3))
def test_what_is_played_twice_is_heard_twice(text: str, times: int) -> None:
    assert wordcode.decode(wordcode.encode(text) * times).split() == text.split() * times


@given(audio=st.binary(max_size=2000))
def test_noise_says_nothing(audio: bytes) -> None:
    assert wordcode.decode(audio) == ""


def test_a_word_takes_as_long_as_it_would_when_spoken() -> None:
    assert len(wordcode.encode("one two three")) == 3 * 400 * mulaw.BYTES_PER_MS
    assert len(wordcode.encode("one", words_per_minute=300)) == 200 * mulaw.BYTES_PER_MS


def test_a_long_word_takes_longer_and_is_whole() -> None:
    word = "w" * wordcode.MAX_WORD_BYTES
    audio = wordcode.encode(word, words_per_minute=wordcode.MAX_WORDS_PER_MINUTE)
    assert wordcode.decode(audio) == word


def test_a_word_that_fits_no_block_is_refused_without_repeating_it() -> None:
    with pytest.raises(UnspeakableText, match="a word of 256 bytes cannot be spoken") as refused:
        wordcode.encode("w" * 256)
    assert "www" not in str(refused.value)


@pytest.mark.parametrize("wpm", [0, 9, 601])
def test_a_pace_that_nobody_speaks_at_is_refused(wpm: int) -> None:
    with pytest.raises(UnspeakableText, match="choose 10 to 600"):
        wordcode.encode("word", words_per_minute=wpm)


def test_the_decoder_keeps_less_than_one_block() -> None:
    decoder = wordcode.Decoder()
    for _ in range(200):
        decoder.feed(b"\xff" * 1600)
        assert len(decoder._unread) < 8
