"""How a typed telephone number is read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import InvalidInput
from portal.catalogues import Languages
from portal.telephone_numbers import country_of, country_told, e164


@pytest.mark.parametrize(
    ("tags", "country"),
    [
        (["de-AT", "de", "en"], "AT"),
        (["de", "en-US"], "DE"),
        (["en-GB"], "GB"),
        (["zh-Hant-TW"], "TW"),
        (["pt"], "BR"),
        (["x-nonsense"], ""),
        (["de-ZZ"], ""),
        ([], ""),
    ],
)
def test_the_country_is_that_of_the_browsers_first_language(tags, country):
    assert country_of(tags) == country


@pytest.mark.parametrize(
    ("typed", "country", "number"),
    [
        ("+43 660 1234567", "", "+436601234567"),
        ("0660 123 45 67", "AT", "+436601234567"),
        ("0043 660 1234567", "AT", "+436601234567"),
        ("+43 660 1234567", "US", "+436601234567"),
        ("(415) 555-2671", "US", "+14155552671"),
    ],
)
def test_a_number_is_read_as_it_is_written_there(typed, country, number):
    assert e164(typed, country) == number


@pytest.mark.parametrize(
    ("typed", "country", "remedy"),
    [
        ("0660 1234567", "", "Begin with +"),
        ("hello", "AT", "Type a telephone number"),
        ("", "AT", "Type a telephone number"),
        ("12", "AT", "too few or too many digits"),
        ("+43 660 1234567 ext. 5", "AT", "too few or too many digits"),
    ],
)
def test_what_is_no_number_is_told_with_what_to_do(typed, country, remedy):
    with pytest.raises(InvalidInput) as refused:
        e164(typed, country)
    assert remedy in refused.value.remedy
    assert typed not in refused.value.remedy or not typed


@given(st.text(max_size=40), st.sampled_from(["", "AT", "US", "GB"]))
def test_whatever_is_typed_is_a_number_or_refused(typed, country):
    try:
        number = e164(typed, country)
    except InvalidInput:
        return
    assert number.startswith("+")
    assert number[1:].isdigit()


def test_a_country_is_named_in_the_language_of_the_page():
    assert country_told("AT", Languages().of("en-GB")) == "Austria"
