"""Tokens of programs, and the pace to which they are held."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import InvalidInput
from portal.api_tokens import (
    LONGEST_NAME,
    PREFIX,
    ApiToken,
    Scope,
    api_fingerprint_of,
    end_of,
    new_api_token,
    scope_of,
    token_name,
)
from portal.token_bucket import MOST_BUCKETS, TokenBuckets

NOW = datetime(2026, 12, 1, 20, 0, tzinfo=UTC)
VIENNA = ZoneInfo("Europe/Vienna")


def token(**changes):
    told = {
        "token_id": uuid4(),
        "fingerprint": bytes(32),
        "person_id": uuid4(),
        "name": "My lamp",
        "scope": Scope.READ,
        "created_at": NOW,
        "ends_at": None,
        "used_at": None,
    }
    return ApiToken(**{**told, **changes})


def test_a_token_is_known_by_its_fingerprint_and_is_not_told():
    made = new_api_token()
    assert made.text.startswith(PREFIX)
    assert api_fingerprint_of(made.text) == made.fingerprint
    assert made.text not in repr(made)
    assert "lamp" not in repr(token())


@given(st.text())
def test_whatever_a_program_shows_has_a_fingerprint_or_none(told):
    for shown in (told, PREFIX + told):
        assert api_fingerprint_of(shown) is None or len(api_fingerprint_of(shown)) == 32


def test_a_browsers_token_is_none_of_a_programs():
    assert api_fingerprint_of(new_api_token().text.removeprefix(PREFIX)) is None


def test_a_token_holds_until_its_end_and_its_use_is_noted_now_and_then():
    assert token().holds(NOW + timedelta(days=10_000))
    assert token(ends_at=NOW).holds(NOW - timedelta(seconds=1))
    assert not token(ends_at=NOW).holds(NOW)
    assert token().is_to_be_noted(NOW)
    assert not token(used_at=NOW).is_to_be_noted(NOW + timedelta(minutes=4))
    assert token(used_at=NOW).is_to_be_noted(NOW + timedelta(minutes=5))


def test_its_last_day_is_over_by_the_clocks_of_the_person():
    assert end_of("", VIENNA, NOW) is None
    assert end_of("2026-12-01", VIENNA, NOW) == datetime(2026, 12, 1, 23, 0, tzinfo=UTC)


@pytest.mark.parametrize("last_day", ["2026-11-30", "tomorrow", "9999-12-31", "2026-02-30"])
def test_what_is_no_last_day_is_told(last_day):
    with pytest.raises(InvalidInput, match="last_day"):
        end_of(last_day, VIENNA, NOW)


@pytest.mark.parametrize(
    "name", ["", "  ", "x" * 101, "a\nb", "\u202eabc"], ids=["none", "blank", "long", "lines", "reversed"]
)
def test_what_is_no_name_is_told(name):
    with pytest.raises(InvalidInput, match=f"name.* at most {LONGEST_NAME} characters"):
        token_name(name)
    assert token_name(" My lamp ") == "My lamp"


def test_what_is_no_scope_is_told():
    assert scope_of("write") is Scope.WRITE
    with pytest.raises(InvalidInput, match="scope"):
        scope_of("admin")


def test_a_bucket_fills_again():
    buckets = TokenBuckets(size=2, per_s=0.5)
    assert [buckets.take("a", 0), buckets.take("a", 0)] == [0, 0]
    assert buckets.take("a", 0) == 2
    assert buckets.take("b", 0) == 0
    assert buckets.take("a", 1) == 1
    assert buckets.take("a", 2) == 0
    assert buckets.take("a", 1000) == 0
    assert buckets.take("a", 1000) == 0
    assert buckets.take("a", 1000) == 2


@given(st.lists(st.floats(min_value=0, max_value=10), max_size=200))
def test_no_more_is_taken_than_the_bucket_gives(pauses):
    buckets, now_s, taken = TokenBuckets(size=5, per_s=2), 0.0, 0
    for pause_s in pauses:
        now_s += pause_s
        taken += buckets.take("a", now_s) == 0
    assert taken <= 5 + 2 * now_s + 1e-6


def test_there_are_no_more_buckets_than_many():
    buckets = TokenBuckets(size=1, per_s=0)
    assert buckets.take("first", 0) == 0
    for number in range(MOST_BUCKETS):
        buckets.take(number, 0)
    assert buckets.take("first", 0) == 0
