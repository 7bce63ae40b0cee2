from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from chassis.clock import ManualClock
from voice_gateway.errors import StreamRefused
from voice_gateway.stream_tokens import VALID_FOR, StreamTokens


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 11, 24, 9, tzinfo=UTC))


def reason(tokens: StreamTokens, token: str, attempt: str = "a.1", sid: str = "CA1") -> str:
    with pytest.raises(StreamRefused) as caught:
        tokens.redeem(token, attempt, sid)
    return caught.value.reason


def test_is_good_once_and_by_any_process_of_the_same_account(clock):
    here, there = StreamTokens(SecretStr("secret"), clock), StreamTokens(SecretStr("secret"), clock)
    token = here.issue("a.1", "CA1")
    there.redeem(token, "a.1", "CA1")
    assert reason(there, token) == "token_used"


def test_is_bound_to_attempt_call_and_time(clock):
    tokens = StreamTokens(SecretStr("secret"), clock)
    token = tokens.issue("a.1", "CA1")
    assert reason(tokens, token, attempt="a.2") == "token_forged"
    assert reason(tokens, token, sid="CA2") == "token_forged"
    assert reason(StreamTokens(SecretStr("other"), clock), token) == "token_forged"
    clock.advance(VALID_FOR + timedelta(seconds=1))
    assert reason(tokens, token) == "token_expired"


@given(st.text(max_size=120))
def test_no_text_is_a_token(text):
    tokens = StreamTokens(SecretStr("secret"), ManualClock(datetime(2026, 11, 24, tzinfo=UTC)))
    assert reason(tokens, text) in {"token_malformed", "token_forged"}


def test_fits_into_a_twiml_parameter(clock):
    assert len(StreamTokens(SecretStr("secret"), clock).issue("a.1", "CA1")) < 400
