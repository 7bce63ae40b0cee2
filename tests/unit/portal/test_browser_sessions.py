"""The tokens of browser sessions, and how long these last."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.browser_sessions import (
    BrowserSession,
    Lifetimes,
    fingerprint_of,
    form_token,
    is_form_token,
    new_token,
)

NOW = datetime(2026, 12, 1, 20, 0, tzinfo=UTC)


def test_a_token_is_known_by_its_fingerprint_and_is_not_told():
    token = new_token()
    assert fingerprint_of(token.text) == token.fingerprint
    assert token.text not in repr(token)
    assert new_token().text != token.text


@given(st.text())
def test_whatever_a_browser_sends_as_a_token_has_a_fingerprint_or_none(told):
    assert fingerprint_of(told) is None or len(fingerprint_of(told)) == 32


def test_a_form_belongs_to_its_session_alone():
    mine, yours = new_token().text, new_token().text
    assert is_form_token(form_token(mine), form_token(mine))
    assert not is_form_token(form_token(mine), form_token(yours))
    assert not is_form_token(form_token(mine), mine)
    assert not is_form_token(form_token(mine), "")
    assert not is_form_token(form_token(mine), "ä")
    assert mine not in form_token(mine)


@pytest.mark.parametrize(
    ("created_days_ago", "seen_days_ago", "lasts_days"), [(0, 0, 14), (80, 0, 10), (20, 13, 1), (100, 0, -10)]
)
def test_a_session_lasts_until_it_was_idle_or_whole(created_days_ago, seen_days_ago, lasts_days):
    session = BrowserSession(
        bytes(32), uuid4(), NOW - timedelta(days=created_days_ago), NOW - timedelta(days=seen_days_ago), "en"
    )
    lifetimes = Lifetimes(idle=timedelta(days=14), whole=timedelta(days=90))
    assert session.lasts_until(lifetimes) - NOW == timedelta(days=lasts_days)
