"""Tokens: who made one is told, and nothing else is taken for one."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from chassis.clock import ManualClock
from chassis.errors import Unauthenticated
from chassis.tokens import CLOCKS_DIFFER, LIFETIME, LONGEST_LIFETIME, REASONS, Identity, TokenSigner, TokenVerifier

NOW = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
SECRETS = {"gateway": SecretStr("g" * 32), "portal": SecretStr("p" * 32)}
PERSON = uuid4()


@pytest.fixture
def clock():
    return ManualClock(NOW)


@pytest.fixture
def verifier(clock):
    return TokenVerifier(SECRETS, clock, speak_for_persons={"portal"}, audience="journal")


@pytest.fixture
def signer(clock):
    def of(caller, secret=None, audience="journal"):
        return TokenSigner(caller, secret or SECRETS[caller], clock, audience=audience)

    return of


def made(header, claims, secret="p" * 32, digest=hashlib.sha256):
    """A token by hand, whatever it says."""
    parts = [base64.urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=") for each in (header, claims)]
    signed = b".".join(parts)
    mac = base64.urlsafe_b64encode(hmac.digest(secret.encode(), signed, digest)).rstrip(b"=")
    return b".".join([signed, mac]).decode()


HEADER = {"alg": "HS256", "typ": "daybook-person+jwt", "kid": "portal"}
NOW_S = int(NOW.timestamp())
CLAIMS = {"iss": "portal", "sub": str(PERSON), "aud": "journal", "iat": NOW_S, "exp": NOW_S + 300}


def test_a_service_and_a_person_are_told(verifier, signer):
    assert verifier.identify(signer("gateway").for_service()) == Identity("gateway")
    assert verifier.identify(signer("portal").for_person(PERSON)()) == Identity("portal", PERSON)


def test_one_made_by_hand_as_specified_is_taken(verifier):
    assert verifier.identify(made(HEADER, CLAIMS)) == Identity("portal", PERSON)


@pytest.mark.parametrize(
    ("header", "claims", "reason"),
    [
        ({"alg": "none"}, {}, "token_malformed"),
        ({"alg": "HS512"}, {}, "token_malformed"),
        ({"alg": "RS256"}, {}, "token_malformed"),
        ({"kid": "gateway"}, {}, "token_forged"),
        ({"kid": "somebody"}, {}, "token_of_a_stranger"),
        ({"kid": None}, {}, "token_malformed"),
        ({"kid": ["portal"]}, {}, "token_malformed"),
        ({"typ": "JWT"}, {}, "token_of_another_kind"),
        ({"typ": "daybook-service+jwt"}, {}, "token_of_another_kind"),
        ({}, {"iss": "gateway"}, "token_claims_not_accepted"),
        ({}, {"aud": "scheduler"}, "token_claims_not_accepted"),
        ({}, {"aud": None}, "token_claims_not_accepted"),
        ({}, {"sub": "everybody"}, "token_claims_not_accepted"),
        ({}, {"sub": None}, "token_claims_not_accepted"),
        ({}, {"exp": NOW_S - 31}, "token_expired"),
        ({}, {"exp": "9999999999"}, "token_claims_not_accepted"),
        ({}, {"exp": float("nan")}, "token_claims_not_accepted"),
        ({}, {"exp": None}, "token_claims_not_accepted"),
        ({}, {"iat": NOW_S + 31}, "token_claims_not_accepted"),
        ({}, {"exp": NOW_S + 601}, "token_lives_too_long"),
        ({}, {"iat": NOW_S, "exp": NOW_S}, "token_lives_too_long"),
    ],
)
def test_what_is_not_as_it_should_be_is_refused_for_that(verifier, header, claims, reason):
    with pytest.raises(Unauthenticated) as refused:
        verifier.identify(made({**HEADER, **header}, {**CLAIMS, **claims}))
    assert refused.value.reason == reason
    assert reason in REASONS


@pytest.mark.parametrize("forged", ["", "x", "..", "a.b.c", "é.é.é", "eyJ9.e30.", "."])
def test_what_is_no_token_is_refused(verifier, forged):
    with pytest.raises(Unauthenticated):
        verifier.identify(forged)


def test_without_its_signature_it_is_nothing(verifier):
    unsigned = made({**HEADER, "alg": "none"}, CLAIMS).rpartition(".")[0] + "."
    with pytest.raises(Unauthenticated):
        verifier.identify(unsigned)


def test_who_may_not_speak_for_persons_does_not(verifier, signer):
    with pytest.raises(Unauthenticated, match="token_of_another_kind"):
        verifier.identify(signer("gateway").for_person(PERSON)())


def test_a_caller_does_not_pass_for_another(verifier, signer):
    with pytest.raises(Unauthenticated, match="token_forged"):
        verifier.identify(signer("portal", SECRETS["gateway"]).for_person(PERSON)())


def test_what_is_meant_for_another_service_is_not_taken(verifier, signer):
    with pytest.raises(Unauthenticated, match="token_claims_not_accepted"):
        verifier.identify(signer("gateway", audience="scheduler").for_service())


def test_it_ends_and_clocks_may_differ_a_little(verifier, signer, clock):
    token = signer("gateway").for_service()
    clock.set(NOW - CLOCKS_DIFFER)
    assert verifier.identify(token)
    clock.set(NOW + LIFETIME + CLOCKS_DIFFER - timedelta(seconds=1))
    assert verifier.identify(token)
    clock.advance(timedelta(seconds=1))
    with pytest.raises(Unauthenticated, match="token_expired"):
        verifier.identify(token)


def test_a_service_makes_another_before_the_last_one_ends(signer, clock):
    gateway = signer("gateway")
    first = gateway.for_service()
    clock.advance(LIFETIME / 2 - timedelta(seconds=1))
    assert gateway.for_service() == first
    clock.advance(timedelta(seconds=1))
    assert gateway.for_service() != first
    assert LIFETIME <= LONGEST_LIFETIME


@given(st.text())
def test_no_text_is_taken_for_one(text):
    verifier = TokenVerifier(SECRETS, ManualClock(NOW), speak_for_persons={"portal"}, audience="journal")
    with pytest.raises(Unauthenticated):
        verifier.identify(text)


@given(st.integers(min_value=0), st.integers(min_value=0, max_value=7))
def test_no_bit_of_it_can_be_changed(at, bit):
    verifier = TokenVerifier(SECRETS, ManualClock(NOW), speak_for_persons={"portal"}, audience="journal")
    token = bytearray(made(HEADER, CLAIMS).encode())
    token[at % len(token)] ^= 1 << bit
    try:
        identity = verifier.identify(token.decode("latin-1"))
    except Unauthenticated:
        return
    # the last character of base64 has bits that stand for nothing
    assert at % len(token) == len(token) - 1
    assert identity == Identity("portal", UUID(str(PERSON)))
