"""What a call for signing in does after each key, and that it says nothing secret unasked."""

from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_gateway.code_telling import MOST_OFFERS, MOST_TELLINGS, CodeCall, Step, code_call_of, next_step
from voice_gateway.programme_files import LANGUAGES, sign_in_words

KEYS = st.sampled_from(["", *"0123456789*#"])


def steps(*keys):
    """What is done at the beginning, and after each key."""
    call, found = CodeCall(), []
    for pressed in ("", *keys):
        found.append(next_step(call, pressed))
        call = call.after(found[-1])
    return found


def test_the_code_is_told_to_whoever_presses_1_and_again():
    assert steps("1", "1", "") == [Step.OFFER, Step.TELL, Step.TELL, Step.PART]


def test_nothing_is_told_where_nobody_presses_a_key():
    assert steps("", "") == [Step.OFFER, Step.OFFER, Step.PART]


@given(st.lists(KEYS.filter(lambda key: key != "9"), max_size=20))
def test_it_tells_only_after_a_1_and_comes_to_an_end(keys):
    told = steps(*keys)
    assert all(key == "1" for key, step in zip(keys, told[1:], strict=True) if step is Step.TELL)
    assert told.count(Step.OFFER) <= MOST_OFFERS
    assert told.count(Step.TELL) <= MOST_TELLINGS
    assert Step.OPT_OUT not in told
    if len(keys) >= MOST_OFFERS + MOST_TELLINGS:
        assert Step.PART in told


@given(st.integers(0, 99), st.integers(0, 99))
def test_9_opts_out_wherever_it_stands(offered, told):
    assert next_step(CodeCall(offered, told), "9") is Step.OPT_OUT


@given(st.integers(0, 999), st.integers(0, 999))
def test_where_it_stands_goes_with_the_address(offered, told):
    call = CodeCall(offered, told)
    query = {name: values[0] for name, values in parse_qs(call.as_query()).items()}
    assert code_call_of(query) == call


@pytest.mark.parametrize("query", [{}, {"offered": "-1", "told": "x"}, {"offered": "x", "told": "1000"}])
def test_an_address_that_is_none_of_ours_tells_nothing(query):
    assert next_step(code_call_of(query), "1") is Step.PART


@pytest.mark.parametrize("locale", LANGUAGES)
def test_the_code_is_said_digit_by_digit_and_twice(locale):
    words = sign_in_words(locale, "Daybook")
    assert words.told("040719").count("0, 4, 0, 7, 1, 9") == 2
    assert "Daybook" in words.offer
    assert "1" in words.offer
    assert "9" in words.offer
    assert not any(digit in words.too_late + words.good_bye for digit in "0123456789")
